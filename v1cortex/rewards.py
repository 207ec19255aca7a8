"""Decisions and rewards during training."""

from __future__ import annotations

from collections import deque
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from v1cortex.readout import RewardPredictor
from v1cortex.session import Judge

N_LAST = 20
"""Trials that the running threshold is the median of; as many as the reward is averaged over."""


class Rewards:
    """Decides each training trial, rewards it and predicts the reward.

    Parameters
    ----------
    threshold_Hz
        The animal says "change" when the pool's rate exceeds this. None for the median of the
        pool's last 20 rates: rates drift while weights move, so that any fixed threshold would
        soon give the same answer in every trial (*choice*).
    reward
        ``correct``: 1 for every correct answer, 0 otherwise. ``hits``: 1 for detected changes
        only. ``shuffled``: what one of the last 20 answers before this one deserved, drawn at
        random, and a fair coin before the first: as much reward, unrelated to the answer
        (*choice*).
    rng
        Source of the draws of shuffled rewards.
    """

    def __init__(
        self,
        threshold_Hz: float | None,
        reward: Literal["correct", "hits", "shuffled"],
        rng: np.random.Generator | None = None,
    ) -> None:
        self._threshold_Hz, self._reward = threshold_Hz, reward
        self._rng = rng or np.random.default_rng(0)
        self._last_rates_Hz: deque[float] = deque(maxlen=N_LAST)
        self._predictor = RewardPredictor()
        self.correct: list[bool] = []
        self.errors: list[float] = []

    def judge(self, labels: NDArray[np.int8]) -> Judge:
        """Return the judge of a block with these labels (1 = change)."""

        def judge(trial: int, rate_Hz: float) -> float:
            changed, said_change = bool(labels[trial]), self._decide(rate_Hz)
            correct = changed == said_change
            error = self._predictor.error(float(self._rewarded(correct, changed)))
            self.correct.append(correct)
            self.errors.append(error)
            return error

        return judge

    def summary(self) -> dict[str, Any]:
        """Return accuracy in training and the spread of the reward error, as plain data."""
        if not self.correct:
            return {}
        return {
            "accuracy": float(np.mean(self.correct)),
            "reward_error_sd": float(np.std(self.errors)),
        }

    def _rewarded(self, correct: bool, changed: bool) -> bool:
        if self._reward == "shuffled":
            deserved = self.correct[-N_LAST:]
            return bool(self._rng.choice(deserved) if deserved else self._rng.integers(2))
        return correct and (changed or self._reward == "correct")

    def _decide(self, rate_Hz: float) -> bool:
        threshold_Hz = self._threshold_Hz
        if threshold_Hz is None:
            last = self._last_rates_Hz
            threshold_Hz = float(np.median(last)) if last else rate_Hz
        self._last_rates_Hz.append(rate_Hz)
        return rate_Hz > threshold_Hz
