"""Formats of figures; needs no plotting library."""

from enum import StrEnum

__all__ = ["FigureFormat"]


class FigureFormat(StrEnum):
    """Formats of figures, by the ending of their file's name."""

    png = "png"
    svg = "svg"
    pdf = "pdf"
