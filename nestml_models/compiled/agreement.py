"""Check that a specialised synapse model does the same as the general one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nestml_models.build import load_nest
from nestml_models.compiled.compiled_rule import CompiledRule, compile_rule
from nestml_models.errors import CompilationError
from nestml_models.rule import PlasticitySettings

__all__ = ["TOLERANCE", "Agreement", "compare_with_general"]

TOLERANCE = 1e-10
"""Largest difference between two weights, relative to the mean initial one, counted as rounding."""

_N_PER_TYPE = 10
_MAX_PAIRS = 64
"""Maximum number of synapse types in the network; NEST allows 511 synapse models in all."""

_PROBABILITY = 0.3
_MEAN_PA = 20.0
_DURATION_MS, _INTERVAL_MS = 1000.0, 100
_REWARDS_MS = (130.0, 420.0, 770.0)
_DELTA = 0.7
_BACKGROUND = {"background_rate": 2000.0, "background_weight_1": 5.5}
"""Makes the neuron with its default parameters (rheobase 150 pA) fire at about 20 Hz."""


@dataclass(frozen=True)
class Agreement:
    """The result of comparing two simulations of the same network.

    Attributes
    ----------
    n_synapses, n_changed
        Number of synapses, and number of those whose weight has changed.
    n_spikes
        Number of spikes.
    same_spikes
        Whether both simulations have exactly the same spikes.
    difference
        Largest difference between two weights, relative to the mean initial one.
    """

    n_synapses: int
    n_changed: int
    n_spikes: int
    same_spikes: bool
    difference: float

    @property
    def ok(self) -> bool:
        """Whether spikes are equal and weights agree up to rounding."""
        return self.same_spikes and self.difference < TOLERANCE


def compare_with_general(compiled: CompiledRule, seed: int = 1) -> Agreement:
    """Simulate a random recurrent network with the specialised and the general model.

    Ten neurons of each type, connected with probability 0.3, random weights and delays; every other
    type is inhibitory. Rules with many types are tested on 64 random pairs of types. Resets
    the NEST kernel.

    Parameters
    ----------
    compiled
        A rule with its specialised model.
    seed
        Seed of the network.

    Raises
    ------
    CompilationError
        If spikes differ, or weights by more than rounding.
    """
    general = compile_rule(compiled.rule, specialised=False)
    (ours, spikes, initial), (others, other_spikes, _) = (
        _simulate(each, seed) for each in (compiled, general)
    )
    same = all(map(np.array_equal, spikes, other_spikes))
    result = Agreement(
        n_synapses=len(ours),
        n_changed=int(np.count_nonzero(ours != initial)),
        n_spikes=len(spikes[0]),
        same_spikes=same,
        difference=float(np.max(np.abs(ours - others), initial=0.0)) / _MEAN_PA,
    )
    if not result.ok:
        raise CompilationError(
            f"{compiled.synapse_model} disagrees with the general model: weights differ by "
            f"{result.difference:.1e} of the mean weight, spikes "
            f"{'are equal' if same else 'differ'}. Do not use it, and report this rule: "
            f"{compiled.rule.formula()}"
        )
    return result


_Spikes = tuple[NDArray[np.float64], NDArray[np.int64]]


def _simulate(
    compiled: CompiledRule, seed: int
) -> tuple[NDArray[np.float64], _Spikes, NDArray[np.float64]]:
    """Return final weights, spikes (times, senders) and initial weights."""
    nest = load_nest()
    verbosity, nest.verbosity = nest.verbosity, nest.VerbosityLevel.ERROR
    try:
        nest.ResetKernel()
        nest.set(resolution=1.0, rng_seed=seed, min_delay=1.0, max_delay=6.0)
        compiled.install()
        n_types = len(compiled.rule.types)
        neurons = nest.Create(compiled.neuron_model, n_types * _N_PER_TYPE, _BACKGROUND)
        recorder = nest.Create("spike_recorder")
        nest.Connect(neurons, recorder)
        transmitter = _reward(nest)
        rng = np.random.default_rng(seed)
        initial = [
            _connect(nest, compiled, pair, transmitter, np.asarray(neurons.tolist()), rng)
            for pair in _pairs(n_types, rng)
        ]
        nest.Simulate(_DURATION_MS)
        weights = [
            np.atleast_1d(nest.GetConnections(synapse_model=name).weight) for name, _ in initial
        ]
        events = recorder.events
        order = np.lexsort((events["senders"], events["times"]))
        spikes = (events["times"][order], events["senders"][order])
        return np.concatenate(weights), spikes, np.concatenate([w for _, w in initial])
    finally:
        nest.ResetKernel()
        nest.verbosity = verbosity


def _reward(nest: Any) -> Any:  # noqa: ANN401
    """Create the volume transmitter and the spikes that deliver reward."""
    transmitter = nest.Create("volume_transmitter", params={"deliver_interval": _INTERVAL_MS})
    source = nest.Create("spike_generator", params={"spike_times": _REWARDS_MS})
    relay = nest.Create("parrot_neuron")
    nest.Connect(source, relay)
    nest.Connect(relay, transmitter)
    return transmitter


def _pairs(n_types: int, rng: np.random.Generator) -> list[tuple[int, int]]:
    """Return all pairs of types, or a random sample where there are many."""
    chosen = rng.permutation(n_types * n_types)[:_MAX_PAIRS]
    return [(int(each) // n_types, int(each) % n_types) for each in np.sort(chosen)]


def _connect(
    nest: Any,  # noqa: ANN401
    compiled: CompiledRule,
    pair: tuple[int, int],
    transmitter: Any,  # noqa: ANN401
    ids: NDArray[np.int64],
    rng: np.random.Generator,
) -> tuple[str, NDArray[np.float64]]:
    """Connect two types; return the model and the initial weights in NEST's order."""
    pre, post = pair
    inhibitory = pre % 2 == 1
    name = compiled.copy_model(
        f"plastic_{pre}_{post}",
        transmitter,
        compiled.rule.types[pre],
        compiled.rule.types[post],
        reference_weight=_MEAN_PA,
        maximum_weight=2 * _MEAN_PA,
        inhibitory=inhibitory,
        settings=PlasticitySettings(learning_rate=3.0),
        delta=_DELTA,
    )
    source, target = np.nonzero(rng.random((_N_PER_TYPE, _N_PER_TYPE)) < _PROBABILITY)
    if len(source) == 0:
        source = target = np.zeros(1, dtype=np.int64)
    weight = rng.uniform(0.0, 2 * _MEAN_PA, len(source)) * (-1 if inhibitory else 1)
    nest.Connect(
        ids[pre * _N_PER_TYPE + source],
        ids[post * _N_PER_TYPE + target],
        "one_to_one",
        {
            "synapse_model": name,
            "weight": weight,
            "delay": rng.integers(1, 6, len(source)).astype(float),
            "receptor_type": np.full(len(source), 2 if inhibitory else 1),
        },
    )
    return name, weight
