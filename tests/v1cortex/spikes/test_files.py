"""Spikes to SONATA's spikes.h5 and back, with libsonata as the second reader."""

import h5py
import libsonata
import numpy as np
import pytest

from v1cortex.errors import CircuitError
from v1cortex.spikes import read_events, write_spikes
from v1cortex.spikes.files import read_spikes
from validation.spikes import SpikeTrains


@pytest.fixture
def spikes():
    times_ms = np.array([1.0, 1.0, 7.0, 42.0])
    return SpikeTrains(times_ms, np.array([0, 4, 2, 4], dtype=np.int32), 5, 50.0)


def test_round_trip_and_libsonata(spikes, tmp_path):
    path = write_spikes(spikes, tmp_path / "spikes.h5")
    back = read_spikes(path)
    assert np.array_equal(back.times_ms, spikes.times_ms)
    assert np.array_equal(back.senders, spikes.senders)
    assert (back.n_neurons, back.duration_ms) == (5, 50.0)
    reader = libsonata.SpikeReader(str(path))
    assert reader["v1"].get() == [(0, 1.0), (4, 1.0), (2, 7.0), (4, 42.0)]
    assert str(reader["v1"].sorting).endswith("by_time")


def test_spikes_of_a_file_as_neo_trains(spikes, tmp_path):
    trains = read_spikes(write_spikes(spikes, tmp_path / "spikes.h5")).to_neo()
    assert [train.magnitude.tolist() for train in trains] == [[1.0], [], [7.0], [], [1.0, 42.0]]
    assert {str(train.units.dimensionality) for train in trains} == {"ms"}
    assert {float(train.t_stop) for train in trains} == {50.0}


def test_damaged_file_is_named(spikes, tmp_path):
    path = write_spikes(spikes, tmp_path / "spikes.h5")
    path.write_bytes(path.read_bytes()[:600])
    with pytest.raises(CircuitError, match=r"spikes\.h5 cannot be read: it is cut short"):
        read_spikes(path)


def test_old_files_without_populations(tmp_path):
    with h5py.File(tmp_path / "old.h5", "w") as file:
        file["spikes/timestamps"] = [3.0, 1.0]
        file["spikes/gids"] = [7, 2]
    events = read_events(tmp_path / "old.h5")
    assert (events.times_ms.tolist(), events.node_id.tolist()) == ([3.0, 1.0], [7, 2])
    assert (events.population, events.n_neurons, events.duration_ms) == ("", None, None)
    assert read_events(tmp_path / "old.h5", "v1").population == "v1"
