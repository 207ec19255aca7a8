"""The recipes of containers: checked as text, and built where a builder runs."""

import configparser
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCKERFILE = ROOT / "containers" / "Dockerfile"
DEFINITION = ROOT / "containers" / "v1cortex.def"
INSTRUCTIONS = {
    *("ARG", "FROM", "RUN", "COPY", "ENV", "USER", "WORKDIR", "ENTRYPOINT", "CMD"),
}
SECTIONS = {"arguments", "files", "post", "environment", "runscript", "test", "labels"}


def instructions():
    """(instruction, rest) of each step of the Dockerfile, continued lines joined."""
    text = re.sub(r"^\s*#.*\n", "", DOCKERFILE.read_text(), flags=re.MULTILINE)
    steps = re.sub(r"\\\n\s*", " ", text).splitlines()
    return [tuple(step.split(maxsplit=1)) for step in steps if step.strip()]


def sections():
    """The sections of the Apptainer definition by name; its header is ''."""
    parts = re.split(r"^%(\w+)\n", DEFINITION.read_text(), flags=re.MULTILINE)
    return {"": parts[0], **dict(zip(parts[1::2], parts[2::2], strict=True))}


def shell():
    """The shell commands of both recipes."""
    runs = [re.sub(r"^--mount=\S+\s+", "", rest) for name, rest in instructions() if name == "RUN"]
    own = sections()
    return runs + [own[name] for name in ("post", "environment", "runscript", "test")]


def debian(commands):
    """The Debian packages that commands install."""
    joined = re.sub(r"\\\n\s*", " ", "\n".join(commands))
    (packages,) = re.findall(r"apt-get install [-\w\s]*?recommends ([\w+\- ]+)", joined)
    return set(packages.split())


def copied():
    """What each recipe copies from the sources, and that both put it in one place."""
    docker = [rest.split() for name, rest in instructions() if name == "COPY"]
    names = {name for *sources, _ in docker for name in sources}
    apptainer = dict(line.split() for line in sections()["files"].strip().splitlines())
    return names, apptainer


def test_every_step_is_known():
    assert {name for name, _ in instructions()} == INSTRUCTIONS
    assert set(sections()) == SECTIONS | {""}
    assert sections()[""].startswith("Bootstrap: docker\nFrom: {{ BASE }}\n")


@pytest.mark.parametrize("commands", shell(), ids=range(len(shell())))
def test_the_shell_commands_are_well_formed(commands):
    done = subprocess.run(["sh", "-n"], input=commands, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("path", [DOCKERFILE, DEFINITION], ids=lambda path: path.name)
def test_no_host_is_named(path):
    assert not re.findall(
        r"\w+://|\w\.(?:org|io|com|net)\b|--index-url|sources\.list", path.read_text()
    )


@pytest.mark.parametrize("path", [DOCKERFILE, DEFINITION], ids=lambda path: path.name)
def test_the_base_has_a_version_and_installs_leave_nothing_behind(path):
    text = path.read_text()
    (base,) = re.findall(r"BASE=([a-z]+:\S+)$", text, flags=re.MULTILINE)
    assert not base.endswith(":latest")
    assert text.count("--no-install-recommends") == text.count("apt-get install") == 1
    assert "rm -rf /var/lib/apt/lists/*" in text and "--no-cache-dir" in text


def test_every_variable_is_an_argument():
    names = {rest.partition("=")[0] for name, rest in instructions() if name == "ARG"}
    steps = " ".join(rest for name, rest in instructions() if name != "ENV")
    assert set(re.findall(r"\$\{(\w+)\}", steps)) == names
    arguments = dict(
        line.strip().split("=") for line in sections()["arguments"].strip().split("\n")
    )
    text = DEFINITION.read_text()
    assert set(re.findall(r"\{\{ (\w+) \}\}", text)) == set(arguments) == names


def test_the_compiler_and_headers_are_those_that_make_installs():
    makefile = (ROOT / "Makefile").read_text()
    needed = set(re.findall(r'missing="\$\$missing (\S+)"', makefile))
    assert len(needed) == 4
    own = sections()
    for commands in ([rest for name, rest in instructions() if name == "RUN"][:1], [own["post"]]):
        assert needed <= debian(commands)
    assert debian([own["post"]]) == debian([instructions()[2][1]])


def test_the_sources_are_all_copied():
    names, apptainer = copied()
    assert names == set(apptainer)
    assert set(apptainer.values()) == {"/opt/source/"}
    assert all((ROOT / name).exists() for name in names)
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    packages = setup["options.packages.find"]["include"].replace("*", "").split()
    assert set(packages) <= names
    assert {"README.md", "LICENSE", "setup.cfg", "pyproject.toml"} <= names
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert names == {line[1:] for line in ignored if line.startswith("!")}


def test_the_extras_exist():
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    extras = set(re.findall(r"EXTRAS=(\w+)", DOCKERFILE.read_text() + DEFINITION.read_text()))
    assert extras <= set(setup["options.extras_require"])


def test_it_does_not_run_as_root():
    assert ("USER", "v1cortex") in instructions()


def builder(*names):
    """The first program that can build images here, or why there is none."""
    for name in names:
        if shutil.which(name):
            done = subprocess.run([name, "info"], capture_output=True, text=True, check=False)
            if done.returncode == 0:
                return name
            reason = done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "no answer"
            pytest.skip(f"{name} cannot build here: {reason}")
    pytest.skip(f"no builder is installed: {', '.join(names)}")


def succeed(*command, cwd=ROOT):
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


@pytest.mark.slow
def test_the_image_runs(tmp_path):
    docker = builder("docker", "podman")
    succeed(docker, "build", "--tag", "v1cortex-test", "--file", str(DOCKERFILE), ".")
    tmp_path.chmod(0o777)
    command = (docker, "run", "--rm", "--volume", f"{tmp_path}:/data", "v1cortex-test")
    assert "NEST" in succeed(*command, "doctor")
    succeed(*command, "build", "--neurons", "300", "--out", "circuit")
    succeed(*command, "simulate", "circuit", "--duration", "100", "--out", "simulation")
    assert (tmp_path / "simulation" / "spikes.h5").is_file()


@pytest.mark.slow
def test_the_apptainer_image_runs(tmp_path):
    name = next(filter(shutil.which, ("apptainer", "singularity")), None)
    if name is None:
        pytest.skip("no builder is installed: apptainer, singularity")
    image = str(tmp_path / "v1cortex.sif")
    succeed(name, "build", image, str(DEFINITION))
    assert "NEST" in succeed(name, "run", image, "doctor", cwd=tmp_path)
    succeed(name, "run", image, "build", "--neurons", "300", "--out", "circuit", cwd=tmp_path)
