"""Results of a simulation: spikes and membrane potentials, as tables, plots, Neo and files."""

from __future__ import annotations

import html
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from nestml_models.errors import did_you_mean
from v1cortex.circuit import Circuit
from v1cortex.errors import SimulationError
from v1cortex.network import Voltages
from v1cortex.spikes import write_spikes
from v1cortex.tables import POPULATIONS
from validation.scores import compare_rates
from validation.spikes import SpikeTrains

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

__all__ = ["Simulation", "SimulationTable"]

SimulationTable = Literal["populations", "neurons", "spikes"]
"""The tables of a simulation."""


@dataclass(frozen=True, eq=False, repr=False)
class Simulation:
    """A circuit and its recording.

    Attributes
    ----------
    circuit : Circuit
        The circuit.
    spikes : SpikeTrains
        Spikes of all neurons.
    voltages : Voltages or None
        Membrane potentials, if requested.
    seed : int
        Seed of the LGN spikes and the background.
    """

    circuit: Circuit
    spikes: SpikeTrains
    voltages: Voltages | None = None
    seed: int = 1

    @property
    def duration_ms(self) -> float:
        """Length of the recording."""
        return self.spikes.duration_ms

    @property
    def rates_Hz(self) -> NDArray[np.float64]:
        """Mean firing rate of each neuron, float64[n_neurons]."""
        return self.spikes.rates_Hz()

    def to_frame(self, table: SimulationTable = "populations") -> pd.DataFrame:
        """Return firing rates or spikes as a pandas table.

        Parameters
        ----------
        table
            ``populations``, one row for each with neurons: their number, mean and median rate, the
            mouse's during drifting gratings, the Wasserstein distance between the two
            distributions (``distance_Hz``), and that between two equally large samples of the
            mouse (``floor_Hz``); NaN without data. ``neurons``: population, number of spikes, mean
            rate. ``spikes``: time, neuron, population.

        Raises
        ------
        SimulationError
            If there is no such table.
        """
        known = get_args(SimulationTable)
        if table not in known:
            raise SimulationError(
                f"a simulation has no table {table!r}. {did_you_mean(table, known)}"
            )
        if table == "populations":
            return self._populations()
        population = self.circuit.to_frame("nodes")["population"]
        if table == "spikes":
            spikes = self.spikes.to_frame()
            spikes["population"] = population.to_numpy()[self.spikes.senders]
            return spikes.astype({"population": population.dtype})
        neurons = population.to_frame()
        neurons["n_spikes"] = self.spikes.spike_counts
        neurons["rate_Hz"] = self.rates_Hz
        return neurons.rename_axis("neuron")

    def _populations(self) -> pd.DataFrame:
        import pandas as pd  # here, since most uses of a simulation do not need it

        rates = self.to_frame("neurons").groupby("population", observed=True)["rate_Hz"]
        own = pd.DataFrame(
            {"n_neurons": rates.size(), "mean_Hz": rates.mean(), "median_Hz": rates.median()}
        )
        rows = compare_rates(self.rates_Hz, self.circuit.nodes.population, POPULATIONS)
        names = ("mouse_mean_Hz", "mouse_median_Hz", "distance_Hz", "floor_Hz")
        mouse = pd.DataFrame(
            {name: [getattr(row, name) for row in rows] for name in names},
            index=[row.population for row in rows],
        )
        own.index = pd.Index(own.index.astype(str), name="population")
        return own.join(mouse)

    def to_neo(self, neurons: NDArray[np.integer[Any]] | None = None) -> Any:  # noqa: ANN401
        """Return a Neo ``Block`` with one segment: spike trains, and potentials if recorded.

        Each train is annotated with its ``neuron`` (index in the circuit) and ``population``, the
        signal in mV with its ``neurons``. Neo takes about 0.2 ms per train.

        Parameters
        ----------
        neurons
            The neurons to include; all if None.
        """
        import neo
        import quantities as pq

        segment = neo.Segment(name="simulation")
        for train in self.spikes.to_neo(neurons):
            index = self.circuit.nodes.population[train.annotations["neuron"]]
            train.annotate(population=POPULATIONS[index])
            segment.spiketrains.append(train)
        if self.voltages is not None and len(self.voltages.times_ms) > 1:
            step_ms = self.voltages.times_ms[1] - self.voltages.times_ms[0]
            signal = neo.AnalogSignal(
                self.voltages.V_m_mV * pq.mV,
                t_start=self.voltages.times_ms[0] * pq.ms,
                sampling_period=step_ms * pq.ms,
                name="V_m",
            )
            signal.array_annotate(neuron=self.voltages.neurons)
            segment.analogsignals.append(signal)
        block = neo.Block(name=repr(self.circuit)[1:-1], seed=self.seed)
        block.segments.append(segment)
        return block

    def plot_raster(
        self, path: Path | str | None = None, *, window_ms: tuple[float, float] | None = None
    ) -> Figure:
        """Draw spikes by layer above the rates of cell classes; see `v1cortex.plots.activity`.

        Parameters
        ----------
        path
            A file to write as well: .png, .svg or .pdf.
        window_ms
            The part to draw; by default the first second.
        """
        from v1cortex.plots import raster  # here, since Matplotlib takes 0.5 s

        population = self.circuit.nodes.population
        return _saved(raster(self.spikes, population, POPULATIONS, window_ms=window_ms), path)

    def plot_rates(self, path: Path | str | None = None) -> Figure:
        """Draw firing rates next to the mouse's; see `v1cortex.plots.activity`.

        Parameters
        ----------
        path
            A file to write as well: .png, .svg or .pdf.
        """
        from v1cortex.plots import rates

        return _saved(rates(self.rates_Hz, self.circuit.nodes.population, POPULATIONS), path)

    def save_spikes(self, path: Path | str) -> Path:
        """Write the spikes as a SONATA file, which `v1cortex validate` reads."""
        return write_spikes(self.spikes, Path(path))

    def __repr__(self) -> str:
        voltages = "" if self.voltages is None else f", {len(self.voltages.neurons)} V_m traces"
        return (
            f"<Simulation: {self.circuit.n_neurons:,} neurons for {self.duration_ms:g} ms, "
            f"{self.spikes.n_spikes:,} spikes, {self.rates_Hz.mean():.2f} Hz on average"
            f"{voltages}, seed {self.seed}>"
        )

    def _repr_html_(self) -> str:
        table = self.to_frame().to_html(
            float_format="{:.2f}".format, border=0, na_rep="", index_names=False
        )
        return f"<p>{html.escape(repr(self)[1:-1])}</p>\n{table}"


def _saved(picture: Figure, path: Path | str | None) -> Figure:
    if path is not None:
        from v1cortex.plots import save

        save(picture, Path(path))
    return picture
