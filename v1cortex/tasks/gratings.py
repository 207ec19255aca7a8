"""Change detection on static gratings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

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

    def images(self, phase: Phase) -> tuple[NDArray[np.float32], tuple[str, ...]]:
        """Return one grating per orientation."""
        angles_deg = tuple(self.orientations_deg)
        frames = gratings(angles_deg, self.contrast, self.spatial_frequency_cpd, self.phase_deg)
        return frames, tuple(f"{angle:g} deg" for angle in angles_deg)
