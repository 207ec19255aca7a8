"""Connection probability and weight for pairs of neurons: the formulas of the model.

All are from Billeh et al. 2020 (Neuron 106:388) and the model files distributed with it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from v1cortex.circuit.arrays import Nodes
from v1cortex.tables import Tables

FloatArray = NDArray[np.float64]

REFERENCE_DISTANCE_UM = 75.0
"""Published probabilities are means over lateral distances up to this one."""
DEG_PER_UM_X = 0.07
DEG_PER_UM_Z = 0.04
"""Magnification of mouse V1: degrees of the visual field per µm along azimuth and elevation."""


@dataclass(frozen=True)
class ConnectionRule:
    """One synapse type: p = min(1, amplitude exp(-(r/sigma)^2)) (near + slope d).

    r is the lateral distance and d the difference in preferred orientation in [0, 90] degrees.
    Orientation and retinotopy matter for excitatory pairs only (`like_to_like`); otherwise near = 1
    and slope = 0.

    Attributes
    ----------
    pre, post
        Populations.
    amplitude, sigma_um
        Probability at distance 0, and its width in µm.
    near, slope_per_deg
        Factor at equal orientations, and its slope with their difference.
    weight_pA_per_pF
        Peak current of one synapse per capacitance of the target.
    weight_sigma_deg
        Width of the fall-off of weights with the difference in preferred direction.
    like_to_like
        Whether orientation and retinotopy matter.
    """

    pre: int
    post: int
    amplitude: float
    sigma_um: float
    near: float
    slope_per_deg: float
    weight_pA_per_pF: float
    weight_sigma_deg: float
    like_to_like: bool

    def probability(self, squared_um: FloatArray, difference_deg: FloatArray | None) -> FloatArray:
        """Return connection probabilities at squared distances and orientation differences.

        Parameters
        ----------
        squared_um : float64[n]
            Squared lateral distance, um^2.
        difference_deg : float64[n] or None
            Orientation difference; may be None for types without like-to-like connectivity.
        """
        p = self.mean_probability(squared_um)
        if difference_deg is not None:
            p *= self.near + self.slope_per_deg * difference_deg
        return p

    def mean_probability(self, squared_um: FloatArray) -> FloatArray:
        """Return the mean over all orientations at squared lateral distances (um^2)."""
        return np.minimum(1.0, self.amplitude * np.exp(squared_um * (-1.0 / self.sigma_um**2)))


def connection_rule(type_index: int, tables: Tables) -> ConnectionRule:
    """Return the rule of one synapse type (row of the connectivity table)."""
    row = tables.connectivity
    sigma = float(row.sigma_um[type_index])
    ratio = float(row.like_to_like_ratio[type_index])
    amplitude = gaussian_amplitude(float(row.p_0_75um[type_index]), sigma)
    near, slope = (1.0, 0.0) if math.isnan(ratio) else like_to_like_factor(ratio, amplitude)
    return ConnectionRule(
        pre=int(row.pre[type_index]),
        post=int(row.post[type_index]),
        amplitude=amplitude,
        sigma_um=sigma,
        near=near,
        slope_per_deg=slope,
        weight_pA_per_pF=float(row.weight_pA_per_pF[type_index]),
        weight_sigma_deg=float(row.weight_sigma_deg[type_index]),
        like_to_like=not math.isnan(ratio),
    )


def gaussian_amplitude(mean_probability: float, sigma_um: float) -> float:
    """Return the A for which A exp(-(r/sigma)^2) has the given mean over the disc of 75 µm.

    The mean is the integral of 2 r A exp(-(r/sigma)^2) / 75^2 from 0 to 75 µm, which is
    A (sigma/75)^2 (1 - exp(-(75/sigma)^2)). A may exceed 1; the probability is capped there.
    """
    squared = (sigma_um / REFERENCE_DISTANCE_UM) ** 2
    return mean_probability / (squared * -math.expm1(-1.0 / squared))


def like_to_like_factor(ratio: float, amplitude: float) -> tuple[float, float]:
    """Return intercept and slope (per degree) of the factor that favours similar orientations.

    The factor falls linearly from B1 at 0 to ratio x B1 at 90 degrees, with mean 1 over uniform
    differences: B1 = 2 / (1 + ratio). If amplitude x B1 exceeds 1, B1 is reduced to keep
    probabilities at or below 1, and the slope follows from the mean of 1.
    """
    near = min(2.0 / (1.0 + ratio), 1.0 / min(amplitude, 1.0))
    return near, (1.0 - near) / 45.0


def orientation_difference_deg(a_deg: FloatArray, b_deg: FloatArray) -> FloatArray:
    """Smallest difference between orientations (directions modulo 180), in [0, 90] degrees."""
    return _circular_difference(a_deg, b_deg, 180.0)


def direction_difference_deg(a_deg: FloatArray, b_deg: FloatArray) -> FloatArray:
    """Smallest difference between directions in [0, 360), in [0, 180] degrees."""
    return _circular_difference(a_deg, b_deg, 360.0)


def _circular_difference(a_deg: FloatArray, b_deg: FloatArray, period_deg: float) -> FloatArray:
    difference = np.abs(a_deg - b_deg)
    if period_deg < 360.0:
        difference = np.fmod(difference, period_deg)
    return np.minimum(difference, period_deg - difference)


@dataclass(frozen=True, eq=False)
class Retinotopy:
    """Per-neuron quantities for the weights of excitatory pairs, computed once per circuit.

    Neurons whose receptive fields are displaced along the target's preferred direction see
    different phases of a grating; the weight falls with that distance (standard deviation 1
    degree). `scale` compensates for the unequal magnification along x and z: from 5.5/4 for targets
    that prefer horizontal motion to 5.5/7 for vertical motion.
    """

    along_x_deg_per_um: FloatArray
    along_z_deg_per_um: FloatArray
    scale: FloatArray

    @classmethod
    def of(cls, nodes: Nodes) -> Retinotopy:
        """Compute the arrays for all neurons of a circuit."""
        angle = np.deg2rad(nodes.preferred_direction_deg)
        folded = np.abs(np.abs(180.0 - nodes.preferred_direction_deg) - 90.0)
        return cls(
            along_x_deg_per_um=DEG_PER_UM_X * np.cos(angle),
            along_z_deg_per_um=DEG_PER_UM_Z * np.sin(angle),
            scale=5.5 / 4.0 - 11.0 / 1680.0 * (90.0 - folded),
        )


def weights_pA(
    rule: ConnectionRule,
    source: NDArray[np.int32],
    target: NDArray[np.int32],
    n_synapses: NDArray[np.int8],
    nodes: Nodes,
    retinotopy: Retinotopy,
    tables: Tables,
) -> FloatArray:
    """Return the signed weights of edges of one synapse type, shape (n,), pA.

    Parameters
    ----------
    rule
        The synapse type.
    source, target
        Node indices; int32[n].
    n_synapses
        Number of synapses of each connection; int8[n].
    nodes, retinotopy, tables
        Neurons, their axes in the visual field, and cell models.
    """
    direction = nodes.preferred_direction_deg
    difference = direction_difference_deg(direction[source], direction[target])
    exponent = (difference / rule.weight_sigma_deg) ** 2
    capacitance_pF = tables.cells.C_m_pF[nodes.cell_model[target]]
    weight = rule.weight_pA_per_pF * capacitance_pF * n_synapses
    if rule.like_to_like:
        exponent += phase_exponent(source, target, nodes, retinotopy)
        weight *= retinotopy.scale[target]
    weight *= np.exp(-exponent)
    return weight


def phase_exponent(
    source: NDArray[np.integer[Any]],
    target: NDArray[np.integer[Any]],
    nodes: Nodes,
    retinotopy: Retinotopy,
) -> FloatArray:
    """Return the exponent of the fall-off of weights along the target's direction, shape (n,).

    Parameters
    ----------
    source, target
        Node indices; int[n].
    nodes, retinotopy
        Neurons and their axes in the visual field.
    """
    phase_deg = retinotopy.along_x_deg_per_um[target] * (nodes.x_um[target] - nodes.x_um[source])
    phase_deg += retinotopy.along_z_deg_per_um[target] * (nodes.z_um[target] - nodes.z_um[source])
    return np.asarray(0.5 * phase_deg**2)
