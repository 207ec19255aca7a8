"""Pages of simulations and of spikes compared with the mouse's: complete and self-contained."""

from dataclasses import replace

import numpy as np
import pytest
from packed_pages import assert_alone, packed_data
from sample_pages import page_of_simulation, page_of_validation, poisson

from v1cortex.pages.activity import MAX_SPIKES, raster_figure


def test_a_simulation_has_its_figures_methods_and_settings(small_circuit):
    simulated = page_of_simulation(small_circuit)
    figures = {each["id"]: each for each in packed_data(simulated)["figures"]}
    assert {"raster", "rates", "psth-0"} <= set(figures)
    assert sum(len(each["x"]) for each in figures["raster"]["traces"]) > 500
    boxes = figures["rates"]["traces"]
    assert len({round(each["y"][0]) for each in boxes if each["name"] == "model"}) == len(
        np.unique(small_circuit.nodes.population)
    )
    for part in (
        "drifting &lt;grating&gt;", "v1cortex simulate circuit --seed 7", "Billeh et al. 2020",
        "of 4 cycles (noisy: fewer than 10)", "Left out, fewer than 5 cells", "nest-simulator",
    ):  # fmt: skip
        assert part in simulated, part
    assert_alone(simulated)


@pytest.mark.parametrize("excitatory", [True, False])
def test_spikes_next_to_the_mouse_s(small_circuit, excitatory):
    def without_curve(found):  # as of a recording of interneurons
        return replace(found, runs=(replace(found.runs[0], fano_curve=()),))

    page = page_of_validation(small_circuit, *([] if excitatory else [without_curve]))
    figures = {each["id"]: each for each in packed_data(page)["figures"]}
    assert {"distances", "rates", "variability", "raster"} <= set(figures)
    assert ("fano" in figures) == excitatory
    assert ("No population Fano factor" in page) == (not excitatory)
    assert "an &lt;assumption&gt;" in page
    assert_alone(page)


def test_a_raster_of_a_runaway_network_is_still_small():
    trains = poisson(250, 200.0, 1000.0)
    figure = raster_figure(trains, np.zeros(250, dtype=np.int8), ("all",))
    assert 1000 < sum(len(each["x"]) for each in figure.traces) <= MAX_SPIKES
