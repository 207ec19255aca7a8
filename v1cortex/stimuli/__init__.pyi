from .movie_files import load_image, load_movie, repeated
from .movies import (
    HEIGHT_DEG,
    SPATIAL_FREQUENCY_CPD,
    WIDTH_DEG,
    Movie,
    drifting_grating,
    grating,
    gratings,
    gray_frame,
    gray_movie,
    still_movie,
)
from .named import as_movie
from .photographs import IMAGE_SUFFIXES, image_luminance, image_names, natural_images

__all__ = [
    "HEIGHT_DEG",
    "IMAGE_SUFFIXES",
    "SPATIAL_FREQUENCY_CPD",
    "WIDTH_DEG",
    "Movie",
    "as_movie",
    "drifting_grating",
    "grating",
    "gratings",
    "gray_frame",
    "gray_movie",
    "image_luminance",
    "image_names",
    "load_image",
    "load_movie",
    "natural_images",
    "repeated",
    "still_movie",
]
