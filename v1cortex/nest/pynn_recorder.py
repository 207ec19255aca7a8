"""PyNN's recorder of a population, for recordings that begin at any time."""

from __future__ import annotations

from typing import Any

import quantities as pq

from v1cortex.errors import SimulationError
from v1cortex.nest.kernel import load_nest, load_pynn

load_pynn()

from pyNN.nest.recording import Recorder as PyNNRecorder  # noqa: E402


class Recorder(PyNNRecorder):
    """PyNN's recorder, with the right times for what is asked for after the network has run.

    PyNN 0.13 dates every recording from the making of the population and takes the first value
    from the population's initial ones.
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
            If the recorder runs already: PyNN connects it to its cells once.
        """
        names = [variables] if isinstance(variables, str) else list(variables)
        devices = {name: self._spike_detector if name == "spikes" else self._multimeter
                   for name in names}  # fmt: skip
        for name, device in devices.items():
            if device._connected:
                raise SimulationError(
                    f"'{name}' of {self.population.label} is being recorded since before: name all "
                    "cells and variables of a population before the network runs on"
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
