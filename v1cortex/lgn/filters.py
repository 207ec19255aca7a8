"""Spatial and temporal filters of LGN units, as in BMTK's FilterNet.

The 14 unit types are those of Billeh et al. 2020 (Neuron 106:388), fitted to the recordings of
Durand et al. 2016 (J Neurosci 36:12144). Kernels, amplitudes, spontaneous rates and the geometry of
subfields are read from the objects that FilterNet builds for them; only their evaluation is ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nestml_models.common import require
from v1cortex.errors import StimulusError
from v1cortex.stimuli import HEIGHT_DEG, WIDTH_DEG
from v1cortex.tables import LgnUnitTable

if TYPE_CHECKING:
    from scipy import sparse

__all__ = ["Subfield", "spatial_filters", "unit_filters"]

ON_SUBFIELD = "sON_TF4"
"""Type whose temporal kernel is used for the ON subfield of two-subfield units (model files of
Billeh et al. 2020)."""
SUBFIELD_SEPARATION_DEG = {"sONsOFF_001": 6.0, "sONtOFF_001": 4.0}
"""Distance of the ON subfield from the OFF subfield, along the unit's tuning angle (same files).
The 2.5 % jitter that they add to kernels and distances is left out (*choice*)."""
GAUSSIAN_TRUNCATION = 4.0
"""Truncation of FilterNet's Gaussians, in standard deviations (default of SciPy's filter)."""

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Subfield:
    """One linear filter of a unit type. A unit's rate is the sum of its rectified subfields.

    Attributes
    ----------
    kernel_Hz : float64[n_lags]
        Response to a contrast of 1 shown for 1 ms, at lags of 0, 1, ... ms, including the
        amplitude.
    spontaneous_Hz : float
        Added to the filtered movie before rectification.
    offset_deg : float
        Distance of the subfield from the unit's position, along the unit's tuning angle.
    sigma_per_size : float
        Standard deviation of the spatial Gaussian divided by the unit's size.
    """

    kernel_Hz: FloatArray
    spontaneous_Hz: float
    offset_deg: float
    sigma_per_size: float


@cache
def unit_filters(table: LgnUnitTable) -> tuple[tuple[Subfield, ...], ...]:
    """Return the subfields of every unit type, in the order of the table."""
    return tuple(_type_filters(table, row) for row in range(len(table.unit)))


def spatial_filters(
    x_deg: FloatArray, y_deg: FloatArray, sigma_deg: FloatArray
) -> sparse.csr_array:
    """Return the spatial filters of units as a matrix over the pixels of a frame.

    FilterNet blurs the four central pixels of the field, which share a weight of 1, with a
    Gaussian, shifts the result to the unit's position with bilinear interpolation, and normalises
    the part inside the field to a sum of 1. All these steps are separable into rows and columns, so
    each filter is the product of two profiles.

    Parameters
    ----------
    x_deg, y_deg : float64[U]
        Centres, on the grid of pixels (see `v1cortex.stimuli.movies`).
    sigma_deg : float64[U]
        Standard deviations.

    Returns
    -------
    csr_array of float64, shape (U, 120 * 240)

    Raises
    ------
    StimulusError
        If a filter lies entirely outside the field.
    """
    n_units = len(x_deg)
    column, x_weight = _profiles(x_deg, sigma_deg, WIDTH_DEG)
    row, y_weight = _profiles(y_deg, sigma_deg, HEIGHT_DEG)
    outside = np.flatnonzero((x_weight.sum(axis=1) == 0) | (y_weight.sum(axis=1) == 0))
    if len(outside):
        unit = outside[0]
        raise StimulusError(
            f"LGN unit {unit} at ({x_deg[unit]:g}, {y_deg[unit]:g}) degrees with a standard "
            f"deviation of {sigma_deg[unit]:g} sees nothing of the field of {WIDTH_DEG} x "
            f"{HEIGHT_DEG} degrees"
        )
    pixel = row[:, :, None] * WIDTH_DEG + column[:, None, :]
    weight = y_weight[:, :, None] * x_weight[:, None, :]
    unit = np.broadcast_to(np.arange(n_units)[:, None, None], weight.shape)
    used = weight > 0
    shape = n_units, HEIGHT_DEG * WIDTH_DEG
    from scipy import sparse  # here, since tasks can be listed without it

    return sparse.csr_array((weight[used], (unit[used], pixel[used])), shape=shape)


def _profiles(
    centre_deg: FloatArray, sigma_deg: FloatArray, n_pixels: int
) -> tuple[NDArray[np.int64], FloatArray]:
    """Return pixels and weights of one-dimensional filters, each (U, K); unused weights are 0."""
    radius = (GAUSSIAN_TRUNCATION * sigma_deg + 0.5).astype(np.int64)
    reach = int(radius.max(initial=0)) + 2
    pixel = np.floor(centre_deg).astype(np.int64)[:, None] + np.arange(-reach, reach + 1)
    # The blurred pair lies at half-integer distances from the centre: interpolate between those.
    distance = pixel - centre_deg[:, None]
    below = np.floor(distance - 0.5) + 0.5
    share = distance - below
    weight = (1 - share) * _blurred_pair(below, sigma_deg, radius)
    weight += share * _blurred_pair(below + 1, sigma_deg, radius)
    weight[(pixel < 0) | (pixel >= n_pixels)] = 0.0
    total = weight.sum(axis=1, keepdims=True)
    np.divide(weight, total, out=weight, where=total > 0)
    return np.clip(pixel, 0, n_pixels - 1), weight


def _blurred_pair(
    distance: FloatArray, sigma_deg: FloatArray, radius: NDArray[np.int64]
) -> FloatArray:
    """Gaussian blur of two neighbouring pixels of weight 1/2, at half-integer distances."""
    lags = np.arange(-int(radius.max(initial=0)), int(radius.max(initial=0)) + 1)
    inside = np.abs(lags) <= radius[:, None]
    total = np.sum(np.exp(-0.5 * (lags / sigma_deg[:, None]) ** 2) * inside, axis=1)
    blurred = np.zeros_like(distance)
    for step in (-0.5, 0.5):
        lag = np.round(distance + step)
        value = np.exp(-0.5 * (lag / sigma_deg[:, None]) ** 2)
        blurred += 0.5 * value * (np.abs(lag) <= radius[:, None])
    blurred /= total[:, None]
    return blurred


@dataclass(frozen=True)
class _Node:
    """A unit of size 1 at the origin, with what FilterNet's cell loader reads from it."""

    dominant: dict[str, Any]
    non_dom_params: dict[str, Any]
    sf_sep: float
    weights: None = None
    kpeaks: None = None
    delays: None = None
    weights_non_dom: None = None
    kpeaks_non_dom: None = None
    delays_non_dom: None = None
    predefined_jitter: bool = False
    tuning_angle: float = 0.0

    def __contains__(self, key: str) -> bool:
        return key in ("x", "y", "spatial_size")

    def __getitem__(self, key: str) -> float:
        return {"x": 0.0, "y": 0.0, "spatial_size": 1.0}[key]


def _type_filters(table: LgnUnitTable, row: int) -> tuple[Subfield, ...]:
    # Imported here: FilterNet imports SymPy, pandas and matplotlib, which runs with cached rates
    # never need.
    require("bmtk")
    from bmtk.simulator.filternet.default_setters.cell_loaders import default_cell_loader

    name = table.unit[row]
    node = _Node(
        dominant=_temporal_parameters(table, row),
        non_dom_params=_temporal_parameters(table, table.unit.index(ON_SUBFIELD)),
        sf_sep=SUBFIELD_SEPARATION_DEG.get(name, 0.0),
    )
    cell = default_cell_loader(node, ("lgnmodel", name), node.dominant)
    if name not in SUBFIELD_SEPARATION_DEG:
        return (_subfield(cell.linear_filter, float(cell.transfer_function(0.0))),)
    # Rectified sum of two: with one of them far below threshold, only the other's rate remains.
    off, on = cell.dominant_filter, cell.nondominant_filter
    return (
        _subfield(off, float(cell.transfer_function(0.0, -1e9))),
        _subfield(on, float(cell.transfer_function(-1e9, 0.0))),
    )


def _subfield(linear_filter: Any, spontaneous_Hz: float) -> Subfield:  # noqa: ANN401
    temporal, spatial = linear_filter.temporal_filter, linear_filter.spatial_filter
    kernel = linear_filter.amplitude * np.asarray(temporal.kernel_data, dtype=np.float64)
    return Subfield(
        kernel_Hz=np.trim_zeros(kernel, "b"),
        spontaneous_Hz=spontaneous_Hz,
        offset_deg=float(spatial.translate[0]),
        sigma_per_size=float(spatial.sigma[0]),
    )


def _temporal_parameters(table: LgnUnitTable, row: int) -> dict[str, Any]:
    return {
        "opt_wts": [float(table.kernel_weight_1[row]), float(table.kernel_weight_2[row])],
        "opt_kpeaks": [float(table.kernel_peak_1_ms[row]), float(table.kernel_peak_2_ms[row])],
        "opt_delays": [float(table.kernel_delay_1_ms[row]), float(table.kernel_delay_2_ms[row])],
    }
