"""The GLIF3 neuron compared with NEST's glif_psc: same spikes, same membrane potential."""

import csv
from pathlib import Path

import numpy as np
import pytest

import v1cortex.tables

TAU_SYN_MS = (5.5, 8.5, 2.8, 5.8)
DURATION_MS = 800.0
N_TRAINS = 12


def cell_models() -> dict[str, np.ndarray]:
    path = Path(v1cortex.tables.__file__).parent / "cells.csv"
    with path.open(encoding="utf-8") as file:
        lines = [line for line in file if not line.startswith("#")]
    rows = list(csv.DictReader(lines))
    names = [name for name in rows[0] if name not in ("specimen_id", "population", "label")]
    return {name: np.array([float(row[name]) for row in rows]) for name in names}


def glif3_parameters(cells) -> dict[str, np.ndarray]:
    return {
        "C_m": cells["C_m_pF"],
        "g": cells["g_nS"],
        "E_L": cells["E_L_mV"],
        "V_m": cells["E_L_mV"],
        "V_reset": cells["E_L_mV"],
        "V_th": cells["V_th_mV"],
        "t_ref": cells["t_ref_ms"],
        **{
            f"asc_{kind}_{k}": cells[f"asc_{kind}_{k}_{unit}"]
            for kind, unit in (("amp", "pA"), ("tau", "ms"))
            for k in (1, 2)
        },
    }


def glif_psc_parameters(glif3, i) -> dict[str, object]:
    same = ("C_m", "g", "E_L", "V_m", "V_reset", "V_th", "t_ref")
    return {
        **{name: glif3[name][i] for name in same},
        "spike_dependent_threshold": False,
        "after_spike_currents": True,
        "adapting_threshold": False,
        "asc_init": [0.0, 0.0],
        "asc_amps": [glif3["asc_amp_1"][i], glif3["asc_amp_2"][i]],
        "asc_decay": [1 / glif3["asc_tau_1"][i], 1 / glif3["asc_tau_2"][i]],
        "asc_r": [1.0, 1.0],
        "tau_syn": list(TAU_SYN_MS),
    }


def connect_noise(nest, populations, cells, rng) -> None:
    """The same frozen spike trains with the same weights into all receptors of both populations."""
    dt = nest.resolution
    n_cells = len(cells["C_m_pF"])
    # Weights that drive a cell of mean capacitance to about ten spikes per second.
    scale_pA = np.array([2.0, -0.8, 2.0, -0.8]) * cells["C_m_pF"][:, None]
    for receptor in range(4):
        steps = [
            np.unique(rng.integers(1, int(DURATION_MS / dt), int(DURATION_MS / 12)))
            for _ in range(N_TRAINS)
        ]
        sources = nest.Create(
            "spike_generator", N_TRAINS, [{"spike_times": np.round(s * dt, 3)} for s in steps]
        )
        weight = scale_pA[:, receptor, None] * rng.uniform(0.2, 1.0, (n_cells, N_TRAINS))
        for cells_of_model in populations:
            syn = {"weight": weight, "delay": 1.0, "receptor_type": receptor + 1}
            nest.Connect(sources, cells_of_model, "all_to_all", syn)
    current = nest.Create("dc_generator", params={"amplitude": 20.0, "start": 200.0, "stop": 400.0})
    for cells_of_model in populations:
        nest.Connect(current, cells_of_model)


@pytest.mark.parametrize("dt_ms", [0.1, 1.0])
def test_all_cell_models_agree_under_frozen_noise(simulator, module, dt_ms):
    nest = simulator
    nest.resolution = dt_ms
    cells = cell_models()
    glif3 = glif3_parameters(cells)
    n_cells = len(cells["C_m_pF"])
    assert n_cells == 111
    ours = nest.Create(module.neuron_model, n_cells, glif3)
    theirs = nest.Create(
        "glif_psc", n_cells, [glif_psc_parameters(glif3, i) for i in range(n_cells)]
    )
    connect_noise(nest, (ours, theirs), cells, np.random.default_rng(1))
    meters, recorders = [], []
    for population in (ours, theirs):
        meters.append(nest.Create("multimeter", params={"record_from": ["V_m"], "interval": dt_ms}))
        nest.Connect(meters[-1], population)
        recorders.append(nest.Create("spike_recorder"))
        nest.Connect(population, recorders[-1])
    nest.Simulate(DURATION_MS)

    voltages = [traces(meter, n_cells) for meter in meters]
    spikes = [
        spike_pairs(r, population) for r, population in zip(recorders, (ours, theirs), strict=True)
    ]
    assert len(spikes[0]) > 3 * n_cells
    assert len({cell for cell, _ in spikes[0]}) > 100
    assert spikes[0] == spikes[1]
    assert np.max(np.abs(voltages[0] - voltages[1])) < 1e-9


def traces(meter, n_cells) -> np.ndarray:
    events = meter.events
    order = np.lexsort((events["times"], events["senders"]))
    return events["V_m"][order].reshape(n_cells, -1)


def spike_pairs(recorder, population) -> list[tuple[int, float]]:
    events = recorder.events
    first = population[0].global_id
    return sorted(zip((events["senders"] - first).tolist(), events["times"].tolist(), strict=True))


@pytest.mark.parametrize("tau_m_ms", [5.5, 5.5 + 1e-9, 5.51, 8.5, 2.8, 10.0])
def test_equal_time_constants(simulator, module, tau_m_ms):
    """The response to one spike where tau_m (nearly) equals tau_syn or an after-spike constant."""
    nest = simulator
    nest.resolution = 0.1
    neuron = nest.Create(
        module.neuron_model,
        params={"C_m": 10.0 * tau_m_ms, "g": 10.0, "asc_tau_1": 10.0, "V_th": 0.0},
    )
    source = nest.Create("spike_generator", params={"spike_times": [1.0]})
    meter = nest.Create("multimeter", params={"record_from": ["V_m"], "interval": 0.1})
    nest.Connect(source, neuron, syn_spec={"weight": 50.0, "delay": 1.0, "receptor_type": 1})
    nest.Connect(meter, neuron)
    nest.Simulate(50.0)
    t = meter.events["times"]
    expected = -75.0 + alpha_response(
        np.maximum(t - 2.0, 0.0), 50.0, 10.0 * tau_m_ms, tau_m_ms, 5.5
    )
    np.testing.assert_allclose(meter.events["V_m"], expected, rtol=0, atol=2e-10)


def alpha_response(t_ms, weight_pA, C_m_pF, tau_m_ms, tau_syn_ms) -> np.ndarray:
    """Integral of the alpha current against the membrane's exponential, by Gauss-Legendre."""
    nodes, weights = np.polynomial.legendre.leggauss(80)
    s = t_ms[:, None] * (nodes + 1) / 2
    current = weight_pA * np.e / tau_syn_ms * s * np.exp(-s / tau_syn_ms)
    kernel = np.exp(-(t_ms[:, None] - s) / tau_m_ms) / C_m_pF
    return (current * kernel) @ weights * t_ms / 2
