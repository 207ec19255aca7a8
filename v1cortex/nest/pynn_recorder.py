"""PyNN's population recorder, for recordings that start at any time."""

from __future__ import annotations

from typing import Any

import quantities as pq

from v1cortex.errors import SimulationError
from v1cortex.nest.kernel import load_nest, load_pynn

load_pynn()

from pyNN.nest.recording import Recorder as PyNNRecorder  # noqa: E402


class Recorder(PyNNRecorder):
    """PyNN's recorder, with correct times for recordings started after the network has run.

    PyNN 0.13 dates every recording from the creation of the population and takes its initial value
    as the first sample.
    """

    def record(
        self,
        variables: Any,  # noqa: ANN401
        ids: Any,  # noqa: ANN401
        sampling_interval: float | None = None,
        locations: Any = None,  # noqa: ANN401
    ) -> None:
        """Record variables of some cells from now on.

        Raises
        ------
        SimulationError
            If the recorder is already running: PyNN connects it to its cells only once.
        """
        names = [variables] if isinstance(variables, str) else list(variables)
        devices = {name: self._spike_detector if name == "spikes" else self._multimeter
                   for name in names}  # fmt: skip
        for name, device in devices.items():
            if device._connected:
                raise SimulationError(
                    f"'{name}' of {self.population.label} is already being recorded: choose all "
                    "cells and variables of a population before the network runs further"
                )
        if not self.recorded:
            self._begin_now([name for name in names if name != "spikes"], ids)
        super().record(variables, ids, sampling_interval, locations)

    def _begin_now(self, names: list[str], ids: Any) -> None:  # noqa: ANN401
        now_ms = self._simulator.state.t_kernel
        self._recording_start_time = now_ms * pq.ms
        if not now_ms or not names:
            return
        own = sorted(int(each) for each in ids if each.local)
        if not own:
            return
        cells = load_nest().NodeCollection(own)
        for name in names:
            values = cells.get(name)
            values = values if isinstance(values, tuple) else (values,)
            self._multimeter._initial_values[name] = dict(zip(cells.tolist(), values, strict=True))
