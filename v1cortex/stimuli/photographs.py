"""Natural images: crops of photographs shipped with scikit-learn and scikit-image, or a folder.

The photographs are part of these packages' wheels, so nothing is downloaded:

=============  ======================================================  ============================
photograph     of                                                      licence
=============  ======================================================  ============================
china          a pavilion, by danielbuechele                           CC BY 2.0
flower         a dahlia, by vultilion                                  CC BY 2.0
camera         a photographer on a lawn, by Lav Varshney               CC0
coffee         a cup on a table, by Rachel Michetti                    CC0
chelsea        a cat, by Stefan van der Walt                           CC0
grass          a meadow, by linolafett                                 CC0
gravel         pebbles, from CC0Textures                               CC0
brick          a wall, from CC0Textures                                CC0
rocket         a launch tower, by SpaceX                               public domain
coins          ancient coins, Brooklyn Museum                          no known restriction
astronaut      Eileen Collins, by NASA                                 public domain
=============  ======================================================  ============================

Training and test images come from different photographs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from nestml_models.common import require
from v1cortex.errors import StimulusError
from v1cortex.stimuli.movies import HEIGHT_DEG, WIDTH_DEG

__all__ = [
    "IMAGE_SUFFIXES",
    "ImageSet",
    "image_luminance",
    "image_names",
    "natural_images",
    "standardise",
]

ImageSet = Literal["training", "test"]

TRAINING_CROPS = {
    "china": 5,
    "camera": 5,
    "coffee": 5,
    "rocket": 3,
    "grass": 6,
    "gravel": 6,
    "brick": 6,
    "coins": 2,
    "chelsea": 2,
}
"""Number of crops from each photograph: 40 images for training."""
TEST_CROPS = {"astronaut": 5, "flower": 3}
"""Number of crops from each photograph: 8 images for testing."""
GRID_STRIDE = 10
"""Distance in pixels between possible positions of a crop."""

WINDOW_WIDTH_DEG, WINDOW_HEIGHT_DEG = 80, 60
"""Central part of the field in which mean and contrast are equalised (*choice*): it contains the
fields of the units that reach the published core of 400 µm. Standardised over the whole field, a
dark object on a bright background would be a flash of the whole visible part."""
LARGEST_DEVIATION = 2.5
"""Values are clipped at this many standard deviations (*choice*): single highlights in photographs
reach eight."""
N_CLIPPINGS = 30
"""Clipping changes mean and standard deviation, so it is repeated up to this many times until no
value is clipped."""
IMAGE_SUFFIXES = (".bmp", ".jpeg", ".jpg", ".png", ".tif", ".tiff")
"""Suffixes of the files in a folder that are read as images."""

FloatArray = NDArray[np.float64]


def natural_images(
    which: ImageSet = "training",
    folder: Path | None = None,
    *,
    standardised: bool = True,
) -> NDArray[np.float32]:
    """Return natural images in contrast units.

    Parameters
    ----------
    which
        The 40 training images or the 8 test images; with a folder, all images of its subfolder
        of this name.
    folder
        A folder of the user's own images, with subfolders ``training`` and ``test``. Each image is
        converted to gray, cropped to the field's shape about its centre and resized.
    standardised
        True: zero mean and unit variance in the central 80 x 60 degrees of each image. False:
        luminances from 0 to 1 are scaled to -1 to 1, as in Chen, Scherr and Maass 2022.

    Returns
    -------
    float32[n, 120, 240]
        The images, row 0 at the lower edge, read-only.

    Raises
    ------
    StimulusError
        If the folder is missing or has no images, or an image cannot be read or has no contrast.
    """
    if which not in ("training", "test"):
        raise StimulusError(f"no image set {which!r}: choose 'training' or 'test'")
    if folder is None:
        return _shipped_images(which, standardised)
    return _images(_from_folder(Path(folder) / which), standardised)


def image_names(which: ImageSet, folder: Path | None = None) -> tuple[str, ...]:
    """Return the names of the images of `natural_images`, in the same order."""
    if folder is None:
        return tuple(name for name, _ in _shipped(which))
    return tuple(f"{which}/{path.name}" for path in _files(Path(folder) / which))


@cache
def _shipped_images(which: ImageSet, standardised: bool) -> NDArray[np.float32]:
    return _images(_shipped(which), standardised)


def _images(luminance: Sequence[tuple[str, FloatArray]], standardised: bool) -> NDArray[np.float32]:
    scale = standardise if standardised else _centre
    images = np.stack([scale(image, name) for name, image in luminance])[:, ::-1].copy()
    images.setflags(write=False)
    return images


def image_luminance(path: Path) -> FloatArray:
    """Read an image of any size as gray, cropped to the field's shape and resized.

    Returns
    -------
    float64[120, 240]
        Luminance from 0 to 1, row 0 at the *upper* edge.

    Raises
    ------
    StimulusError
        If the file cannot be read as an image.
    """
    return _resized(_read(path))


def standardise(luminance: FloatArray, name: str = "image") -> NDArray[np.float32]:
    """Scale an image to zero mean and unit variance in the centre of the field.

    Parameters
    ----------
    luminance : float64[120, 240]
    name
        Name of the image in messages.

    Raises
    ------
    StimulusError
        If the centre of the image has no contrast.
    """
    image = luminance
    for _ in range(N_CLIPPINGS):
        image = np.clip(_scaled(image, name), -LARGEST_DEVIATION, LARGEST_DEVIATION)
    return _scaled(image, name).astype(np.float32)


def _scaled(image: FloatArray, name: str) -> FloatArray:
    middle = _window(image)
    deviation = float(middle.std())
    if deviation < 1e-6:
        raise StimulusError(
            f"{name} has no contrast in its central {WINDOW_WIDTH_DEG} x {WINDOW_HEIGHT_DEG} "
            "degrees; use another image, or images that are not standardised"
        )
    scaled: FloatArray = (image - middle.mean()) / deviation
    return scaled


def _centre(luminance: FloatArray, _name: str) -> NDArray[np.float32]:
    return (2 * luminance - 1).astype(np.float32)


def _window(image: FloatArray) -> FloatArray:
    top = (HEIGHT_DEG - WINDOW_HEIGHT_DEG) // 2
    left = (WIDTH_DEG - WINDOW_WIDTH_DEG) // 2
    return image[top : top + WINDOW_HEIGHT_DEG, left : left + WINDOW_WIDTH_DEG]


@cache
def _shipped(which: ImageSet) -> tuple[tuple[str, FloatArray], ...]:
    crops = TRAINING_CROPS if which == "training" else TEST_CROPS
    return tuple(
        (f"{name}, crop {number}", crop)
        for name, count in crops.items()
        for number, crop in enumerate(_richest_crops(_photograph(name), count))
    )


def _photograph(name: str) -> FloatArray:
    require("skimage", "sklearn")
    from skimage import data
    from sklearn.datasets import load_sample_image

    if name in ("china", "flower"):
        return _gray(load_sample_image(f"{name}.jpg"))
    reader: Callable[[], Any] = getattr(data, name)
    return _gray(reader())


def _richest_crops(photograph: FloatArray, count: int) -> list[FloatArray]:
    """Return the `count` crops of a grid, placed so that their centres have the most contrast.

    Contrast is measured after blurring by 2 degrees: LGN units do not resolve finer structure.
    """
    from scipy.ndimage import gaussian_filter

    blurred = gaussian_filter(photograph, 2.0)
    rows, columns = photograph.shape[0] // HEIGHT_DEG, photograph.shape[1] // WIDTH_DEG
    best: list[tuple[float, int, int]] = []
    for top in range(0, photograph.shape[0] - rows * HEIGHT_DEG + 1, GRID_STRIDE):
        for left in range(0, photograph.shape[1] - columns * WIDTH_DEG + 1, GRID_STRIDE):
            places = [
                (top + row * HEIGHT_DEG, left + column * WIDTH_DEG)
                for row in range(rows)
                for column in range(columns)
            ]
            ranked = sorted(
                (-float(_window(_crop(blurred, *place)).std()), *place) for place in places
            )
            best = min(best or ranked[:count], ranked[:count], key=_total)
    return [_crop(photograph, top, left) for _, top, left in best]


def _total(ranked: list[tuple[float, int, int]]) -> float:
    return sum(negative_contrast for negative_contrast, _, _ in ranked)


def _crop(image: FloatArray, top: int, left: int) -> FloatArray:
    return image[top : top + HEIGHT_DEG, left : left + WIDTH_DEG]


def _from_folder(folder: Path) -> list[tuple[str, FloatArray]]:
    return [(str(path), image_luminance(path)) for path in _files(folder)]


def _files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise StimulusError(
            f"there is no folder {folder}; put images into its subfolders training and test"
        )
    files = sorted(path for path in folder.iterdir() if path.suffix.lower() in IMAGE_SUFFIXES)
    if not files:
        raise StimulusError(f"no image in {folder}; looked for *{', *'.join(IMAGE_SUFFIXES)}")
    return files


def _read(path: Path) -> FloatArray:
    require("skimage")
    from skimage.io import imread

    try:
        return _gray(imread(path))
    except Exception as error:  # image readers raise anything that their format libraries raise
        raise StimulusError(f"{path} cannot be read as an image: {error}") from error


def _gray(pixels: NDArray[Any]) -> FloatArray:
    """Return luminance from 0 to 1."""
    require("skimage")
    from skimage.color import rgb2gray, rgba2rgb
    from skimage.util import img_as_float64

    image = img_as_float64(pixels)
    if image.ndim == 3 and image.shape[2] == 4:
        image = rgba2rgb(image)
    if image.ndim == 3 and image.shape[2] == 3:
        image = rgb2gray(image)
    if image.ndim != 2:
        raise StimulusError(f"an image has shape {pixels.shape}; give gray, RGB or RGBA")
    return np.asarray(image, dtype=np.float64)


def _resized(image: FloatArray) -> FloatArray:
    require("skimage")
    from skimage.transform import resize

    scale = min(image.shape[0] / HEIGHT_DEG, image.shape[1] / WIDTH_DEG)
    height = max(round(scale * HEIGHT_DEG), 1)
    width = max(round(scale * WIDTH_DEG), 1)
    top, left = (image.shape[0] - height) // 2, (image.shape[1] - width) // 2
    middle = image[top : top + height, left : left + width]
    resized = resize(middle, (HEIGHT_DEG, WIDTH_DEG), anti_aliasing=scale > 1)
    return np.asarray(resized, dtype=np.float64)
