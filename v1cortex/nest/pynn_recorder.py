"""PyNN's population recorder, for recordings that start at any time."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import quantities as pq

from v1cortex.errors import SimulationError
from v1cortex.nest.kernel import load_nest, load_pynn

load_pynn()

from pyNN.nest.recording import Multimeter as PyNNMultimeter  # noqa: E402
from pyNN.nest.recording import Recorder as PyNNRecorder  # noqa: E402
from pyNN.nest.recording import RecordingDevice  # noqa: E402
from pyNN.nest.recording import SpikeDetector as PyNNSpikeDetector  # noqa: E402
from pyNN.recording import Recorder as CommonRecorder  # noqa: E402


def _register(device: RecordingDevice) -> None:
    """Begin as PyNN's devices do, which also set the medium that NEST's have anyway: memory.

    Setting a parameter takes as long as creating the device.
    """
    device._all_ids, device._connected = set(), False
    device._overrun_data, device._clean = None, True
    load_pynn().simulator.state.recording_devices.append(device)


class SpikeDetector(PyNNSpikeDetector):
    """PyNN's spike recorder, which records to memory."""

    def __init__(self) -> None:
        self.device = load_nest().Create("spike_recorder")
        _register(self)


class Multimeter(PyNNMultimeter):
    """PyNN's multimeter, but created in NEST only when `wake` is called.

    In every time step, a multimeter of NEST searches all synapse models for the neurons it records,
    even if there are none. Until it is needed, a spike recorder, which does nothing, takes its
    place, so that node ids do not depend on when recordings begin.
    """

    def __init__(self) -> None:
        self.device, self._is_awake = load_nest().Create("spike_recorder"), False
        self._interval_ms: float | None = None
        self._initial_values: dict[str, dict[int, float]] = {}
        _register(self)

    @property
    def interval_ms(self) -> float:
        """Time between two samples; a multiple of the time step."""
        if self._interval_ms is None:
            self._interval_ms = float(load_pynn().simulator.state.dt)
        return self._interval_ms

    @interval_ms.setter
    def interval_ms(self, value: float) -> None:
        if self._is_awake:
            self.device.interval = value
        self._interval_ms = value

    def wake(self) -> None:
        """Create the multimeter, unless that has been done."""
        if not self._is_awake:
            parameters = {"interval": self.interval_ms, "record_to": "memory"}
            self.device, self._is_awake = load_nest().Create("multimeter", params=parameters), True


class Recorder(PyNNRecorder):
    """PyNN's recorder, with correct times for recordings started after the network has run.

    PyNN 0.13 dates every recording from the creation of the population and takes its initial value
    as the first sample. It also creates a multimeter for every population, recorded or not.
    """

    def __init__(self, population: Any, file: Any = None) -> None:  # noqa: ANN401
        self._multimeter, self._spike_detector = Multimeter(), SpikeDetector()
        CommonRecorder.__init__(self, population, file)
        self.recorded_all: defaultdict[Any, set[Any]] = defaultdict(set)

    @property
    def sampling_interval(self) -> float:
        """Time between two samples, in ms."""
        return self._multimeter.interval_ms

    @sampling_interval.setter
    def sampling_interval(self, value: float | None) -> None:
        if value is not None:
            self._multimeter.interval_ms = value

    def _reset(self) -> None:
        devices = self._simulator.state.recording_devices
        devices.remove(self._multimeter)
        devices.remove(self._spike_detector)
        self._multimeter, self._spike_detector = Multimeter(), SpikeDetector()

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
        if set(names) - {"spikes"}:
            self._multimeter.wake()
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
