"""What a plastic synapse must do, written from the rule's definition alone.

Two independent implementations in plain NumPy: `follow` goes from event to event with exact
integrals; `follow_by_steps` walks through time in small Euler steps and knows no integrals.
"""

import math
from dataclasses import dataclass, field

import numpy as np

from nestml_models.rule import TERMS

REWARD, POST, FLUSH, SWITCH, PRE = range(5)
"""Order of what happens at the same time."""


@dataclass
class Synapse:
    """Rates in 1/ms, weights as sizes; coefficients are changes of the size of the weight."""

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
    now: float = 0.0
    post_now: bool = False
    sent: list[float] = field(default_factory=list)

    def terms(self):
        return [
            (term, self.coefficients[term.name]) for term in TERMS if term.name in self.coefficients
        ]

    def change(self, amount: float) -> None:
        if not self.active:
            return
        if not math.isinf(self.largest_fraction):
            limit = self.largest_fraction * self.weight
            amount = min(max(amount, -limit), limit)
        self.weight = min(max(self.weight + amount, 0.0), self.largest_weight)

    def advance(self, time: float) -> None:
        dt = time - self.now
        if dt < 1e-9:
            return
        total = 0.0
        used = False
        for term, c in self.terms():
            if term.is_continuous:
                rate = term.x_pre / self.tau_pre + term.x_post / self.tau_post + term.r / self.tau_R
                value = self.x_pre**term.x_pre * self.x_post**term.x_post * self.reward**term.r
                total += c * value * -math.expm1(-rate * dt) / rate
                used = True
        if used:
            self.change(total)
        self.x_pre *= math.exp(-dt / self.tau_pre)
        self.x_post *= math.exp(-dt / self.tau_post)
        self.reward *= math.exp(-dt / self.tau_R)
        self.now = time
        self.post_now = False

    def spike_terms(self, s_pre: int, s_post: int, x_post: float):
        """Sum and presence of the terms of one kind of spike."""
        values = [
            c * self.x_pre**term.x_pre * x_post**term.x_post * self.reward**term.r
            for term, c in self.terms()
            if (term.s_pre, term.s_post) == (s_pre, s_post)
        ]
        return sum(values), bool(values)

    def on_post(self) -> None:
        amount, used = self.spike_terms(0, 1, self.x_post)
        if used:
            self.change(amount)
        self.x_post += 1.0
        self.post_now = True

    def on_pre(self) -> None:
        before = self.x_post - self.post_now
        amount, used = self.spike_terms(1, 0, before)
        together, used_together = self.spike_terms(1, 1, before)
        if used or used_together:
            self.change(amount + (together if self.post_now else 0.0))
        self.x_pre += 1.0
        self.sent.append(self.weight)


def follow(synapse, pre, post, delay, rewards, flushes, switches=()) -> Synapse:
    """Take a synapse through all events.

    Parameters
    ----------
    pre, post
        Spike times, ms.
    delay
        Dendritic delay, ms.
    rewards
        Times at which reward spikes arrive.
    flushes
        Times up to which all synapses are brought.
    switches
        (time, name, value) of attributes that change then, after the flush of that time.
    """
    events = [(t, PRE, None) for t in pre] + [(t + delay, POST, None) for t in post]
    events += [(t, REWARD, None) for t in rewards] + [(t, FLUSH, None) for t in flushes]
    events += [(t, SWITCH, (name, value)) for t, name, value in switches]
    end = max(flushes)
    for time, kind, what in sorted(events, key=lambda event: (round(event[0], 6), event[1])):
        if time > end + 1e-9 or (kind == PRE and time > end - 1e-9):
            continue
        if kind == SWITCH:
            setattr(synapse, *what)
            continue
        synapse.advance(time)
        if kind == PRE:
            synapse.on_pre()
        elif kind == POST:
            synapse.on_post()
        elif kind == REWARD:
            synapse.reward += synapse.delta
    return synapse


def follow_by_steps(coefficients, taus, delta, pre, post, delay, rewards, end, h) -> np.ndarray:
    """Change of the weight without limits, by Euler steps of width h ms, one value per term.

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
