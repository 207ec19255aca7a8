"""Spike trains converted to and from Neo, NEST's events and pandas."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import numpy.typing as npt

from validation.errors import StatisticsError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Convertible"]


class Convertible(ABC):
    """Conversions of `validation.spikes.SpikeTrains` to and from other libraries' objects."""

    times_ms: npt.NDArray[np.float64]
    senders: npt.NDArray[np.int32]
    n_neurons: int
    duration_ms: float
    start_ms: float

    @classmethod
    @abstractmethod
    def from_events(
        cls,
        times_ms: npt.ArrayLike,
        senders: npt.ArrayLike,
        n_neurons: int,
        duration_ms: float,
        start_ms: float = 0.0,
    ) -> Self:
        """Take events in any order; see `validation.spikes.SpikeTrains.from_events`."""

    @abstractmethod
    def train_ms(self, neuron: int) -> npt.NDArray[np.float64]:
        """Return the spike times of one neuron in ms."""

    @abstractmethod
    def check_neurons(self, neurons: npt.ArrayLike) -> npt.NDArray[np.int64]:
        """Return neuron indices."""

    def to_frame(self) -> pd.DataFrame:
        """Return a pandas table with a row for each spike: ``time_ms`` and ``neuron``."""
        import pandas as pd

        return pd.DataFrame(
            {"time_ms": self.times_ms, "neuron": self.senders},
            index=pd.RangeIndex(len(self.times_ms), name="spike"),
        )

    def to_neo(self, neurons: npt.ArrayLike | None = None) -> list[Any]:
        """Return the trains of some neurons, or of all, as Neo ``SpikeTrain`` objects in ms.

        Neo takes about 0.2 ms per train: for a large network, pass a sample.
        """
        import neo  # here, since it takes 0.5 s and most statistics do not need it
        import quantities as pq

        stop_ms = self.start_ms + self.duration_ms
        chosen = self.check_neurons(np.arange(self.n_neurons) if neurons is None else neurons)
        return [
            neo.SpikeTrain(
                np.clip(self.train_ms(int(neuron)), self.start_ms, stop_ms) * pq.ms,
                t_start=self.start_ms * pq.ms,
                t_stop=stop_ms * pq.ms,
                neuron=int(neuron),
            )
            for neuron in chosen
        ]

    @classmethod
    def from_neo(cls, trains: Any) -> Self:  # noqa: ANN401
        """Return the spikes of Neo trains, one neuron for each train, in their order.

        Parameters
        ----------
        trains
            ``SpikeTrain`` objects, a ``Segment``, or a ``Block`` with one segment; in any unit of
            time, all with the same start and stop.

        Raises
        ------
        StatisticsError
            There is no train, or they come from different recordings.
        """
        return cls.from_events(*_events_of_neo(trains))

    def to_nest(self, node_ids: npt.ArrayLike | None = None) -> dict[str, Any]:
        """Return the spikes in the form of a NEST recorder's ``events``.

        Parameters
        ----------
        node_ids
            NEST id of each neuron, or the ``NodeCollection``; by default 1, 2, ...

        Returns
        -------
        events
            ``senders`` (NEST ids, int64[n_spikes]) and ``times`` (ms, float64[n_spikes]).

        Raises
        ------
        StatisticsError
            There are more or fewer `node_ids` than neurons.
        """
        ids = _nest_ids(self.n_neurons if node_ids is None else node_ids)
        if len(ids) != self.n_neurons:
            raise StatisticsError(f"{len(ids)} node_ids for {self.n_neurons} neurons")
        return {"senders": ids[self.senders], "times": np.array(self.times_ms)}

    @classmethod
    def from_nest(
        cls,
        events: Mapping[str, Any],
        node_ids: npt.ArrayLike | int,
        duration_ms: float,
        start_ms: float = 0.0,
    ) -> Self:
        """Return the spikes of a NEST recorder's ``events``.

        Parameters
        ----------
        events
            ``senders`` and ``times`` (ms).
        node_ids
            NEST ids of all recorded neurons, including silent ones, or their ``NodeCollection``:
            the first is neuron 0. A number n stands for the ids 1 to n.
        duration_ms, start_ms
            As in the class.

        Raises
        ------
        StatisticsError
            A sender is not in `node_ids`, or a time is outside the recording.
        """
        return cls.from_events(*_events_of_nest(events, node_ids), duration_ms, start_ms)


def _events_of_neo(
    source: Any,  # noqa: ANN401
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64], int, float, float]:
    """Return times, senders, number of neurons, duration and start of Neo trains."""
    trains = _trains_of(source)
    spans = {(_ms(train.t_start), _ms(train.t_stop)) for train in trains}
    if len(spans) != 1:
        listed = ", ".join(f"{start:g} to {stop:g} ms" for start, stop in sorted(spans)[:3])
        raise StatisticsError(
            f"the Neo trains come from different recordings ({listed}); cut them to one time with "
            "SpikeTrain.time_slice"
        )
    ((start_ms, stop_ms),) = spans
    times = [np.asarray(train.rescale("ms").magnitude, dtype=np.float64) for train in trains]
    senders = np.repeat(np.arange(len(trains)), [len(each) for each in times])
    return np.concatenate(times), senders, len(trains), stop_ms - start_ms, start_ms


def _events_of_nest(
    events: Mapping[str, Any], node_ids: npt.ArrayLike | int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64], int]:
    """Return times, senders (as indices into the nodes) and the number of nodes."""
    missing = [name for name in ("senders", "times") if name not in events]
    if missing:
        raise StatisticsError(
            f"NEST's events need senders and times; {' and '.join(missing)} missing among "
            f"{', '.join(events) or 'none'}"
        )
    ids = _nest_ids(node_ids)
    given = np.asarray(events["senders"], dtype=np.int64)
    order = np.argsort(ids)
    place = np.minimum(np.searchsorted(ids[order], given), max(len(ids) - 1, 0))
    known = ids[order][place] == given if len(ids) else np.zeros(given.shape, dtype=bool)
    if not np.all(known):
        wrong = int(given[~known][0])
        raise StatisticsError(
            f"NEST node {wrong} sent a spike but is not among the {len(ids)} recorded nodes"
            + (f", {ids.min()} to {ids.max()}" if len(ids) else "")
        )
    return np.asarray(events["times"], dtype=np.float64), order[place], len(ids)


def _trains_of(source: Any) -> Sequence[Any]:  # noqa: ANN401
    """Return the trains of a Neo block with one segment, of a segment, or of a sequence."""
    if hasattr(source, "segments"):
        if len(source.segments) != 1:
            raise StatisticsError(
                f"the Neo block has {len(source.segments)} segments; pass one of them"
            )
        source = source.segments[0]
    trains = list(getattr(source, "spiketrains", source))
    if not trains:
        raise StatisticsError("no Neo spike train is given: the length of the recording is unknown")
    return trains


def _ms(time: Any) -> float:  # noqa: ANN401
    return float(time.rescale("ms"))


def _nest_ids(node_ids: npt.ArrayLike | int) -> npt.NDArray[np.int64]:
    """Return NEST ids; for a number n, 1 to n, as NEST numbers its nodes."""
    if isinstance(node_ids, int | np.integer):
        return np.arange(1, int(node_ids) + 1, dtype=np.int64)
    # A NodeCollection gives its ids as a list.
    listed = node_ids.tolist() if hasattr(node_ids, "tolist") else node_ids
    ids = np.asarray(listed, dtype=np.int64).reshape(-1)
    if np.unique(ids).size != ids.size:
        raise StatisticsError("a NEST node is named twice in node_ids")
    return ids
