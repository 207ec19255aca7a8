"""Hostile files and options for `validate` and movies: one error or a result, in little memory."""

import json
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest
from skimage.io import imsave

GIB = 2**30
ADDRESS_SPACE = 4 * GIB
"""Memory that a command may reserve, including libraries."""
PEAK = GIB
"""Peak memory of all commands together."""


def outcomes(tmp_path, commands, n_expected):
    """Run commands in one child process and check what must be true of every one of them."""
    (tmp_path / "commands.json").write_text(json.dumps([list(map(str, c)) for c in commands]))
    script = Path(__file__).with_name("hostile_runs.py")
    child = subprocess.run(
        [sys.executable, str(script), str(tmp_path / "commands.json"), str(ADDRESS_SPACE)],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
    )
    assert child.returncode == 0, child.stderr[-2000:]
    found = json.loads(child.stdout)
    assert len(found["runs"]) == n_expected
    for run in found["runs"]:
        assert "Traceback" not in run["err"], run
        assert run["code"] in (0, 1, 2), run
        if run["code"] == 2:
            assert "Invalid value" in run["err"], run
        if run["code"] == 1:
            assert run["err"].count("error: ") == 1, run
        assert run["seconds"] < 60, run
    assert found["peak_bytes"] < PEAK
    return found["runs"]


def spikes(path, times, ids, **attributes):
    with h5py.File(path, "w") as file:
        group = file.create_group("spikes/v1")
        group["timestamps"], group["node_ids"] = times, ids
        group["timestamps"].attrs["units"] = "ms"
        group.attrs.update(attributes)
    return path


def good_spikes(path):
    rng = np.random.default_rng(1)
    return spikes(path, np.sort(rng.uniform(0, 2000, 400)), rng.integers(0, 20, 400))


def hostile_spikes(folder):
    """Write spike files that are not what they seem; each is an error."""
    times, ids = np.arange(1.0, 101.0), np.arange(100) % 10
    (folder / "[").mkdir()
    yield spikes(folder / "[/x].h5", times[:-1], ids)
    yield spikes(folder / "far.h5", times * 1e300, ids)
    yield spikes(folder / "id.h5", times, ids.astype(np.uint64) + np.uint64(2**63))
    yield spikes(folder / "cells.h5", times, ids, n_neurons=10**15)
    yield spikes(folder / "text.h5", [b"1.0"] * 100, ids)
    yield spikes(folder / "complex.h5", times + 1j, ids)
    yield spikes(folder / "square.h5", times.reshape(10, 10), ids)
    yield spikes(folder / "long.h5", times * 1e7, ids)
    for name, size in (("wide.h5", 10**13), ("wider.h5", 2**60)):
        with h5py.File(folder / name, "w") as file:
            for key in ("timestamps", "node_ids"):
                file.create_dataset(f"spikes/v1/{key}", (size,), "f8", chunks=(1024,))
        yield folder / name
    with h5py.File(folder / "loop.h5", "w") as file:
        file["spikes"] = h5py.SoftLink("/spikes")
        yield folder / "loop.h5"
    with h5py.File(folder / "link.h5", "w") as file:
        file["spikes/v1/timestamps"] = h5py.ExternalLink("/nowhere.h5", "/x")
        file["spikes/v1/node_ids"] = ids
        yield folder / "link.h5"
    with h5py.File(folder / "null.h5", "w") as file:
        file["spikes/v1/timestamps"] = h5py.Empty("f8")
        file["spikes/v1/node_ids"] = h5py.Empty("f8")
        yield folder / "null.h5"
    with h5py.File(folder / "groups.h5", "w") as file:
        file.create_group("spikes/v1/timestamps")
        yield folder / "groups.h5"
    with h5py.File(folder / "array.h5", "w") as file:
        file["spikes"] = times
        yield folder / "array.h5"
    for name, content in (
        ("nul.csv", b"time_ms,node_id\n\0\0,\0\n"),
        ("quote.csv", b'time_ms,node_id\n"1.0,2\n'),
        ("huge.csv", b"time_ms,node_id\n1e308,2\n-1e308,3\n"),
        ("digits.csv", b"time_ms,node_id\n1.0," + b"9" * 5000 + b"\n"),
        ("wide.csv", b"time_ms,node_id\n" + b"1," * 100_000),
        ("binary.dat", bytes(range(256))),
        ("bom.csv", b"\xff\xfe\x00"),
        ("signature.h5", b"\x89HDF\r\n\x1a\n"),
        ("signature.nwb", b"\x89HDF\r\n\x1a\n" + b"\xff" * 4096),
        ("list.pkl", b"cos\nsystem\n(S'touch hacked'\ntR."),
        ("what.mat", b"MATLAB 5.0 MAT-file" + b"\0" * 200),
        ("nothing", b"nothing"),
    ):
        (folder / name).write_bytes(content)
        yield folder / name


OPTIONS = (
    ("--cells", "-5"),
    ("--cells", "0"),
    ("--cells", "1000000000000000"),
    ("--cells", "9" * 300),
    ("--period", "nan"),
    ("--period", "-1"),
    ("--period", "1e-300"),
    ("--period", "inf"),
    ("--start", "nan"),
    ("--start", "1e300"),
    ("--stop", "inf"),
    ("--stop", "-1"),
    ("--stop", "1e300"),
    ("--unit", "[/x]"),
    ("--nodes", "[/x]"),
    ("--population", "[/x]=[/y]"),
    ("--population", "="),
    ("--condition", "[/x]"),
    ("--circuit", "[/x]"),
    ("--circuit", "cells.csv"),
    ("--circuit", "."),
    ("--out", "cells.csv"),
)


def test_hostile_spike_files_and_options(tmp_path):
    good = good_spikes(tmp_path / "good.h5")
    (tmp_path / "cells.csv").write_bytes(b"node_id,population\n1,[/x]\n")
    commands = [("validate", path) for path in hostile_spikes(tmp_path)]
    commands += [("validate", good, *option) for option in OPTIONS]
    commands.append(("validate", tmp_path))
    found = outcomes(tmp_path, commands, len(commands))
    assert [run["arguments"] for run in found if run["code"] == 0] == []
    assert not (tmp_path / "hacked").exists()


def hostile_movies(folder):
    """Write movies that are not what they seem; each is an error."""
    shape = (2, 120, 240)
    (folder / "[").mkdir()
    for name, array in (
        ("bytes.npy", np.full(shape, 255.0)),
        ("nan.npy", np.full(shape, np.nan)),
        ("inf.npy", np.full(shape, np.inf)),
        ("complex.npy", np.full(shape, 1j)),
        ("text.npy", np.full(shape, "a")),
        ("flags.npy", np.zeros(shape, dtype=bool)),
        ("empty.npy", np.zeros((0, 120, 240))),
        ("scalar.npy", np.array(1.0)),
        ("many.npy", np.zeros((1, 1, 1, 1))),
    ):
        np.save(folder / name, array)
        yield folder / name
    for number, n_frames in enumerate((10**9, 10**18, -1)):
        text = f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({n_frames}, 120, 240), }}"
        path = folder / f"header{number}.npy"
        path.write_bytes(b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode())
        yield path
    np.savez(folder / "several.npz", a=np.zeros(shape))
    yield folder / "several.npz"
    for name, content in (("zero.npy", b""), ("[/x].npy", b"x"), ("movie.mp4", b"\0" * 100)):
        (folder / name).write_bytes(content)
        yield folder / name
    for name, files in (
        ("none", {}),
        ("broken", {"1.png": b"no picture"}),
        ("texts", {"1.txt": b"no picture"}),
    ):
        (folder / name).mkdir()
        for file, content in files.items():
            (folder / name / file).write_bytes(content)
        yield folder / name
    (folder / "twice").mkdir()
    for name in ("1.png", "01.png"):
        imsave(folder / "twice" / name, np.zeros((12, 24), np.uint8), check_contrast=False)
    yield folder / "twice"


def test_hostile_movies_and_options(tmp_path):
    np.save(tmp_path / "good.npy", np.zeros((2, 120, 240)))
    show = ("simulate", "nowhere", "--stimulus", "movie", "--file")
    commands = [(*show, path) for path in hostile_movies(tmp_path)]
    commands += [
        (*show, tmp_path / "good.npy", *option)
        for option in (
            ("--frame-rate", "nan"),
            ("--frame-rate", "1e-300"),
            ("--frame-rate", "-1"),
            ("--duration", "-5"),
            ("--duration", "1000000000000"),
            ("--contrast", "nan"),
            ("--trials", "-1"),
        )
    ]
    commands.append(("simulate", "nowhere", "--stimulus", "image", "--file", tmp_path / "none"))
    found = outcomes(tmp_path, commands, len(commands))
    assert [run["arguments"] for run in found if run["code"] == 0] == []


@pytest.mark.slow
def test_files_with_random_damage(tmp_path):
    """Bytes of valid files are changed, cut out or duplicated: a result or one error each."""
    rng = np.random.default_rng(1)
    good_spikes(tmp_path / "good.h5")
    with h5py.File(tmp_path / "good.nwb", "w") as file:
        file["units/spike_times"] = np.arange(1.0, 101.0)
        file["units/spike_times_index"] = np.arange(10, 101, 10)
        file["units/id"] = np.arange(10)
    rows = "".join(f"{k % 20}\t{5.0 * k}\n" for k in range(1, 400))
    (tmp_path / "good.dat").write_text(f"# NEST version: 3.10.0\nsender\ttime_ms\n{rows}")
    np.save(tmp_path / "good.npy", np.zeros((2, 120, 240), dtype=np.uint8))
    commands = []
    for good in sorted(tmp_path.glob("good.*")):
        for number in range(20):
            content = bytearray(good.read_bytes())
            head = min(len(content), 4096 if number % 2 else 256)  # where the structure is
            for position in rng.integers(0, head, 1 + number // 2):
                content[position] = rng.integers(256)
            if number % 5 == 0:
                del content[rng.integers(head) :]
            path = tmp_path / f"damaged{number}{good.suffix}"
            path.write_bytes(bytes(content))
            show = ("simulate", "nowhere", "--stimulus", "movie", "--file", path)
            commands.append(show if good.suffix == ".npy" else ("validate", path, "--out", "v"))
    outcomes(tmp_path, commands, len(commands))
