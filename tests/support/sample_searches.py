"""Data of a search over gains and of one over coefficients, on planted scores instead of NEST."""

import json

import numpy as np
from sample_experiments import experiment_data

from v1cortex.commands.output.text import json_text
from v1cortex.experiments.paired import GainSettings, Level
from v1cortex.experiments.paired.ascent import Measured, ascend, seeds_needed
from validation.comparison import best_by_chance, estimate

NAMES = {"signs": ("E->E", "E->I", "I->E", "I->I"), "classes": ("E->E", "E->Pvalb", "Sst->E")}

SLOPES = {"signs": (0.2, -0.1, -0.2, 0.0), "classes": (0.1, 0.0, -0.1)}
"""Planted slopes of the score."""


class Planted:
    """A score with a slope; points further than a limit break it."""

    def __init__(self, slope):
        self.slope, self.rng = np.array(slope), np.random.default_rng(1)

    def __call__(self, points):
        return [
            Measured(
                0.6 + float(self.slope @ x) + self.rng.normal(0, 0.005),
                "above 10 Hz" if np.sqrt((x**2).mean()) > 0.5 else "",
                5.0 * float(np.exp(x.mean())),
            )
            for x, _ in points
        ]


def levels(**options):
    """Return the levels of a search on the planted scores."""
    settings, found = GainSettings(**options), []
    for grouping, names in NAMES.items():
        seeds = range(seeds_needed(len(names), settings))
        start, rng = np.zeros(len(names)), np.random.default_rng(2)
        ascent = ascend(start, Planted(SLOPES[grouping]), settings, seeds, rng)
        found.append(Level(grouping, names, ascent))
    return settings, found


def search_data(rule="", **options):
    """Return what the JSON file of a search holds: over gains, or with a rule over coefficients."""
    settings, found = levels(**options)
    data = experiment_data()
    names = ("static", "found") if rule else ("static", "gains of signs", "gains of classes")
    data["rows"] = [
        {**row, "condition": name} for row, name in zip(data["rows"], names, strict=False)
    ]
    data |= {
        "settings": settings.model_dump(mode="json"),
        "n_evaluations": 80,
        "levels": [level.to_dict() for level in found],
        **({"rule": rule} if rule else {"weight_gain": {"E->E": 1.2}}),
    }
    return json.loads(json_text(data))


def random_data(n_rules=60):
    """Return what the JSON file of random rules holds, with normal scores."""
    rng = np.random.default_rng(3)
    static = rng.normal(0.55, 0.03, 4)
    values = rng.normal(0.54, 0.04, n_rules)
    differences = values - np.resize(static, n_rules)
    one = {
        "rules": vars(estimate(values)),
        "static": vars(estimate(static)),
        "noise_sd": 0.02,
        "best_by_chance": vars(best_by_chance(n_rules, 0.55, 0.03)),
        "best_difference_by_chance": vars(best_by_chance(n_rules, 0.0, 0.03)),
        "values": values.tolist(),
        "differences": differences.tolist(),
    }
    data = experiment_data()
    for name in ("rows", "remarks", "score"):
        del data[name]
    data |= {
        "n_rules": n_rules,
        "statuses": {"ok": 0.9, "runaway": 0.1, "plausible": 0.75},
        "tasks": {"gratings": {"auc": one, "accuracy": one}},
        "text": ["60 random rules"],
    }
    return json.loads(json_text(data))
