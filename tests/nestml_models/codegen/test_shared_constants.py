"""Neurons share equal constants and keep different ones apart, whenever they are set."""

import numpy as np
import pytest


@pytest.fixture
def four(simulator, module):
    simulator.resolution = 1.0
    return simulator, simulator.Create(module.neuron_model, 4)


def voltages(nest, cells, ms=20.0):
    nest.Simulate(ms)
    return np.array(cells.get("V_m"))


def test_a_parameter_set_between_runs_changes_its_neuron_alone(four):
    nest, cells = four
    assert len(set(voltages(nest, cells))) == 1
    cells[1].set(I_e=50.0)
    changed = voltages(nest, cells)
    assert changed[1] > changed[0] + 0.1
    assert changed[0] == changed[2] == changed[3]


def test_a_parameter_set_between_prepare_and_cleanup_takes_effect(four):
    nest, cells = four
    nest.Prepare()
    nest.Run(20.0)
    cells[2].set(I_e=50.0)
    nest.Run(20.0)
    cells[2].set(I_e=0.0)
    cells[3].set(I_e=50.0)
    nest.Run(20.0)
    nest.Cleanup()
    found = np.array(cells.get("V_m"))
    assert found[0] == found[1]
    assert found[0] < found[2] < found[3]


def test_constants_follow_a_change_of_the_resolution(simulator, module):
    """Decay within a millisecond is the same, in one step or in ten."""
    found = []
    for before_ms, after_ms in ((1.0, 0.1), (0.1, 1.0), (0.1, 0.1)):
        simulator.ResetKernel()
        simulator.resolution = before_ms
        module.install()
        simulator.resolution = after_ms
        cell = simulator.Create(module.neuron_model, 1, {"V_m": -60.0})
        found.append(float(voltages(simulator, cell, 5.0)))
    assert found[0] == found[2]
    assert found[1] == pytest.approx(found[0], rel=1e-12)


def test_a_current_that_begins_late_arrives(four):
    nest, cells = four
    current = nest.Create("dc_generator", params={"amplitude": 50.0, "start": 40.0, "stop": 60.0})
    nest.Connect(current, cells[:1])
    before = voltages(nest, cells, 40.0)
    during = voltages(nest, cells, 20.0)
    after = voltages(nest, cells, 400.0)
    assert before[0] == before[1]
    assert during[0] > during[1] + 0.1
    assert after[0] == pytest.approx(after[1], abs=1e-6)
