"""The settings of an evaluation, read from YAML and validated."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, Self, TypeVar

from pydantic import Field, PositiveFloat, ValidationInfo, field_validator, model_validator

from nestml_models.common import StrictModel, anchored, parse, read_yaml
from nestml_models.common import dump_yaml as yaml_text
from nestml_models.errors import did_you_mean
from v1cortex.errors import ConfigError, TaskError, V1CortexError
from v1cortex.evaluation.task_result import READOUT_NAMES, SCORE_NAMES
from v1cortex.network import (
    PUBLISHED,
    SHIPPED,
    BuildSettings,
    check_gain,
    fitted_synapses,
    population_background_pA,
    take_if_not_given,
)
from v1cortex.tasks import TASKS, Task, load

Model = TypeVar("Model", bound=StrictModel)
Analysis = Literal["linear", "decoding", "readouts", "adaptation", "weights"]


class TrialSettings(StrictModel):
    """Tasks, numbers of trials, rewards and measurements."""

    preset: Literal["clear", "clear90", "paper", "mouse"] = Field(
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
        True, description="false: each image drives the LGN as after a long gray screen (a control)"
    )
    training_trials: int = Field(100, ge=0, description="trials with plasticity, per task (even)")
    validation_trials: int = Field(100, ge=4, description="trials without, per task (even)")
    threshold_trials: int = Field(
        40, ge=0, description="frozen-weight trials for fitting the decision threshold"
    )
    score: Literal["auc", "accuracy"] | None = Field(None, description="null: as in the preset")
    threshold: Literal["fitted", "rule"] | None = Field(None, description="null: as in the preset")
    readout: Literal["pool", "pools", "all"] = Field(
        "pool",
        description="cells whose AUC is the score of change detection: the answering pool, as many "
        "disjoint pools as fit (the mean of their AUCs), or all L5 E cells; the answer in training "
        "is always the pool's",
    )
    reward: Literal["correct", "hits", "shuffled"] = Field(
        "correct",
        description="which answers are rewarded: all correct ones, or detected changes; shuffled: "
        "as often as correct answers, but regardless of the answer (a control)",
    )
    analyses: tuple[Analysis, ...] = Field(
        (),
        description="what else to measure: a linear read-out of all neurons (static networks), "
        "images decoded over time, additional read-outs (several pools, all L5 E cells, each image "
        "on its own), adaptation (responses to repeats, omissions and after gaps, shown after the "
        "test), weights over training and by synapse type",
    )
    test_plasticity: bool = Field(
        False, description="true: plasticity and reward continue after training (a control)"
    )
    weight_gain: dict[str, PositiveFloat] = Field(
        default_factory=dict,
        description="factors on the initial weights by pair of neuron types or groups of them, "
        "such as `E->E`, `L4_E->Pvalb` or `L4_E->L23_Pvalb`; where pairs overlap, factors "
        "multiply; if not given, those that the calibration was fitted with",
    )
    tested_weights: Literal["learned", "type_means", "shuffled", "cell_sums"] = Field(
        "learned",
        description="weights after training: those learned, or, as a control, the initial ones "
        "scaled to the learned mean of each synapse type (type_means) or sum of each cell and type "
        "(cell_sums), or the learned changes shuffled among the synapses of a type (shuffled)",
    )
    calibration: str = Field(
        "mouse-classes",
        description="published, mouse-classes, or a table of `calibrate`; mouse-classes-rat and "
        "mouse-classes-table bring short_term (`rat`, `table`) and weight_gain",
    )


class Protocol(BuildSettings, TrialSettings):
    """The protocol of an evaluation: tasks, trials, read-out and scoring.

    The presets differ in the time line of the tasks (see ``v1cortex.tasks``) and in the defaults of
    two settings: ``paper`` scores by accuracy at the rule's own threshold, the others by the area
    under the ROC curve, with a threshold fitted on frozen-weight trials.
    """

    settling_ms: int = Field(
        500, ge=0, le=60_000, description="gray before the first trial, not scored"
    )
    pool_size: int = Field(30, ge=1, description="number of cells in a read-out pool")
    pool_radius_um: float = Field(
        55.0, gt=0, description="largest distance of a pool's cells from its centre"
    )
    runaway_rate_Hz: float = Field(
        100.0, gt=0, description="mean rate in one trial at which an evaluation is cut short"
    )

    @field_validator("calibration", mode="after")
    @classmethod
    def _anchor_calibration(cls, value: str, info: ValidationInfo) -> str:
        return anchored(value, info, SHIPPED)

    @field_validator("task_settings", mode="after")
    @classmethod
    def _anchor_folders(
        cls, value: dict[str, dict[str, Any]], info: ValidationInfo
    ) -> dict[str, dict[str, Any]]:
        return {
            task: {
                key: anchored(str(setting), info) if key == "folder" and setting else setting
                for key, setting in own.items()
            }
            for task, own in value.items()
        }

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
        return self

    @model_validator(mode="after")
    def _names_are_known(self) -> Self:
        try:
            if self.calibration != PUBLISHED:
                population_background_pA(self.calibration)
            fitted = fitted_synapses(self.calibration)
            take_if_not_given(self, ("short_term", "weight_gain"), fitted)
            for name in self.tasks:
                if name not in TASKS:
                    known = ", ".join(TASKS)
                    raise TaskError(
                        f"tasks: no task {name!r}. {did_you_mean(name, TASKS)} Tasks: {known}"
                    )
            for name in self.task_settings:
                if name not in self.tasks:
                    raise TaskError(f"task_settings: {name!r} is not one of tasks")
            check_gain(self.weight_gain)
            if self.tested_weights != "learned" and self.test_plasticity:
                raise ConfigError(
                    f"tested_weights '{self.tested_weights}' replaces the learned weights, which "
                    "test_plasticity would go on changing; leave one of them out"
                )
            self._check_tasks()
            self._check_readout()
        except V1CortexError as error:
            raise ValueError(str(error)) from None
        return self

    def _check_tasks(self) -> None:
        """Raise `TaskError` if a task does not suit the numbers of trials, or the other tasks."""
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
                f"tasks in one protocol must have trials of the same length ({listed}); evaluate "
                "them one by one"
            )

    def _check_readout(self) -> None:
        """Raise `ConfigError` if the read-out is not defined for a task or the score."""
        if self.readout == "pool":
            return
        if self.resolved_score != "auc":
            raise ConfigError(
                f"readout '{self.readout}' has no threshold, so no accuracy; use score: auc, or "
                "readout: pool"
            )
        others = [task.name for task in self.load_tasks() if not task.change_detection]
        if others:
            raise ConfigError(
                f"readout '{self.readout}' is for change detection, not for {', '.join(others)}; "
                "evaluate them with readout: pool"
            )

    def load_tasks(self) -> list[Task]:
        """Return the tasks, with the settings that replace the preset's."""
        return [load(name, self.preset, **self.task_settings.get(name, {})) for name in self.tasks]

    @property
    def resolved_score(self) -> Literal["auc", "accuracy"]:
        """The score, by default that of the preset."""
        return self.score or ("accuracy" if self.preset == "paper" else "auc")

    @property
    def score_name(self) -> str:
        """The score in words, with the cells that it is read from."""
        return f"{SCORE_NAMES[self.resolved_score]} of {READOUT_NAMES[self.readout]}"

    @property
    def resolved_threshold(self) -> Literal["fitted", "rule"]:
        """The threshold, by default that of the preset."""
        return self.threshold or ("rule" if self.preset == "paper" else "fitted")


def load_yaml(path: Path, model: type[Model]) -> Model:
    """Read a settings file; paths in it are relative to its folder.

    Raises
    ------
    ConfigError
        If the file is missing, is not a YAML mapping, or its content is not valid.
    """
    data = read_yaml(path, ConfigError)
    if data is None:
        data = {}
    if not isinstance(data, dict):
        raise ConfigError(f"{path} must contain keys and values, not a {type(data).__name__}")
    return parse(model, data, str(path), path.parent)


def dump_yaml(settings: StrictModel) -> str:
    """Return settings as YAML, with every key written out."""
    return yaml_text(settings.model_dump(mode="json"))
