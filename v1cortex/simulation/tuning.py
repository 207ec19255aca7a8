"""Orientation and direction tuning of model neurons, measured as in the mouse.

Drifting gratings of eight directions at the contrast and spatial frequency of the Allen Brain
Observatory (Siegle et al. 2021, Nature 592:86), 2 s each, in random order with gray in between.
They drift at 2 Hz; the mouse's indices are at each unit's best of five frequencies. Indices from
few spikes are biased upwards: `Tuning.chance_osi` is the OSI of the same responses with shuffled
directions.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from v1cortex.circuit import Circuit
from v1cortex.errors import StimulusError
from v1cortex.network import Calibration
from v1cortex.simulation.simulation import simulate
from v1cortex.stimuli import Movie, drifting_grating, gray_frame
from validation.reference import Reference, load_reference
from validation.spikes import SpikeTrains
from validation.tuning import (
    direction_selectivity,
    orientation_selectivity,
    preferred_direction_deg,
    preferred_orientation_deg,
    tuning_curves,
)

if TYPE_CHECKING:
    import pandas as pd

FloatArray = NDArray[np.float64]

DIRECTIONS_DEG = tuple(np.arange(0.0, 360.0, 45.0).tolist())
CONTRAST, SPATIAL_FREQUENCY_CPD, TEMPORAL_FREQUENCY_HZ = 0.8, 0.04, 2.0
GRATING_MS = 2000
GRAY_MS = 500
"""Gray between gratings (*choice*; 1 s in the mouse)."""
LOWEST_RATE_HZ = 0.5
"""Neurons below this rate are not compared: their indices are mostly chance (*choice*)."""


@dataclass(frozen=True, eq=False)
class Tuning:
    """Tuning of all neurons of a circuit.

    Attributes
    ----------
    directions_deg : float64[d]
        Directions shown.
    curves_Hz : float64[n_neurons, d]
        Mean rate during each.
    chance_osi : float64[n_neurons]
        OSI of the same trials with shuffled directions.
    """

    directions_deg: FloatArray
    curves_Hz: FloatArray
    chance_osi: FloatArray

    @property
    def osi(self) -> FloatArray:
        """Global orientation selectivity, float64[n_neurons]."""
        return orientation_selectivity(self.curves_Hz, self.directions_deg)

    @property
    def dsi(self) -> FloatArray:
        """Global direction selectivity, float64[n_neurons]."""
        return direction_selectivity(self.curves_Hz, self.directions_deg)

    @property
    def preferred_direction_deg(self) -> FloatArray:
        """Preferred direction, float64[n_neurons]."""
        return preferred_direction_deg(self.curves_Hz, self.directions_deg)

    @property
    def preferred_orientation_deg(self) -> FloatArray:
        """Preferred axis of motion in [0, 180), float64[n_neurons]."""
        return preferred_orientation_deg(self.curves_Hz, self.directions_deg)

    @property
    def firing(self) -> NDArray[np.bool_]:
        """Whether each neuron fires enough to be compared, bool[n_neurons]."""
        return np.asarray(self.curves_Hz.mean(axis=1) >= LOWEST_RATE_HZ)

    def to_frame(self) -> pd.DataFrame:
        """Return a pandas table with a row for each neuron.

        Returns
        -------
        frame
            Indexed by ``neuron``: mean rate over directions, OSI, the OSI of shuffled directions,
            DSI, preferred direction and preferred axis of motion.
        """
        import pandas as pd

        columns = {
            "rate_Hz": self.curves_Hz.mean(axis=1),
            "osi": self.osi,
            "chance_osi": self.chance_osi,
            "dsi": self.dsi,
            "preferred_direction_deg": self.preferred_direction_deg,
            "preferred_orientation_deg": self.preferred_orientation_deg,
        }
        return pd.DataFrame(columns, index=pd.RangeIndex(len(self.osi), name="neuron"))


@dataclass(frozen=True)
class TuningRow:
    """Tuning of one population compared with the mouse's; angles against the assigned direction.

    If preferences are random, axes differ by 45 deg on average and directions by 90 deg.

    Attributes
    ----------
    population
        Its name.
    n_firing, n_neurons
        Number of neurons that fire enough to have tuning, and of all neurons.
    osi_median, dsi_median
        Medians of the global indices.
    chance_osi_median
        Median OSI with shuffled directions.
    mouse_osi_median, mouse_dsi_median
        The mouse's medians; NaN without data.
    axis_difference_deg, direction_difference_deg
        Mean differences from the assigned axis and direction.
    """

    population: str
    n_firing: int
    n_neurons: int
    osi_median: float
    chance_osi_median: float
    mouse_osi_median: float
    dsi_median: float
    mouse_dsi_median: float
    axis_difference_deg: float
    direction_difference_deg: float


def measure_tuning(
    circuit: Circuit,
    *,
    repeats: int = 5,
    seed: int = 1,
    threads: int = 1,
    dt_ms: float = 1.0,
    calibration: str | Calibration = "mouse-classes",
    report: Callable[[str, float], None] | None = None,
) -> Tuning:
    """Show drifting gratings and compute every neuron's tuning.

    Parameters
    ----------
    circuit
        The circuit.
    repeats
        Number of trials per direction.
    seed, threads, dt_ms, calibration, report
        As for `v1cortex.simulation.simulation.simulate`.

    Raises
    ------
    StimulusError
        If the run was interrupted before all directions had been shown once.
    """
    shown = order_of_directions(repeats, seed)
    recording = simulate(
        circuit,
        tuning_movie(shown),
        seed=seed,
        threads=threads,
        dt_ms=dt_ms,
        calibration=calibration,
        report=report,
    )
    return tuning_of(recording.spikes, shown, seed)


def order_of_directions(repeats: int, seed: int) -> NDArray[np.int64]:
    """Return the index of each trial's direction: rounds of all, each in random order."""
    rng = np.random.default_rng(np.random.SeedSequence(seed).spawn(3)[2])
    return np.concatenate([rng.permutation(len(DIRECTIONS_DEG)) for _ in range(repeats)])


def tuning_movie(shown: NDArray[np.int64]) -> Movie:
    """Return the movie of the directions with indices `shown`, each preceded by gray."""
    cycles = [
        drifting_grating(
            direction,
            GRATING_MS,
            contrast=CONTRAST,
            spatial_frequency_cpd=SPATIAL_FREQUENCY_CPD,
            temporal_frequency_Hz=TEMPORAL_FREQUENCY_HZ,
        )
        for direction in DIRECTIONS_DEG
    ]
    first = np.cumsum([1, *(len(cycle.frames) for cycle in cycles)])
    gray = np.zeros(GRAY_MS, dtype=np.int64)
    order = [np.concatenate([gray, first[index] + cycles[index].frame_of_step]) for index in shown]
    frames = np.concatenate([gray_frame()[None], *(cycle.frames for cycle in cycles)])
    return Movie(frames, np.concatenate(order).astype(np.int16))


def trial_starts_ms(n_trials: int) -> FloatArray:
    """Return the onset of each trial's grating in `tuning_movie`."""
    starts_ms = np.arange(n_trials) * float(GRAY_MS + GRATING_MS) + GRAY_MS
    return np.asarray(starts_ms, dtype=np.float64)


def tuning_of(spikes: SpikeTrains, shown: NDArray[np.int64], seed: int) -> Tuning:
    """Compute tuning from the spikes during `tuning_movie`.

    Parameters
    ----------
    spikes
        The spikes; of an interrupted run, only whole rounds of all directions are used.
    shown
        Index of the direction of each trial.
    seed
        Seed of the shuffled directions, for the chance level.

    Raises
    ------
    StimulusError
        If not all directions were shown once.
    """
    trial_ms = GRAY_MS + GRATING_MS
    n = len(DIRECTIONS_DEG)
    n_trials = int(spikes.duration_ms // trial_ms) // n * n
    if not n_trials:
        raise StimulusError(
            f"tuning needs each of {n} directions once, {n * trial_ms / 1000:g} s; only "
            f"{spikes.duration_ms / 1000:g} s were simulated"
        )
    starts_ms = spikes.start_ms + trial_starts_ms(n_trials)
    responses_Hz = spikes.responses_Hz(starts_ms, GRATING_MS)
    of_trial = np.array(DIRECTIONS_DEG)[shown[:n_trials]]
    directions_deg, curves_Hz = tuning_curves(responses_Hz, of_trial)
    rng = np.random.default_rng(np.random.SeedSequence(seed).spawn(4)[3])
    _, shuffled_Hz = tuning_curves(responses_Hz, rng.permutation(of_trial))
    return Tuning(directions_deg, curves_Hz, orientation_selectivity(shuffled_Hz, directions_deg))


def compare_tuning(
    tuning: Tuning, circuit: Circuit, reference: Reference | None = None
) -> list[TuningRow]:
    """Compare each population's tuning with the mouse's and with its assigned directions."""
    reference = reference or load_reference()
    rows = []
    for name in circuit.tables.populations.population:
        cells = circuit.population_slice(name)
        members = np.arange(cells.start, cells.stop)
        chosen = members[tuning.firing[cells]]
        if not len(chosen):
            continue
        assigned_deg = circuit.nodes.preferred_direction_deg[chosen]
        axis = _difference_deg(tuning.preferred_orientation_deg[chosen], assigned_deg, 180.0)
        direction = _difference_deg(tuning.preferred_direction_deg[chosen], assigned_deg, 360.0)
        rows.append(
            TuningRow(
                population=name,
                n_firing=len(chosen),
                n_neurons=len(members),
                osi_median=float(np.median(tuning.osi[chosen])),
                chance_osi_median=float(np.nanmedian(tuning.chance_osi[chosen])),
                mouse_osi_median=_mouse_median(reference, name, "osi"),
                dsi_median=float(np.median(tuning.dsi[chosen])),
                mouse_dsi_median=_mouse_median(reference, name, "dsi"),
                axis_difference_deg=float(axis.mean()),
                direction_difference_deg=float(direction.mean()),
            )
        )
    return rows


def _mouse_median(reference: Reference, population: str, quantity: str) -> float:
    if population not in reference.populations(quantity):
        return float("nan")
    return float(reference.row(population, quantity).quantile(0.5))


def _difference_deg(a_deg: FloatArray, b_deg: FloatArray, period_deg: float) -> FloatArray:
    difference = np.mod(a_deg - b_deg, period_deg)
    return np.asarray(np.minimum(difference, period_deg - difference))
