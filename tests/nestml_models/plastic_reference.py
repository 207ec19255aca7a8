"""What a plastic synapse must do, derived only from the rule's definition.

Two independent implementations in plain NumPy: `follow` goes from event to event with exact
integrals; `follow_by_steps` uses small Euler steps without integrals.

Every event splits the continuous change, whatever terms the rule has: presynaptic and postsynaptic
spikes, rewards and flushes. Each part, and the change at a spike, is limited separately; a change
of zero leaves the weight as it is.
"""

import math
from dataclasses import dataclass, field

import numpy as np

from nestml_models.rule import TERMS

REWARD, POST, FLUSH, SWITCH, PRE = range(5)
"""Order of simultaneous events."""


@dataclass
class Synapse:
    """Rates in 1/ms, weights as magnitudes; coefficients are changes of the magnitude.

    Time is counted in steps, so that coincidence does not depend on rounding.
    """

    coefficients: dict[str, float]
    tau_pre: float
    tau_post: float
    tau_R: float
    weight: float
    largest_weight: float = math.inf
    largest_fraction: float = math.inf
    active: bool = True
    delta: float = 0.0
    x_pre: float = 0.0
    x_post: float = 0.0
    reward: float = 0.0
    dt_ms: float = 1.0
    now: int = 0  # in steps
    post_now: bool = False
    short_term: tuple[float, float, float] | None = None  # U, tau_rec, tau_fac
    u: float = 0.0
    resources: float = 1.0
    sent: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Group (coefficient, exponents of X_pre, X_post and R) by the exponents of the spikes."""
        self.groups: dict[tuple[int, int], list] = {}
        for term in TERMS:
            if term.name in self.coefficients:
                group = self.groups.setdefault((term.s_pre, term.s_post), [])
                group.append((self.coefficients[term.name], term.x_pre, term.x_post, term.r))

    def change(self, amount: float) -> None:
        if not self.active or amount == 0.0:
            return
        if not math.isinf(self.largest_fraction):
            limit = self.largest_fraction * self.weight
            amount = min(max(amount, -limit), limit)
        self.weight = min(max(self.weight + amount, 0.0), self.largest_weight)

    def advance(self, step: int) -> None:
        if step <= self.now:
            return
        dt = (step - self.now) * self.dt_ms
        total = 0.0
        for c, x_pre, x_post, r in self.groups.get((0, 0), ()):
            rate = x_pre / self.tau_pre + x_post / self.tau_post + r / self.tau_R
            value = self.x_pre**x_pre * self.x_post**x_post * self.reward**r
            total += c * value * -math.expm1(-rate * dt) / rate
        self.change(total)
        self.x_pre *= math.exp(-dt / self.tau_pre)
        self.x_post *= math.exp(-dt / self.tau_post)
        self.reward *= math.exp(-dt / self.tau_R)
        if self.short_term:
            _, tau_rec, tau_fac = self.short_term
            self.u *= math.exp(-dt / tau_fac) if tau_fac else 0.0
            self.resources = 1.0 - (1.0 - self.resources) * (
                math.exp(-dt / tau_rec) if tau_rec else 0.0
            )
        self.now = step
        self.post_now = False

    def spike_terms(self, s_pre: int, s_post: int, post: float) -> float:
        """Return the sum of the terms of one kind of spike."""
        return sum(
            c * self.x_pre**x_pre * post**x_post * self.reward**r
            for c, x_pre, x_post, r in self.groups.get((s_pre, s_post), ())
        )

    def on_post(self) -> None:
        self.change(self.spike_terms(0, 1, self.x_post))
        self.x_post += 1.0
        self.post_now = True

    def on_pre(self) -> None:
        before = self.x_post - self.post_now
        together = self.spike_terms(1, 1, before) if self.post_now else 0.0
        self.change(self.spike_terms(1, 0, before) + together)
        self.x_pre += 1.0
        self.sent.append(self.weight * self.transmitted())

    def transmitted(self) -> float:
        """Return the share of the weight that a presynaptic spike transmits and uses up."""
        if not self.short_term:
            return 1.0
        U, *_ = self.short_term
        self.u += U * (1.0 - self.u)
        used = self.u * self.resources
        self.resources -= used
        return used / U


def follow(synapse, pre, post, delay, rewards, flushes, switches=()) -> Synapse:
    """Take a synapse through all events; times are multiples of the synapse's ``dt_ms``.

    Parameters
    ----------
    pre, post
        Spike times, ms.
    delay
        Dendritic delay, ms.
    rewards
        Times at which reward spikes arrive.
    flushes
        Times up to which all synapses are updated.
    switches
        (time, name, value) of attributes that change at that time, after its flush.
    """
    end = to_step(max(flushes), synapse.dt_ms)
    events = [
        *((time, PRE, None) for time in pre),
        *((time + delay, POST, None) for time in post),
        *((time, REWARD, None) for time in rewards),
        *((time, FLUSH, None) for time in flushes),
        *((time, SWITCH, (name, value)) for time, name, value in switches),
    ]
    in_steps = [(to_step(time, synapse.dt_ms), kind, what) for time, kind, what in events]
    for step, kind, what in sorted(in_steps, key=lambda event: event[:2]):
        if step > end or (kind == PRE and step == end):
            continue
        if kind == SWITCH:
            setattr(synapse, *what)
            continue
        synapse.advance(step)
        if kind == PRE:
            synapse.on_pre()
        elif kind == POST:
            synapse.on_post()
        elif kind == REWARD:
            synapse.reward += synapse.delta
    return synapse


def to_step(time_ms, dt_ms) -> int:
    """Return the step that ends at a time, which must be a multiple of the step."""
    step = round(time_ms / dt_ms)
    assert abs(step * dt_ms - time_ms) < 1e-6
    return step


def follow_by_steps(coefficients, taus, delta, pre, post, delay, rewards, end, h) -> np.ndarray:
    """Return the weight change without limits, by Euler steps of h ms, one value per term.

    Parameters
    ----------
    coefficients
        One for each of the 25 terms.
    taus
        (tau_pre, tau_post, tau_R), ms.
    """
    at = [{round(t / h) for t in times} for times in (pre, [t + delay for t in post], rewards)]
    orders = np.array([(t.s_pre, t.s_post, t.x_pre, t.x_post, t.r) for t in TERMS])
    continuous = orders[:, :2].sum(axis=1) == 0
    change = np.zeros(len(TERMS))
    x = np.zeros(3)
    decay = 1.0 - h / np.asarray(taus)
    for step in range(round(end / h) + 1):
        if step:
            change[continuous] += h * np.prod(x ** orders[continuous, 2:], axis=1)
            x *= decay
        if step in at[2]:
            x[2] += delta
        spikes = np.array([step in at[0], step in at[1]])
        if spikes.any():
            now = ~continuous & np.all(orders[:, :2] <= spikes, axis=1)
            change[now] += np.prod(x ** orders[now, 2:], axis=1)
            x[:2] += spikes
    return change * coefficients
