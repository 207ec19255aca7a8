"""Short-term dynamics of synapses after Tsodyks and Markram."""

from __future__ import annotations

import math
from dataclasses import dataclass

from nestml_models.errors import RuleError

__all__ = ["ShortTerm"]


@dataclass(frozen=True)
class ShortTerm:
    """Parameters of one synapse type (Tsodyks & Markram 1997, doi 10.1073/pnas.94.2.719).

    A synapse has resources x and their utilisation u. A presynaptic spike raises u by U (1 - u), is
    transmitted with the weight times u x / U, and uses up u x. Between spikes x recovers to 1 and u
    decays to 0. A synapse at rest thus transmits its weight (a choice: weights are measured from
    single postsynaptic potentials).

    Attributes
    ----------
    U
        Utilisation at a synapse at rest, in (0, 1].
    tau_rec_ms
        Time constant of the recovery of resources; 0 for no depression.
    tau_fac_ms
        Time constant of the decay of u; 0 for no facilitation.

    Raises
    ------
    RuleError
        If U is outside (0, 1], or a time constant negative or not finite.
    """

    U: float
    tau_rec_ms: float
    tau_fac_ms: float = 0.0

    def __post_init__(self) -> None:
        if not 0.0 < self.U <= 1.0:
            raise RuleError(f"U of short-term dynamics is {self.U}; it must lie in (0, 1]")
        for name in ("tau_rec_ms", "tau_fac_ms"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value >= 0.0):
                raise RuleError(
                    f"{name} of short-term dynamics is {value}; it must be finite and at least 0"
                )

    def parameters(self) -> dict[str, float]:
        """Return the homogeneous parameters of the synapse models."""
        return {"U": self.U, "tau_rec": self.tau_rec_ms, "tau_fac": self.tau_fac_ms}
