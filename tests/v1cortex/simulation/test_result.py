"""Results of a simulation as tables, Neo objects, pictures, files and text."""

import io

import numpy as np
import pytest
from matplotlib.image import imread

from v1cortex.errors import SimulationError, StimulusError
from v1cortex.network import Voltages
from v1cortex.simulation import Simulation, simulate
from v1cortex.spikes.files import read_spikes
from v1cortex.stimuli import as_movie, drifting_grating, gray_movie
from v1cortex.tables import POPULATIONS
from validation.reference import load_reference
from validation.spikes import SpikeTrains


@pytest.fixture
def simulation(small_circuit):
    """L4_E fires at 10 Hz, L4_Pvalb at 20 Hz and one cell of it at 50, all others not at all."""
    counts = np.zeros(500, dtype=int)
    counts[small_circuit.population_slice("L4_E")] = 10
    counts[small_circuit.population_slice("L4_Pvalb")] = 20
    counts[small_circuit.population_slice("L4_Pvalb").start] = 50
    senders = np.repeat(np.arange(500), counts)
    times_ms = np.random.default_rng(1).integers(1, 1001, len(senders)).astype(float)
    spikes = SpikeTrains.from_events(times_ms, senders, 500, 1000.0)
    neurons = small_circuit.population_slice("L4_E").start + np.arange(2)
    voltages = Voltages(neurons, np.arange(1.0, 6.0), np.arange(10.0).reshape(5, 2) - 80)
    return Simulation(small_circuit, spikes, voltages, seed=3)


def test_rates_by_population(simulation):
    table = simulation.to_frame()
    assert tuple(table.index) == POPULATIONS and table.index.name == "population"
    names = ["mouse_mean_Hz", "mouse_median_Hz", "distance_Hz", "floor_Hz"]
    assert list(table.columns) == ["n_neurons", "mean_Hz", "median_Hz", *names]
    assert set(table.dtypes.astype(str)) == {"int64", "float64"}
    cells = simulation.circuit.population_slice("L4_Pvalb")
    n = cells.stop - cells.start
    assert table.loc["L4_Pvalb", "n_neurons"] == n
    assert table.loc["L4_Pvalb", "mean_Hz"] == pytest.approx(20 + 30 / n)
    assert table.loc["L4_Pvalb", "median_Hz"] == 20
    mouse = load_reference()
    with_data = set(table.index[table["mouse_mean_Hz"].notna()])
    assert with_data == set(mouse.populations())
    expected = mouse.row("L4_E").distribution()
    assert table.loc["L4_E", "mouse_mean_Hz"] == pytest.approx(expected.mean)
    # All cells at one rate: the distance is the mean absolute difference from it.
    distance = np.average(np.abs(expected.values - 10.0), weights=None)
    assert table.loc["L4_E", "distance_Hz"] == pytest.approx(distance, rel=1e-6)


def test_rates_by_neuron(simulation):
    table = simulation.to_frame("neurons")
    assert table.index.name == "neuron" and len(table) == 500
    types = {"population": "category", "n_spikes": "int64", "rate_Hz": "float64"}
    assert dict(table.dtypes.astype(str)) == types
    assert table.groupby("population", observed=True)["n_spikes"].max()["L4_Pvalb"] == 50
    assert np.array_equal(table["rate_Hz"], simulation.rates_Hz)


def test_spikes(simulation):
    table = simulation.to_frame("spikes")
    types = {"time_ms": "float64", "neuron": "int32", "population": "category"}
    assert dict(table.dtypes.astype(str)) == types
    assert set(table["population"]) == {"L4_E", "L4_Pvalb"}
    nodes = simulation.circuit.to_frame("nodes")
    assert (table["population"].array == nodes["population"].array[table["neuron"]]).all()


def test_an_unknown_table(simulation):
    with pytest.raises(SimulationError, match=r"'neuron'.*'neurons'"):
        simulation.to_frame("neuron")


def test_neo(simulation):
    pvalb = simulation.circuit.population_slice("L4_Pvalb").start
    (segment,) = simulation.to_neo(np.array([0, pvalb])).segments
    assert [len(train) for train in segment.spiketrains] == [0, 50]
    assert segment.spiketrains[1].annotations["population"] == "L4_Pvalb"
    assert segment.spiketrains[1].annotations["neuron"] == pvalb
    (signal,) = segment.analogsignals
    assert signal.units.dimensionality.string == "mV" and signal.shape == (5, 2)
    assert float(signal.t_start.rescale("ms")) == 1.0
    assert float(signal.sampling_rate.rescale("Hz")) == pytest.approx(1000.0)
    assert signal.array_annotations["neuron"].tolist() == simulation.voltages.neurons.tolist()
    assert np.array_equal(signal.magnitude, simulation.voltages.V_m_mV)


def test_pictures(simulation, tmp_path):
    picture = simulation.plot_raster(tmp_path / "raster.png", window_ms=(0.0, 500.0))
    shown = imread(io.BytesIO(picture._repr_png_()))
    height, width, _ = imread(tmp_path / "raster.png").shape  # at 300 dpi
    assert height > 2 * shown.shape[0] and height / width == shown.shape[0] / shown.shape[1]
    assert shown.min() < 0.5  # something is drawn
    rates = simulation.plot_rates()
    assert imread(io.BytesIO(rates._repr_png_())).shape[1] > 800


def test_spike_file(simulation, tmp_path):
    path = simulation.save_spikes(str(tmp_path / "spikes.h5"))
    assert np.array_equal(read_spikes(path).senders, simulation.spikes.senders)


def test_text(simulation):
    n_spikes, mean_Hz = simulation.spikes.n_spikes, simulation.spikes.n_spikes / 500
    assert repr(simulation) == (
        f"<Simulation: 500 neurons for 1000 ms, {n_spikes:,} spikes, {mean_Hz:.2f} Hz on average, "
        "2 V_m traces, seed 3>"
    )
    shown = simulation._repr_html_()
    assert shown.count("<tr") == 1 + len(POPULATIONS)
    assert "nan" not in shown.lower()


def test_a_named_stimulus_is_its_movie(small_circuit):
    named = simulate(small_circuit, "drifting", 60, seed=5, settling_ms=20)
    shown = simulate(small_circuit, drifting_grating(0.0, 90), 60, seed=5, settling_ms=20)
    assert named.duration_ms == shown.duration_ms == 60
    assert np.array_equal(named.spikes.times_ms, shown.spikes.times_ms)
    assert np.array_equal(named.spikes.senders, shown.spikes.senders)
    assert named.spikes.n_spikes > 0 and named.seed == 5


def test_stimuli():
    assert as_movie("gray").duration_ms == 2000
    assert as_movie("grating", 30).duration_ms == 30
    movie = gray_movie(50)
    assert as_movie(movie) is movie
    assert repr(as_movie(movie, 20)) == "<Movie: 20 ms, 1 distinct frames>"
    with pytest.raises(StimulusError, match=r"'drift'.*'drifting'"):
        as_movie("drift")
    with pytest.raises(StimulusError, match="60, but the movie ends after 50 ms"):
        as_movie(movie, 60)
    with pytest.raises(StimulusError, match="duration_ms is 0"):
        as_movie(movie, 0)
