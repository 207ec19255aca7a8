"""Fine orientation discrimination: a grating lies below or above a reference."""

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
from v1cortex.tasks.classification import PRESETS, Classification

__all__ = ["OrientationDiscrimination"]


@dataclass(frozen=True, kw_only=True)
class OrientationDiscrimination(Classification):
    """Tell whether a grating's orientation lies above the reference.

    Orientations lie symmetrically about the reference, never on it. Exactly half of the trials show
    one above it.

    Parameters
    ----------
    reference_deg
        The orientation to compare with.
    range_deg
        Largest difference from the reference.
    step_deg
        Step between orientations, and the smallest difference from the reference.
    spatial_frequency_cpd
        Cycles per degree.
    phase_deg
        Phase at the centre of the field (*choice*: the same for all).
    """

    name: ClassVar[str] = "orientation"
    stream: ClassVar[int] = 2
    summary: ClassVar[str] = "Say whether the grating is turned beyond 45 degrees."
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = MappingProxyType(
        {
            **PRESETS,
            # 43 to 47 degrees, as in Chen, Scherr and Maass 2022.
            "paper": {**PRESETS["paper"], "range_deg": 2.0, "step_deg": 0.1},
        }
    )

    reference_deg: float = 45.0
    range_deg: float = 20.0
    step_deg: float = 1.0
    spatial_frequency_cpd: float = SPATIAL_FREQUENCY_CPD
    phase_deg: float = 0.0

    def __post_init__(self) -> None:
        if not 0 < self.step_deg <= self.range_deg <= 45:
            raise TaskError(
                f"step_deg is {self.step_deg:g} and range_deg {self.range_deg:g}; orientations "
                "must lie in steps above 0 up to a range of at most 45 degrees"
            )
        super().__post_init__()

    @property
    def class_names(self) -> tuple[str, ...]:
        """Meaning of the answers 0 and 1."""
        return f"below {self.reference_deg:g} deg", f"above {self.reference_deg:g} deg"

    @property
    def n_pools(self) -> int:
        """One pool: the animal says "above" when its rate exceeds a threshold."""
        return 1

    def images(self, phase: Phase) -> tuple[NDArray[np.float32], NDArray[np.int8], tuple[str, ...]]:
        """Return one grating per orientation; the same in both phases."""
        n_steps = int(np.floor(self.range_deg / self.step_deg + 1e-9))
        above_deg = self.step_deg * np.arange(1, n_steps + 1)
        offsets_deg = np.concatenate([-above_deg[::-1], above_deg])
        angles_deg = np.round(self.reference_deg + offsets_deg, 6)
        frames = gratings(
            tuple(angles_deg.tolist()), self.contrast, self.spatial_frequency_cpd, self.phase_deg
        )
        classes = (offsets_deg > 0).astype(np.int8)
        return frames, classes, tuple(f"{angle:g} deg" for angle in angles_deg)
