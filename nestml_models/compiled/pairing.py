"""The classical pairing protocol: weight change against the relative timing of two spikes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nestml_models.build import load_nest
from nestml_models.compiled.compiled_rule import CompiledRule
from nestml_models.rule import PlasticitySettings

__all__ = ["N_PAIRINGS", "Window", "simulate_window"]

N_PAIRINGS = 60
"""Pairs of spikes, one per second (Bi & Poo 1998, doi:10.1523/JNEUROSCI.18-24-10464.1998)."""

_INTERVAL_MS = 1000.0
_FIRST_MS = 200.0
_DELAY_MS = 1.0
_FORCE = {"tau_syn_1": 0.05, "V_th": -45.0}
"""So short a synaptic current that one strong input causes one spike, in the next time step."""


@dataclass(frozen=True)
class Window:
    """Weight changes caused by pairing.

    Attributes
    ----------
    lag_ms
        Time of the postsynaptic minus that of the presynaptic spike, at the synapse; shape (n,).
    change
        By the reward prediction error delivered with the first spike of each pair: change of abs(W)
        relative to its initial value, shape (n,).
    """

    lag_ms: NDArray[np.float64]
    change: dict[float, NDArray[np.float64]]


def simulate_window(
    compiled: CompiledRule,
    pre_type: str | None = None,
    post_type: str | None = None,
    *,
    inhibitory: bool = False,
    settings: PlasticitySettings | None = None,
    largest_lag_ms: int = 80,
) -> Window:
    """Simulate 60 pairings one second apart in NEST, one synapse per lag. Resets the NEST kernel.

    Bounds and cap apply as in a network. The reward prediction error is 0; for rules with terms in
    R, also 1 and -1.

    Parameters
    ----------
    compiled
        The rule and its models.
    pre_type, post_type
        Neuron types of the rule; may be left out if it has only one.
    inhibitory
        Whether the synapse is inhibitory.
    settings
        Scales, bound and cap, for a rule without its own.
    largest_lag_ms
        Lags run from minus this to plus this, in steps of 1 ms.
    """
    lags = np.arange(-largest_lag_ms, largest_lag_ms + 1.0)
    modulated = any(each.r for each in compiled.rule.active_terms)
    types = (pre_type, post_type)
    change = {
        delta: _simulate(compiled, types, lags, inhibitory, settings, delta)
        for delta in ((-1.0, 0.0, 1.0) if modulated else (0.0,))
    }
    return Window(lags, change)


def _simulate(
    compiled: CompiledRule,
    types: tuple[str | None, str | None],
    lags_ms: NDArray[np.float64],
    inhibitory: bool,
    settings: PlasticitySettings | None,
    delta: float,
) -> NDArray[np.float64]:
    """Return the relative change at each lag."""
    nest = load_nest()
    verbosity, nest.verbosity = nest.verbosity, nest.VerbosityLevel.ERROR
    try:
        nest.ResetKernel()
        nest.set(resolution=1.0, min_delay=1.0, max_delay=2.0)
        compiled.install()
        transmitter = nest.Create(
            "volume_transmitter", params={"deliver_interval": int(_INTERVAL_MS)}
        )
        first = _FIRST_MS + _INTERVAL_MS * np.arange(N_PAIRINGS, dtype=np.float64)
        relay = _relays(nest, [first - 1.0])  # the transmitter is one step further away
        nest.Connect(relay, transmitter)
        pre = _relays(nest, [first + max(0.0, -lag) for lag in lags_ms])
        post = _driven(nest, compiled, [first + max(0.0, lag) - _DELAY_MS for lag in lags_ms])
        model = compiled.copy_model(
            "paired",
            transmitter,
            *types,
            reference_weight=1.0,
            maximum_weight=1.0,
            inhibitory=inhibitory,
            settings=settings,
            delta=delta,
        )
        sign = -1.0 if inhibitory else 1.0
        receptor = 2 if inhibitory else 1
        syn = {"synapse_model": model, "weight": sign, "delay": _DELAY_MS}
        nest.Connect(pre, post, "one_to_one", {**syn, "receptor_type": receptor})
        nest.Simulate(_INTERVAL_MS * (N_PAIRINGS + 1))
        found = nest.GetConnections(synapse_model=model).get(["source", "weight"])
        weights = np.asarray(found["weight"])[np.argsort(found["source"])]
        return sign * weights - 1.0
    finally:
        nest.ResetKernel()
        nest.verbosity = verbosity


def _relays(nest: Any, times_ms: list[NDArray[np.float64]]) -> Any:  # noqa: ANN401
    """Create parrot neurons that spike at given times."""
    generators, relays = (
        nest.Create(model, len(times_ms)) for model in ("spike_generator", "parrot_neuron")
    )
    for generator, times in zip(generators, times_ms, strict=True):
        generator.spike_times = times - 1.0
    nest.Connect(generators, relays, "one_to_one", {"delay": 1.0})
    return relays


def _driven(
    nest: Any,  # noqa: ANN401
    compiled: CompiledRule,
    times_ms: list[NDArray[np.float64]],
) -> Any:  # noqa: ANN401
    """Create neurons that a strong input makes spike at given times."""
    neurons = nest.Create(compiled.neuron_model, len(times_ms), _FORCE)
    generators = nest.Create("spike_generator", len(times_ms))
    for generator, times in zip(generators, times_ms, strict=True):
        generator.spike_times = times - 2.0  # one step of delay, one to reach threshold
    nest.Connect(
        generators, neurons, "one_to_one", {"weight": 1e6, "delay": 1.0, "receptor_type": 1}
    )
    return neurons
