"""Change detection on static gratings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from v1cortex.errors import TaskError
from v1cortex.stimuli import SPATIAL_FREQUENCY_CPD, gratings
from v1cortex.tasks.base import Phase
from v1cortex.tasks.change_detection import PRESETS, ChangeDetection

__all__ = ["GratingChange"]


@dataclass(frozen=True, kw_only=True)
class GratingChange(ChangeDetection):
    """Change detection with static gratings; `contrast` is their amplitude.

    Parameters
    ----------
    orientations_deg
        Orientations shown in training and validation.
    spatial_frequency_cpd
        Cycles per degree.
    phase_deg
        Phase at the centre of the field (*choice*: the same for all).
    random_phases
        If above 1, each presentation has one of this many phases, evenly spaced from `phase_deg` on
        and drawn anew: a repeat is then the same orientation, not the same picture.

    Raises
    ------
    TaskError
        If `random_phases` is not a whole number of 1 or more.
    """

    name: ClassVar[str] = "gratings"
    stream: ClassVar[int] = 0
    summary: ClassVar[str] = "Say whether the orientation of the grating has changed."
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = MappingProxyType(
        {
            **PRESETS,
            # At phase 0 all gratings share a bar in the middle of the field.
            "clear90": {**PRESETS["clear90"], "phase_deg": 90.0},
            # 120 to 150 degrees in steps of 0.1, as in Chen, Scherr and Maass 2022.
            "paper": {
                **PRESETS["paper"],
                "orientations_deg": tuple(np.round(np.arange(120.0, 150.05, 0.1), 1).tolist()),
            },
        }
    )

    orientations_deg: tuple[float, ...] = (0.0, 45.0, 90.0, 135.0)
    spatial_frequency_cpd: float = SPATIAL_FREQUENCY_CPD
    phase_deg: float = 0.0
    random_phases: int = 1

    def __post_init__(self) -> None:
        if self.random_phases != int(self.random_phases) or self.random_phases < 1:
            raise TaskError(
                f"random_phases is {self.random_phases}; give a whole number, 1 or more"
            )
        super().__post_init__()

    def images(self, phase: Phase) -> tuple[NDArray[np.float32], tuple[str, ...]]:
        """Return one grating per orientation."""
        names = tuple(f"{angle:g} deg" for angle in self.orientations_deg)
        return self._gratings(self.phase_deg), names

    def varied(
        self,
        images: NDArray[np.float32],
        presented: NDArray[np.int64],
        rng: np.random.Generator,
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Draw the phase of each presentation, if `random_phases` is above 1."""
        if self.random_phases == 1:
            return images, presented
        step_deg = 360.0 / self.random_phases
        looks = [self._gratings(self.phase_deg + k * step_deg) for k in range(self.random_phases)]
        drawn = rng.integers(self.random_phases, size=len(presented))
        shown = np.where(presented < 0, -1, presented + len(images) * drawn)
        return np.concatenate(looks), shown

    def _gratings(self, phase_deg: float) -> NDArray[np.float32]:
        angles_deg = tuple(self.orientations_deg)
        return gratings(angles_deg, self.contrast, self.spatial_frequency_cpd, phase_deg)
