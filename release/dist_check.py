"""Builds what is released and installs it as a user does, elsewhere: `make dist-check`.

The wheel is built from the source distribution, and both must be complete. The wheel is installed
in a new environment, without extras and then with all of them, and runs `doctor`, `build` and a
search of four rules in a folder outside the sources. Prints time and size of both installations.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tarfile
import tempfile
import time
import venv
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[1]

PACKAGES = ("nestml_models", "v1cortex", "evolution", "validation")

SEARCH = """\
seed: 1
neurons: 300
population_size: 4
generations: 1
start:
  rules: [none, s_pre]
protocol:
  tasks: [gratings]
  pool_size: 5
  training_trials: 2
  validation_trials: 4
  threshold_trials: 4
retest:
  seeds: 0
"""
"""Two given rules and two drawn ones, the fewest that a search compares."""


def main() -> None:
    """Check everything; exit code 1 with a message if something is missing or fails."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contents-only", action="store_true", help="do not install anything")
    parser.add_argument("--out", type=Path, help="where to keep both distributions")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="v1cortex-dist-") as folder:
        place = Path(folder)
        source, wheel = build(options.out or place / "dist")
        check_contents(source, wheel)
        if not options.contents_only:
            check_installation(wheel, place)


def build(out: Path) -> tuple[Path, Path]:
    """Build the source distribution, and from that the wheel."""
    _run(sys.executable, "-m", "build", "--outdir", out, ROOT)
    (source,), (wheel,) = out.glob("*.tar.gz"), out.glob("*.whl")
    for path in (source, wheel):
        print(f"{path.name}: {path.stat().st_size / 1e6:.1f} MB")
    return source, wheel


def check_contents(source: Path, wheel: Path) -> None:
    """Compare the distributions with the files under version control."""
    tracked = set(_run("git", "-C", ROOT, "ls-files").split("\n")) - {""}
    with tarfile.open(source) as archive:
        sources = {name.partition("/")[2] for name in archive.getnames()}
    _require_all("source distribution", tracked, sources)
    with zipfile.ZipFile(wheel) as archive:
        installed = set(archive.namelist())
    ours = {name for name in tracked if name.partition("/")[0] in PACKAGES}
    _require_all("wheel", ours, installed)
    foreign = {name for name in installed if ".dist-info/" not in name} - ours
    if foreign:
        sys.exit(f"the wheel has files that are not under version control: {sorted(foreign)}")
    print(f"complete: {len(tracked)} files of the sources, {len(ours)} of the packages")


def check_installation(wheel: Path, place: Path) -> None:
    """Install the wheel without and with extras, and use both outside the sources."""
    environment, work = place / "environment", place / "work"
    work.mkdir()
    venv.create(environment, with_pip=True)
    (work / "search.yaml").write_text(SEARCH, encoding="utf-8")
    command = environment / "bin" / "v1cortex"
    _install(environment, f"{wheel}")
    print(_run(command, "doctor", cwd=work))
    _run(command, "rules", "list", cwd=work)
    _refused(command, "evolve", "search.yaml", cwd=work)
    _install(environment, f"{wheel}[all]")
    print(_run(command, "doctor", cwd=work))
    print(_run(command, "build", "--neurons", "300", "--out", "circuit", cwd=work).splitlines()[-1])
    print(_run(command, "evolve", "search.yaml", "--out", "run", cwd=work))
    if not (work / "run" / "report.html").is_file():
        sys.exit("the search has written no report")


def _install(environment: Path, what: str) -> None:
    start = time.monotonic()
    _run(environment / "bin" / "python", "-m", "pip", "install", "--quiet", what)
    size = sum(path.stat().st_size for path in environment.rglob("*") if path.is_file())
    elapsed = time.monotonic() - start
    print(f"installed {Path(what).name}: {elapsed:.0f} s, {size / 1e6:.0f} MB in all")


def _refused(*command: object, cwd: Path) -> None:
    done = subprocess.run(
        [str(word) for word in command], cwd=cwd, capture_output=True, text=True, check=False
    )
    if done.returncode != 1 or "pip install 'v1cortex[search]'" not in done.stderr:
        sys.exit(f"without extras, a search should name the extra:\n{done.stdout}{done.stderr}")
    print(done.stderr.strip())


def _require_all(what: str, needed: set[str], found: set[str]) -> None:
    missing = sorted(needed - found)
    if missing:
        sys.exit(f"{len(missing)} files are missing in the {what}: {', '.join(missing)}")


def _run(*command: object, cwd: Path | None = None) -> str:
    words = [str(word) for word in command]
    done = subprocess.run(words, cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(words)}:\n{done.stdout[-4000:]}{done.stderr[-4000:]}")
    return done.stdout


if __name__ == "__main__":
    main()
