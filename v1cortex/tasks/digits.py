"""Classification of handwritten digits, or of the user's own images, with one pool per class."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from nestml_models.common import require
from v1cortex.errors import TaskError
from v1cortex.stimuli import HEIGHT_DEG, IMAGE_SUFFIXES, WIDTH_DEG, image_luminance
from v1cortex.tasks.base import Phase
from v1cortex.tasks.classification import PRESETS, Classification

__all__ = ["DigitClassification"]

N_SHOWN: Mapping[Phase, int] = MappingProxyType({"training": 20, "validation": 10})
"""Digits per class in each phase: the first in training, the next in validation (*choice*)."""

FOLDERS: Mapping[Phase, str] = MappingProxyType({"training": "training", "validation": "test"})


@dataclass(frozen=True, kw_only=True)
class DigitClassification(Classification):
    """Tell which of ten digits is shown; each has a pool, and the most active pool answers.

    The digits are those shipped with scikit-learn (8 x 8 pixels; UCI machine learning repository,
    Alpaydin and Kaynak 1998), resized to `height_deg`. Training and validation use different
    digits.

    Parameters
    ----------
    height_deg
        Height of a digit, bright on gray (*choice*: about the field of the LGN units that reach a
        circuit of 3000 neurons).
    folder
        A folder of the user's own images, with subfolders ``training`` and ``test``, each with one
        folder of images per class. Luminances from black to white are scaled to -`contrast` to
        +`contrast`, over the whole field.
    """

    name: ClassVar[str] = "digits"
    stream: ClassVar[int] = 3
    summary: ClassVar[str] = "Say which digit is shown."
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = PRESETS

    height_deg: int = 24
    folder: Path | None = None

    def __post_init__(self) -> None:
        if not 8 <= self.height_deg <= HEIGHT_DEG:
            raise TaskError(
                f"height_deg is {self.height_deg}; a digit has 8 rows of pixels and the field "
                f"{HEIGHT_DEG}, so give 8 to {HEIGHT_DEG}"
            )
        super().__post_init__()

    @property
    def class_names(self) -> tuple[str, ...]:
        """The digits, or the names of the folder's class folders."""
        if self.folder is None:
            return tuple(str(digit) for digit in range(10))
        return _class_folders(Path(self.folder) / FOLDERS["training"])

    def images(self, phase: Phase) -> tuple[NDArray[np.float32], NDArray[np.int8], tuple[str, ...]]:
        """Return the images of a phase, their classes and names."""
        if self.folder is None:
            return _digits(phase, self.height_deg, self.contrast)
        return self._own_images(Path(self.folder) / FOLDERS[phase])

    def _own_images(
        self, folder: Path
    ) -> tuple[NDArray[np.float32], NDArray[np.int8], tuple[str, ...]]:
        if _class_folders(folder) != self.class_names:
            raise TaskError(
                f"{folder} has classes {', '.join(_class_folders(folder))}; training has "
                f"{', '.join(self.class_names)}"
            )
        found = [
            (path, answer)
            for answer, name in enumerate(self.class_names)
            for path in sorted((folder / name).iterdir())
            if path.suffix.lower() in IMAGE_SUFFIXES
        ]
        if not found:
            raise TaskError(f"no image in {folder}; looked for *{', *'.join(IMAGE_SUFFIXES)}")
        frames = [
            (self.contrast * (2.0 * image_luminance(path)[::-1] - 1.0)).astype(np.float32)
            for path, _ in found
        ]
        classes = np.array([answer for _, answer in found], dtype=np.int8)
        return (
            np.stack(frames),
            classes,
            tuple(f"{path.parent.name}/{path.name}" for path, _ in found),
        )


def _class_folders(folder: Path) -> tuple[str, ...]:
    if not folder.is_dir():
        raise TaskError(
            f"there is no folder {folder}; put images into training/CLASS and test/CLASS"
        )
    names = tuple(sorted(path.name for path in folder.iterdir() if path.is_dir()))
    if len(names) < 2:
        raise TaskError(
            f"{folder} has {len(names)} folders of images; give one per class, at least two"
        )
    return names


@cache
def _digits(
    phase: Phase, height_deg: int, contrast: float
) -> tuple[NDArray[np.float32], NDArray[np.int8], tuple[str, ...]]:
    require("skimage", "sklearn")
    from skimage.transform import resize
    from sklearn.datasets import load_digits

    digits = load_digits()
    first = 0 if phase == "training" else N_SHOWN["training"]
    chosen = np.concatenate(
        [
            np.flatnonzero(digits.target == answer)[first : first + N_SHOWN[phase]]
            for answer in range(10)
        ]
    )
    frames = np.zeros((len(chosen), HEIGHT_DEG, WIDTH_DEG), dtype=np.float32)
    bottom, left = (HEIGHT_DEG - height_deg) // 2, (WIDTH_DEG - height_deg) // 2
    for frame, digit in zip(frames, digits.images[chosen], strict=True):
        large = resize(digit / 16.0, (height_deg, height_deg), order=1)[::-1]
        frame[bottom : bottom + height_deg, left : left + height_deg] = contrast * large
    frames.setflags(write=False)
    names = tuple(
        f"{answer} (digit {k})" for k, answer in zip(chosen, digits.target[chosen], strict=True)
    )
    return frames, digits.target[chosen].astype(np.int8), names
