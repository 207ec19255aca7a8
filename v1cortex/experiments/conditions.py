"""Conditions of an experiment, and their jobs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from nestml_models.common import parse
from nestml_models.rule import Rule
from v1cortex.errors import ExperimentError
from v1cortex.evaluation import Protocol
from v1cortex.experiments.jobs import Job
from v1cortex.network import combined_gain

__all__ = ["Condition", "Setting", "check", "job_of", "single_task"]


@dataclass(frozen=True)
class Setting:
    """What the conditions of an experiment have in common.

    Parameters
    ----------
    protocol
        Tasks, trials and scoring.
    neurons
        Cells of the circuits.
    seeds
        One network, with its own stimuli and noise, for each.
    """

    protocol: Protocol
    neurons: int
    seeds: tuple[int, ...]

    def __post_init__(self) -> None:
        if not self.seeds or len(set(self.seeds)) < len(self.seeds) or min(self.seeds) < 0:
            raise ExperimentError(
                f"seeds are {list(self.seeds)}; give at least one, each once, 0 or more"
            )


@dataclass(frozen=True)
class Condition:
    """A rule under a protocol.

    Parameters
    ----------
    name
        Name in tables; unique in an experiment.
    rule
        The rule. A mapping gives one for each seed.
    changes
        Settings of the protocol that this condition replaces.
    control
        Name of the condition that it is compared with; empty for none.
    gain_of
        Name of the condition whose final mean weight of E->E connections, relative to the initial
        one, multiplies this condition's initial E->E weights, by task and seed; empty for none.
    neurons
        Cells of the circuit, if not the experiment's.
    description
        Description in one sentence.
    """

    name: str
    rule: Rule | Mapping[int, Rule]
    changes: Mapping[str, Any] = field(default_factory=dict)
    control: str = ""
    gain_of: str = ""
    neurons: int | None = None
    description: str = ""

    def rule_for(self, seed: int) -> Rule:
        """Return the rule of a seed."""
        return self.rule if isinstance(self.rule, Rule) else self.rule[seed]

    @property
    def formula(self) -> str:
        """The rule on one line."""
        return self.rule.formula() if isinstance(self.rule, Rule) else "another rule for each seed"


def single_task(protocol: Protocol, task: str) -> Protocol:
    """Return the protocol with one of its tasks; a task's result does not depend on the others."""
    settings = {name: own for name, own in protocol.task_settings.items() if name == task}
    return protocol.model_copy(update={"tasks": (task,), "task_settings": settings})


def check(conditions: Sequence[Condition]) -> None:
    """Raise `ExperimentError` if names are not unique, or refer to a missing condition."""
    names = [each.name for each in conditions]
    if len(set(names)) < len(names):
        raise ExperimentError(f"conditions must have different names; got {names}")
    for each in conditions:
        for other in (each.control, each.gain_of):
            if other and other not in names:
                raise ExperimentError(
                    f"condition '{each.name}' refers to '{other}', which is none of {names}"
                )
    matched = {each.name for each in conditions if each.gain_of}
    for each in conditions:
        if each.gain_of in matched:
            raise ExperimentError(
                f"condition '{each.name}' takes its gain from '{each.gain_of}', whose own weights "
                "are scaled; name a condition with plasticity"
            )


def job_of(
    condition: Condition, setting: Setting, task: str, seed: int, gain: Mapping[str, float]
) -> Job:
    """Return the job of a condition for a task and a seed.

    Parameters
    ----------
    condition, setting, task, seed
        What to evaluate.
    gain
        Factors on the initial weights of kinds of connections, in addition to the protocol's; empty
        for none.

    Raises
    ------
    ConfigError
        If the condition's changes are not valid settings of a protocol.
    """
    protocol, changes = single_task(setting.protocol, task), dict(condition.changes)
    if gain:
        given = changes.get("weight_gain", protocol.weight_gain)
        changes["weight_gain"] = combined_gain(given, gain)
    if changes:
        protocol = parse(Protocol, protocol.model_dump() | changes, f"condition '{condition.name}'")
    return Job(condition.rule_for(seed), protocol, condition.neurons or setting.neurons, seed)
