"""Spike files from programs and hand edits: a correct result, or one clear error."""

import tracemalloc

import h5py
import neo
import numpy as np
import pytest
import quantities as pq

from v1cortex.errors import CircuitError
from v1cortex.simulation import CellSource, load_spikes
from v1cortex.spikes import distinct_recordings, read_events
from v1cortex.spikes.files import read_spikes

N_SPIKES, N_CELLS, END_MS = 4000, 80, 5000.0


def train(seed=1):
    """Return times in ms and node ids of 80 cells at 10 Hz on average."""
    rng = np.random.default_rng(seed)
    times = np.sort(rng.uniform(0, END_MS, N_SPIKES))
    return times, rng.integers(0, N_CELLS, N_SPIKES).astype(np.uint64)


def sonata(path, times, ids, units="ms", population="v1", **attributes):
    with h5py.File(path, "a") as file:
        group = file.create_group(f"spikes/{population}")
        group["timestamps"], group["node_ids"] = times, ids
        group.attrs.update(attributes)
        if units is not None:
            group["timestamps"].attrs["units"] = units
    return path


def load(path, **options):
    """Read a file known to contain 80 cells and 5 s."""
    source = CellSource(n_neurons=options.pop("n_neurons", N_CELLS))
    return load_spikes(path, source, stop_ms=options.pop("stop_ms", END_MS), **options)


TIMES, IDS = train()
ORDER = np.lexsort((TIMES, IDS))
ALIKE = {
    "ms": (TIMES, IDS, "ms"),
    "bytes": (TIMES, IDS, np.bytes_("milliseconds")),
    "array of bytes": (TIMES, IDS, np.array([b"ms"])),
    "array of text": (TIMES, IDS, np.array(["ms"], dtype=h5py.string_dtype())),
    "s": (TIMES / 1000, IDS, "Seconds"),
    "us": (TIMES * 1000, IDS, "usec"),
    "backwards": (TIMES[::-1], IDS[::-1], "ms"),
    "by cell": (TIMES[ORDER], IDS[ORDER], "ms"),
    "32 bits": (TIMES.astype(np.float32), IDS.astype(np.uint32), "ms"),
    "columns": (TIMES[:, None], IDS[:, None], "ms"),
    "whole floats": (TIMES, IDS.astype(float), "ms"),
    "NEST's ids": (TIMES, IDS + np.uint64(1), "ms"),
    "from two million": (TIMES, IDS + np.uint64(2_000_000), "ms"),
    "from three thousand million": (TIMES, IDS + np.uint64(3 * 10**9), "ms"),
    "with gaps": (TIMES, IDS * np.uint64(1_000_003) + np.uint64(17), "ms"),
    "of 2^46": (TIMES, IDS * np.uint64(2**40), "ms"),
    "at 2^62": (TIMES, np.uint64(2**62) - IDS, "ms"),
}


@pytest.mark.parametrize("case", ALIKE)
def test_the_same_spikes_however_they_are_written(tmp_path, case):
    run = load(sonata(tmp_path / "s.h5", *ALIKE[case]))
    assert run.spikes.n_spikes == N_SPIKES
    counts = np.sort(np.bincount(IDS.astype(np.int64), minlength=N_CELLS))
    assert np.array_equal(np.sort(run.spikes.spike_counts), counts)
    np.testing.assert_allclose(run.spikes.times_ms, TIMES, rtol=1e-6)
    assert run.spikes.rates_Hz().mean() == pytest.approx(10.0)


@pytest.mark.parametrize(
    ("ids", "n_neurons", "nodes", "said"),
    [
        (IDS, None, [0, 79], "numbered 0 to 79"),
        (IDS + np.uint64(1), None, [1, 80], "as in NEST"),
        (IDS + np.uint64(1), 80, [1, 80], "as in NEST"),
        (IDS + np.uint64(2_000_000), None, [2_000_000, 2_000_079], "first and last that fire"),
        (IDS * np.uint64(2**40), None, [0, 79 * 2**40], "the 80 that fire"),
        (IDS * np.uint64(2**40), 100, [0, 79 * 2**40], "80 that fire and 20 silent ones"),
    ],
)
def test_how_many_cells_there_are_is_said(tmp_path, ids, n_neurons, nodes, said):
    run = load(sonata(tmp_path / "s.h5", TIMES, ids), n_neurons=n_neurons)
    assert run.cells.node_id[[0, -1]].tolist() == nodes
    assert len(run.cells) == (n_neurons or 80)
    assert np.all(np.diff(run.cells.node_id) > 0)
    assert said in " ".join(run.notes)


def test_memory_follows_the_number_of_cells_not_their_numbers(tmp_path):
    near = sonata(tmp_path / "near.h5", TIMES, IDS)
    far = sonata(tmp_path / "far.h5", TIMES, IDS + np.uint64(3 * 10**9))
    load(near)
    peaks = []
    for path in (near, far):
        tracemalloc.start()
        load(path)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.5 * peaks[0]


def test_spikes_at_the_very_start_count(tmp_path):
    times = TIMES.copy()
    times[:200] = 0.0
    run = load(sonata(tmp_path / "s.h5", times, IDS))
    assert run.spikes.rates_Hz().mean() == pytest.approx(10.0)
    later = load(tmp_path / "s.h5", start_ms=times[300])
    assert later.spikes.n_spikes == N_SPIKES - 301  # the one at the start belongs to before


def test_spikes_before_zero_are_left_out_and_that_is_said(tmp_path):
    path = sonata(tmp_path / "s.h5", TIMES - 1000, IDS)
    run = load(path, stop_ms=4000)
    early = int(np.count_nonzero(TIMES < 1000))
    assert run.spikes.n_spikes == N_SPIKES - early
    assert any(f"{early} of {N_SPIKES} spikes are before 0 ms" in note for note in run.notes)
    whole = load(path, start_ms=-1000, stop_ms=4000)
    assert whole.spikes.n_spikes == N_SPIKES
    assert whole.spikes.duration_ms == 5000
    assert not any("before" in note for note in whole.notes)


def test_an_end_after_the_recording_s_own_is_refused(tmp_path):
    path = sonata(tmp_path / "s.h5", TIMES, IDS, duration_ms=END_MS)
    with pytest.raises(CircuitError, match=r"--stop is 100000 ms, .*s\.h5 ends at 5000 ms"):
        load(path, stop_ms=100_000)
    assert load(path, stop_ms=None).spikes.duration_ms == END_MS
    foreign = sonata(tmp_path / "f.h5", TIMES, IDS)
    assert not any("silence" in note for note in load(foreign).notes)
    assert any("silence" in note for note in load(foreign, stop_ms=100_000).notes)


def test_spikes_after_the_recording_s_end_are_left_out_and_that_is_said(tmp_path):
    path = sonata(tmp_path / "s.h5", TIMES, IDS, duration_ms=4000.0)
    late = int(np.count_nonzero(TIMES > 4000))
    run = load(path, stop_ms=None)
    assert run.spikes.n_spikes == N_SPIKES - late
    assert any(f"{late} of {N_SPIKES} spikes are after the end" in note for note in run.notes)


def test_times_without_a_unit(tmp_path):
    assert any(
        "assuming ms" in note for note in load(sonata(tmp_path / "ms.h5", TIMES, IDS, None)).notes
    )
    seconds = sonata(tmp_path / "s.h5", TIMES / 1000, IDS, None)
    with pytest.raises(CircuitError, match=r"s\.h5: taken as ms, .*Give it: --unit s"):
        load(seconds)
    run = load(seconds, unit="s")
    assert run.spikes.rates_Hz().mean() == pytest.approx(10.0)
    wrong = sonata(tmp_path / "wrong.h5", TIMES / 1000, IDS, "ms")
    assert any("is this the unit" in note for note in load(wrong).notes)
    run = load(wrong, unit="s")
    assert any("'ms'; using s, as given" in note for note in run.notes)
    assert run.spikes.rates_Hz().mean() == pytest.approx(10.0)
    with pytest.raises(CircuitError, match="--unit 'h'; known are ms, s and us"):
        load(seconds, unit="h")


def test_spikes_that_were_written_twice_are_counted_and_that_is_said(tmp_path):
    run = load(sonata(tmp_path / "s.h5", np.repeat(TIMES, 3), np.repeat(IDS, 3)))
    assert run.spikes.n_spikes == 3 * N_SPIKES
    assert any("8000 of 12000 spikes" in note for note in run.notes)


def changed(array, index, value):
    copy = array.copy()
    copy[index] = value
    return copy


@pytest.mark.parametrize(
    ("times", "ids", "message"),
    [
        (changed(TIMES, 5, np.nan), IDS, "time of spike 5 .* is nan"),
        (changed(TIMES, -1, np.inf), IDS, "time of spike 3999 .* is inf"),
        (TIMES[:-3], IDS, "3997 spike times but 4000 node ids"),
        (TIMES, changed(IDS.astype(np.int64), 3, -1), "node id of spike 3 .* is -1"),
        (TIMES, IDS + 0.5, r"node id of spike 0 .*\.5"),
        (TIMES, changed(IDS, 7, 2**64 - 1), "node id of spike 7 .* is 18446744073709551615"),
        (TIMES.reshape(2, -1), IDS, r"times have shape \(2, 2000\)"),
        (np.array([b"1", b"2"]), IDS[:2], "numbers are needed"),
        (TIMES + 1e300, IDS, "too long.*--unit"),
        (TIMES * 1e5, IDS, "too long.*2 hours"),
        (np.zeros(5), np.arange(5), "nothing to count"),
        (TIMES[:0], IDS[:0], "no spikes and no duration; give --stop"),
    ],
)
def test_what_is_no_spikes_is_refused(tmp_path, times, ids, message):
    path = sonata(tmp_path / "s.h5", times, ids)
    with pytest.raises(CircuitError, match=rf"s\.h5.*{message}"):
        load(path, stop_ms=None)


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        ({"n_neurons": 10**15}, "n_neurons is 1000000000000000"),
        ({"n_neurons": -5}, "n_neurons is -5"),
        ({"n_neurons": "many"}, "n_neurons is many"),
        ({"duration_ms": np.nan}, "duration_ms is nan"),
        ({"duration_ms": [1.0, 2.0]}, "duration_ms is"),
        ({"n_neurons": 100}, "--cells is 80, .* from 100"),
    ],
)
def test_attributes_that_cannot_be_are_refused(tmp_path, attributes, message):
    path = sonata(tmp_path / "s.h5", TIMES, IDS, **attributes)
    with pytest.raises(CircuitError, match=message):
        load(path, stop_ms=None)


@pytest.mark.parametrize("n_neurons", [0, -5, 10**15, 79])
def test_numbers_of_cells_that_cannot_be_are_refused(tmp_path, n_neurons):
    with pytest.raises(CircuitError, match=f"{n_neurons}"):
        load(sonata(tmp_path / "s.h5", TIMES, IDS), n_neurons=n_neurons)


def test_a_file_that_declares_more_spikes_than_it_has_is_not_read(tmp_path):
    with h5py.File(tmp_path / "s.h5", "w") as file:
        for name, kind in (("timestamps", "f8"), ("node_ids", "u8")):
            file.create_dataset(f"spikes/v1/{name}", (10**13,), kind, chunks=(1024,))
    with pytest.raises(CircuitError, match="declares 10,000,000,000,000 values"):
        load(tmp_path / "s.h5")


def test_files_that_are_no_spike_files(tmp_path):
    sonata(tmp_path / "whole.h5", TIMES, IDS)
    content = (tmp_path / "whole.h5").read_bytes()
    (tmp_path / "cut.h5").write_bytes(content[: len(content) // 2])
    (tmp_path / "empty.h5").touch()
    (tmp_path / "text.h5").write_text("no HDF5")
    (tmp_path / "list.pkl").write_bytes(b"\x80\x04]\x94.")
    for name, group in (("report.h5", "report/v1"), ("network.h5", "nodes/v1"), ("x.h5", "a")):
        with h5py.File(tmp_path / name, "w") as file:
            file.create_group(group)
    for name, message in (
        ("gone.h5", "there is no spike file"),
        ("", "is a folder"),
        ("cut.h5", "cut short"),
        ("empty.h5", "is empty"),
        ("text.h5", "not an HDF5 file"),
        ("list.pkl", "not in a known spike format.*SONATA.*NWB.*Neo"),
        ("report.h5", "membrane potentials"),
        ("network.h5", "--circuit"),
        ("x.h5", "no group 'spikes'"),
    ):
        with pytest.raises(CircuitError, match=message):
            read_events(tmp_path / name)


def test_one_of_several_populations(tmp_path):
    path = sonata(tmp_path / "s.h5", TIMES, IDS, population="Größe µ")
    assert read_events(path).population == "Größe µ"
    sonata(path, TIMES[:0], IDS[:0], population="lgn")
    with pytest.raises(CircuitError, match=r"2 populations, Größe µ, lgn; choose one with --nodes"):
        read_events(path)
    assert read_events(path, "Größe µ").times_ms.size == N_SPIKES


def table(path, header, delimiter, columns, mark="", end="\n"):
    rows = [header, *(delimiter.join(map(str, row)) for row in zip(*columns, strict=True))]
    path.write_bytes((mark + end.join(rows) + end).encode())
    return path


TIMES_3 = np.round(TIMES, 3)


@pytest.mark.parametrize(
    ("name", "header", "delimiter", "columns", "mark"),
    [
        ("s.csv", "time_ms,node_id", ",", (TIMES_3, IDS), ""),
        ("s.CSV", "time_ms, node_id", ", ", (TIMES_3, IDS), "\ufeff"),
        ("s.csv", "node_id;time_ms", ";", (IDS, TIMES_3), "\ufeff"),
        ("s.tsv", "time (ms)\tneuron", "\t", (TIMES_3, IDS), "# of a spreadsheet\n\n"),
        ("s.txt", "Time_s gid", " ", (TIMES_3 / 1000, IDS), ""),
        ("s.csv", "timestamps population node_ids", " ", (TIMES_3, ["v1"] * N_SPIKES, IDS), ""),
    ],
)
def test_tables_of_spikes(tmp_path, name, header, delimiter, columns, mark):
    path = table(tmp_path / name, header, delimiter, columns, mark, end="\r\n")
    run = load(path)
    np.testing.assert_allclose(run.spikes.times_ms, TIMES_3)
    assert np.array_equal(run.spikes.senders, IDS[np.lexsort((IDS, TIMES_3))])
    assert any("the unit of its times" in note for note in run.notes) == ("population" in header)


def test_files_of_a_recorder_of_nest_are_joined(tmp_path):
    comment = "# NEST version: 3.10.0\n# RecordingBackendASCII version: 2\n"
    for thread in (0, 1, 10):
        mine = (0, 1, 10).index(thread) == IDS % 3
        table(
            tmp_path / f"spikes-81-{thread}.dat",
            "sender\ttime_ms",
            "\t",
            (IDS[mine] + np.uint64(1), TIMES_3[mine]),
            comment,
        )
    table(tmp_path / "spikes-82-0.dat", "sender\ttime_ms", "\t", ([1], [3.0]), comment)
    run = load(tmp_path / "spikes-81-1.dat")
    np.testing.assert_allclose(run.spikes.times_ms, np.sort(TIMES_3))
    assert run.cells.node_id[[0, -1]].tolist() == [1, 80]
    assert any("3 files, one per thread" in note for note in run.notes)
    files = sorted(tmp_path.iterdir())
    assert [each.name for each in distinct_recordings(files)] == [
        "spikes-81-0.dat",
        "spikes-82-0.dat",
    ]


def test_what_nest_itself_writes(tmp_path):
    import nest

    nest.ResetKernel()
    nest.set_verbosity("M_ERROR")
    nest.SetKernelStatus({"data_path": str(tmp_path), "overwrite_files": True, "print_time": False})
    neurons = nest.Create("parrot_neuron", 3)
    recorder = nest.Create("spike_recorder", params={"record_to": "ascii", "label": "v1"})
    for times, neuron in zip(([1.0, 5.0], [], [2.5]), neurons, strict=True):
        nest.Connect(nest.Create("spike_generator", params={"spike_times": times}), neuron)
    nest.Connect(neurons, recorder)
    nest.Simulate(20.0)
    nest.ResetKernel()
    (path,) = tmp_path.glob("*.dat")
    run = load_spikes(path, CellSource(n_neurons=3), stop_ms=20.0)
    assert [run.spikes.train_ms(k).tolist() for k in range(3)] == [[2.0, 6.0], [], [3.5]]


def test_gdf_of_nest_2_and_times_in_steps(tmp_path):
    path = tmp_path / "s.gdf"
    path.write_text("1\t2.5\n80\t3.0\n1\t70.0\n")
    run = load(path)
    assert run.spikes.train_ms(0).tolist() == [2.5, 70.0]
    steps = table(tmp_path / "s.dat", "sender\ttime_step\ttime_offset", "\t", ([1], [3], [0.0]))
    with pytest.raises(CircuitError, match="time_in_steps=False"):
        load(steps)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("time_ms,node_id\n1.0\n", "line 2: 1 values, but 2 columns"),
        ("time_ms,node_id\n1.0,2,3\n", "line 2: 3 values"),
        ("time_ms,node_id\n\n1.0,x\n", "line 3: the node id 'x'"),
        ("time_ms,node_id\n1.0,2.5\n", "line 2: the node id '2.5'"),
        ("time_ms;node_id\n1,5;2\n", "line 2: the time '1,5'"),
        (f"time_ms,node_id\n1.0,{'9' * 300}\n", "line 2: the node id '9999"),
        ("time_ms,node_id\nnan,2\n", "time of spike 0 .* is nan"),
        ("1.0,2\n3.0,4\n", "columns 1.0, 2; the first line of a table of spikes"),
        ("\n", "is empty"),
    ],
)
def test_tables_that_are_no_spikes_name_the_line(tmp_path, text, message):
    (tmp_path / "s.csv").write_text(text)
    with pytest.raises(CircuitError, match=rf"s\.csv.*{message}"):
        load(tmp_path / "s.csv")


def test_encodings(tmp_path):
    text = "time_ms,node_id\n1.5,3\n20,4\n"
    (tmp_path / "s.csv").write_bytes(text.encode("utf-16"))
    assert load(tmp_path / "s.csv").spikes.n_spikes == 2
    (tmp_path / "s.csv").write_bytes("Größe,time_ms,node_id\n".encode("cp1252"))
    with pytest.raises(CircuitError, match=r"s\.csv is not UTF-8 text: byte 2 is 0xf6"):
        load(tmp_path / "s.csv")


def test_nwb(tmp_path):
    """The layout of the standard's Units table: an HDF5 file as written by pynwb."""
    with h5py.File(tmp_path / "s.nwb", "w") as file:
        units = file.create_group("units")
        order = np.lexsort((TIMES, IDS))
        counts = np.bincount(IDS.astype(np.int64), minlength=N_CELLS)
        units["spike_times"] = TIMES[order] / 1000
        units["spike_times_index"] = np.append(np.cumsum(counts), N_SPIKES)  # the last is silent
        units["id"] = np.arange(500, 581)
    run = load(tmp_path / "s.nwb", n_neurons=None)
    assert len(run.cells) == 81
    assert np.array_equal(run.spikes.spike_counts[:80], counts)
    np.testing.assert_allclose(run.spikes.times_ms, TIMES)
    with h5py.File(tmp_path / "s.nwb", "a") as file:
        file["units/spike_times_index"][-1] += 3
    with pytest.raises(CircuitError, match="which do not match"):
        load(tmp_path / "s.nwb", n_neurons=None)


def test_spike_trains_of_neo(tmp_path):
    block, segment = neo.Block(), neo.Segment()
    block.segments.append(segment)
    for times in ([0.1, 0.5], [], [1.2]):
        segment.spiketrains.append(neo.SpikeTrain(times * pq.s, t_start=0 * pq.s, t_stop=2 * pq.s))
    neo.io.NeoMatlabIO(filename=str(tmp_path / "s.mat")).write_block(block)
    trains = read_spikes(tmp_path / "s.mat")
    assert (trains.n_neurons, trains.duration_ms) == (3, 2000.0)
    assert [trains.train_ms(k).tolist() for k in range(3)] == [[100.0, 500.0], [], [1200.0]]
