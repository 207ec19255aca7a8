"""Change detection with photographs, either shipped or the user's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from v1cortex.stimuli import image_names, natural_images
from v1cortex.tasks.base import Phase
from v1cortex.tasks.change_detection import PRESETS, ChangeDetection

__all__ = ["NaturalImageChange"]


@dataclass(frozen=True, kw_only=True)
class NaturalImageChange(ChangeDetection):
    """Change detection with natural images: 40 in training, 8 others in validation.

    Parameters
    ----------
    folder
        Folder of the user's own images (see `v1cortex.stimuli.photographs.natural_images`); None
        for the shipped photographs.
    standardised
        True: in the centre of the field each image has zero mean and the root mean square of a
        grating of the same `contrast`. False: luminances from black to white are scaled to
        -`contrast` to +`contrast`, as in Chen, Scherr and Maass 2022.
    """

    name: ClassVar[str] = "natural_images"
    stream: ClassVar[int] = 1
    summary: ClassVar[str] = "Say whether the photograph has changed."
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = MappingProxyType(
        # Luminances scaled to [-2, 2], as in Chen, Scherr and Maass 2022.
        {**PRESETS, "paper": {**PRESETS["paper"], "standardised": False}}
    )

    folder: Path | None = None
    standardised: bool = True

    def images(self, phase: Phase) -> tuple[NDArray[np.float32], tuple[str, ...]]:
        """Return the images, scaled by the contrast."""
        which: Literal["training", "test"] = "training" if phase == "training" else "test"
        images = natural_images(which, self.folder, standardised=self.standardised)
        scale = self.contrast / np.sqrt(2.0) if self.standardised else self.contrast
        names = image_names(which, self.folder)
        return images * np.float32(scale), names
