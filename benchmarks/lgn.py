"""Firing rates of the LGN for a movie, compared with BMTK's FilterNet unit by unit.

    python benchmarks/lgn.py [--neurons 3000] [--seconds 10] [--frame-rates 30 60]

Noise movies, whose frames all differ. FilterNet computes a sample of the units for the first
second, as often as ours computes all; its time for all units and seconds is extrapolated from the
sample.
"""

import argparse
import os
import tempfile
import time

import numpy as np

CACHE = tempfile.TemporaryDirectory()
os.environ["V1CORTEX_CACHE"] = CACHE.name

from bmtk.simulator.filternet.default_setters.cell_loaders import default_cell_loader  # noqa: E402
from bmtk.simulator.filternet.lgnmodel.movie import Movie as FilterNetMovie  # noqa: E402

from v1cortex.circuit import build_circuit  # noqa: E402
from v1cortex.lgn import firing_rates_Hz  # noqa: E402
from v1cortex.lgn.filters import _Node, _temporal_parameters  # noqa: E402
from v1cortex.stimuli import Movie  # noqa: E402


class Unit(_Node):
    """A unit at its position, as read by FilterNet's cell loader."""

    def __getitem__(self, key):
        return self.at[key]


def seconds(call):
    begin = time.perf_counter()
    result = call()
    return time.perf_counter() - begin, result


def noise_movie(seconds_, frame_rate):
    n_frames = round(seconds_ * frame_rate)
    frames = np.random.default_rng(0).uniform(-1, 1, (n_frames, 120, 240)).astype(np.float32)
    step = np.arange(round(seconds_ * 1000)) * frame_rate // 1000
    return Movie(frames, step.astype(np.int16))


def filternet(circuit, movie, chosen):
    """Return the rates of some units in the movie's first second."""
    units, table = circuit.lgn_units, circuit.tables.lgn_units
    order = movie.frame_of_step[:1000]
    shown = FilterNetMovie(movie.frames[order].astype(np.float64), frame_rate=1000.0)
    rates = []
    for unit in chosen:
        kind = int(units.unit_type[unit])
        parameters = _temporal_parameters(table, kind)
        node = Unit(parameters, {}, 0.0)
        place = {"x": units.x_deg[unit], "y": units.y_deg[unit]}
        object.__setattr__(node, "at", {**place, "spatial_size": units.size_deg[unit]})
        cell = default_cell_loader(node, ("lgnmodel", table.unit[kind]), parameters)
        rates.append(np.asarray(cell.evaluate(shown, downsample=1, separable=True)[1]))
    return np.array(rates)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--neurons", type=int, default=3000)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--frame-rates", type=int, nargs="+", default=[30, 60])
    arguments = parser.parse_args()
    circuit = build_circuit(arguments.neurons, 1)
    units, tables = circuit.lgn_units, circuit.tables
    one_field = np.flatnonzero(~tables.lgn_units.orientation_tuned[units.unit_type])
    chosen = one_field[:: max(1, len(one_field) // 40)]
    print(f"{circuit.n_neurons} neurons, {len(units)} of 17,400 units reach them")
    for frame_rate in arguments.frame_rates:
        movie = noise_movie(arguments.seconds, frame_rate)
        cold, rates = seconds(lambda: firing_rates_Hz(units, tables, movie))  # noqa: B023
        cached, _ = seconds(lambda: firing_rates_Hz(units, tables, movie))  # noqa: B023
        theirs, sample = seconds(lambda: filternet(circuit, movie, chosen))  # noqa: B023
        whole = theirs * len(units) / len(chosen) * arguments.seconds
        error = np.abs(sample[:, :1000] - rates[chosen, :1000]).max()
        print(
            f"{arguments.seconds:g} s at {frame_rate} Hz: cold {cold:.2f} s, cached {cached:.3f} "
            f"s, FilterNet {whole:.0f} s ({whole / cold:.0f} x); largest difference {error:.1e} Hz"
        )


if __name__ == "__main__":
    main()
