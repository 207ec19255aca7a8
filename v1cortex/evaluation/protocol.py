"""Configuration models: YAML in, validated and documented settings out."""

from __future__ import annotations

import reprlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, Self, TypeVar

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PositiveFloat,
    ValidationError,
    model_validator,
)

from nestml_models.common import did_you_mean, read_yaml
from nestml_models.common import dump_yaml as yaml_text
from nestml_models.rule import PlasticitySettings
from v1cortex.errors import ConfigError, TaskError, V1CortexError
from v1cortex.nest import RECEPTORS
from v1cortex.network import PUBLISHED, population_background_pA
from v1cortex.tasks import TASKS, Task, load

Model = TypeVar("Model", bound="StrictModel")

MAX_NEURONS = 230_924
"""Cells of the full model (radius 845 um), Billeh et al. 2020."""


class StrictModel(BaseModel):
    """A frozen settings object that refuses keys it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class PlasticityConfig(StrictModel):
    """How coefficients turn into weight changes (see ``PlasticitySettings``)."""

    learning_rate: float = Field(1.0, ge=0, description="factor on all three scales")
    spike_scale: float = Field(2e-3, ge=0, description="change by a spike, in reference weights")
    trace_scale_per_ms: float = Field(1e-4, ge=0, description="change by a trace of 1 in 1 ms")
    spike_trace_scale: float = Field(5e-3, ge=0, description="change by a spike at a trace of 1")
    bound_factor: float = Field(2.0, gt=0, description="upper bound in largest initial weights")
    max_fraction: float | None = Field(
        0.1, gt=0, description="largest relative change by one update; null for no cap"
    )

    def settings(self) -> PlasticitySettings:
        """Return the settings as ``nestml_models`` takes them."""
        values = self.model_dump()
        if values["max_fraction"] is None:
            values["max_fraction"] = float("inf")
        return PlasticitySettings(**values)


class Protocol(StrictModel):
    """What one evaluation of a rule does: tasks, trials, read-out and scoring.

    The presets differ in the time line of the tasks (see ``v1cortex.tasks``) and in two settings
    that follow the preset unless they are given: ``paper`` scores by accuracy at the rule's own
    threshold, the others by the area under the ROC curve, with a threshold that is fitted on
    frozen-weight trials.
    """

    preset: Literal["clear", "paper", "mouse"] = Field(
        "clear", description="time line and stimuli, see `v1cortex.tasks.PRESETS`"
    )
    tasks: tuple[str, ...] = Field(
        ("gratings", "natural_images"),
        min_length=1,
        description="names of tasks, see `v1cortex tasks list`",
    )
    task_settings: dict[str, dict[str, Any]] = Field(
        default_factory=dict,
        description="by task: settings that replace the preset's, such as contrast or window_ms",
    )
    lgn_memory: bool = Field(
        True, description="false: each image drives the LGN as after long gray (a control)"
    )
    training_trials: int = Field(100, ge=0, description="trials with plasticity, per task (even)")
    validation_trials: int = Field(100, ge=4, description="trials without, per task (even)")
    threshold_trials: int = Field(
        40, ge=0, description="frozen-weight trials that the decision threshold is fitted on"
    )
    score: Literal["auc", "accuracy"] | None = Field(None, description="null: as the preset says")
    threshold: Literal["fitted", "rule"] | None = Field(
        None, description="null: as the preset says"
    )
    reward: Literal["correct", "hits", "shuffled"] = Field(
        "correct",
        description="which answers are rewarded: all correct ones, or detected changes; shuffled: "
        "as often as correct answers, but whatever the answer (a control)",
    )
    plastic: Literal["all", "excitatory", "inhibitory", "E->E", "E->I", "I->E"] = Field(
        "all", description="which synapses follow the rule"
    )
    analyses: tuple[Literal["linear", "decoding", "weights"], ...] = Field(
        (),
        description="what else to measure: a linear read-out of all neurons (static networks), "
        "images decoded over time, weights over training and by synapse type",
    )
    test_plasticity: bool = Field(
        False, description="true: plasticity and reward go on after training (a control)"
    )
    weight_gain: dict[str, PositiveFloat] = Field(
        default_factory=dict,
        description="factors on the initial weights of kinds of connections (a control)",
    )
    calibration: str = Field(
        "mouse-classes", description="published, mouse-classes, or a table of `calibrate`"
    )
    dt_ms: float = Field(1.0, gt=0, le=1, description="time step of the simulation")
    threads: int = Field(1, ge=1, le=64, description="NEST virtual processes")
    settling_ms: int = Field(
        500, ge=0, le=60_000, description="gray before the first trial, not scored"
    )
    pool_size: int = Field(30, ge=1, description="cells of the read-out pool")
    pool_radius_um: float = Field(
        55.0, gt=0, description="largest distance of a pool's cells from its centre"
    )
    runaway_rate_Hz: float = Field(
        100.0, gt=0, description="mean rate in one trial at which an evaluation is cut short"
    )
    plasticity: PlasticityConfig = PlasticityConfig()

    @model_validator(mode="after")
    def _even_trials(self) -> Self:
        for name in ("training_trials", "validation_trials", "threshold_trials"):
            value = getattr(self, name)
            if value % 2:
                raise ValueError(
                    f"{name} is {value}; labels are exactly balanced, so give an even number"
                )
        if len(set(self.tasks)) != len(self.tasks):
            raise ValueError(f"tasks names a domain twice: {list(self.tasks)}")
        steps = 1.0 / self.dt_ms
        if abs(steps - round(steps)) > 1e-9:
            raise ValueError(f"dt_ms is {self.dt_ms:g}; it must divide 1 ms, as 0.5, 0.25, 0.1 do")
        return self

    @model_validator(mode="after")
    def _names_are_known(self) -> Self:
        try:
            if self.calibration != PUBLISHED:
                population_background_pA(self.calibration)
            for name in self.tasks:
                if name not in TASKS:
                    known = ", ".join(TASKS)
                    raise TaskError(
                        f"tasks: no task {name!r}. {did_you_mean(name, TASKS)} Tasks: {known}"
                    )
            for name in self.task_settings:
                if name not in self.tasks:
                    raise TaskError(f"task_settings: {name!r} is not one of tasks")
            for kind in self.weight_gain:
                if kind not in RECEPTORS:
                    raise ConfigError(
                        f"weight_gain: no kind {kind!r}. {did_you_mean(kind, RECEPTORS)}"
                    )
            self._check_tasks()
        except V1CortexError as error:
            raise ValueError(str(error)) from None
        return self

    def _check_tasks(self) -> None:
        """Raise `TaskError` if a task does not fit the numbers of trials, or the others."""
        tasks = self.load_tasks()
        for task in tasks:
            if self.reward == "hits" and not task.change_detection:
                raise TaskError(
                    f"reward 'hits' is for detected changes; task {task.name} has none: use "
                    "'correct'"
                )
            for name in ("training_trials", "validation_trials", "threshold_trials"):
                if getattr(self, name):
                    task.check_trials(getattr(self, name))
        lengths_ms = {task.name: task.trial_ms for task in tasks}
        if len(set(lengths_ms.values())) > 1:
            listed = ", ".join(f"{name} {ms} ms" for name, ms in lengths_ms.items())
            raise TaskError(
                f"tasks of one protocol must have trials of one length ({listed}); evaluate them "
                "one by one"
            )

    def load_tasks(self) -> list[Task]:
        """Return the tasks, with the settings that replace the preset's."""
        return [load(name, self.preset, **self.task_settings.get(name, {})) for name in self.tasks]

    @property
    def resolved_score(self) -> Literal["auc", "accuracy"]:
        """The score, with the preset's choice where none is given."""
        return self.score or ("accuracy" if self.preset == "paper" else "auc")

    @property
    def resolved_threshold(self) -> Literal["fitted", "rule"]:
        """The threshold, with the preset's choice where none is given."""
        return self.threshold or ("rule" if self.preset == "paper" else "fitted")


def parse(model: type[Model], data: Mapping[str, Any], source: str) -> Model:
    """Validate plain data against a settings model.

    Parameters
    ----------
    model
        The settings class.
    data
        Keys and values, as read from YAML.
    source
        Where the data came from, for messages.

    Raises
    ------
    ConfigError
        If a key is unknown (the nearest known one is named) or a value is not allowed.
    """
    try:
        return model.model_validate(data)
    except ValidationError as error:
        lines = [_explain(model, detail) for detail in error.errors()]
        raise ConfigError(f"{source}: " + "\n".join(lines)) from None


def load_yaml(path: Path, model: type[Model]) -> Model:
    """Read a settings file.

    Raises
    ------
    ConfigError
        If the file is missing, is no YAML mapping, or its content is not valid.
    """
    data = read_yaml(path, ConfigError)
    if data is None:
        data = {}
    if not isinstance(data, dict):
        raise ConfigError(f"{path} must hold keys and values, not a {type(data).__name__}")
    return parse(model, data, str(path))


def dump_yaml(settings: StrictModel) -> str:
    """Return settings as YAML, every key written out."""
    return yaml_text(settings.model_dump(mode="json"))


def _explain(model: type[StrictModel], detail: Any) -> str:  # noqa: ANN401
    location = [part for part in detail["loc"] if isinstance(part, str)]
    key = ".".join(str(part) for part in detail["loc"])
    if detail["type"] == "extra_forbidden":
        known = _known_keys(model, location[:-1])
        return f"unknown key '{key}'. {did_you_mean(location[-1], known)}"
    message = detail["msg"].removeprefix("Value error, ")
    if not key:
        return str(message)
    return f"{key} = {reprlib.repr(detail['input'])}: {message[0].lower()}{message[1:]}"


def _known_keys(model: type[StrictModel], path: list[str]) -> list[str]:
    for name in path:
        field = model.model_fields.get(name)
        annotation = field.annotation if field else None
        if isinstance(annotation, type) and issubclass(annotation, StrictModel):
            model = annotation
    return list(model.model_fields)
