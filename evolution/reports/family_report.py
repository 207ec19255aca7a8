"""The families of a run's front: tables and plots, made from the run folder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from evolution.errors import RunFolderError
from evolution.genome import RuleGenome
from evolution.reports.degeneracy import (
    Behaviour,
    Correlation,
    FamilyPair,
    behaviour_of,
    correlate,
    family_pairs,
)
from evolution.reports.families import (
    COEFFICIENT_DISTANCE,
    GATE_DISTANCE,
    Families,
    Family,
    RuleSet,
    find_families,
    plastic_pairs,
)
from evolution.reports.family_plots import plot_degeneracy, plot_family
from evolution.runs import Front, rule_name
from nestml_models.common import csv_text, write_whole
from nestml_models.rule import TERMS
from v1cortex.errors import ConfigError
from v1cortex.plots import FigureFormat, save

MAX_PICTURES = 20
"""Number of families, the largest, that are plotted."""

PERMUTATION_SEED = 1
"""Seed of the permutations of rules: the same front gives the same p."""


@dataclass(frozen=True, eq=False)
class FamilyReport:
    """The analysis of the families of a front.

    Parameters
    ----------
    front
        The front.
    rules
        Its rules.
    families
        Their families.
    behaviour
        Distances in behaviour; None for a single rule.
    correlation
        Correlation of distances in parameters and behaviour; None if undefined.
    pairs
        Distances between families.
    """

    front: Front
    rules: RuleSet
    families: Families
    behaviour: Behaviour | None
    correlation: Correlation | None
    pairs: tuple[FamilyPair, ...]

    def formula(self, family: Family) -> str:
        """Return the formula of the rule that represents a family."""
        return self.rules.genome.decode(self.rules.vectors[family.medoid]).formula()

    def terms(self, family: Family) -> dict[str, float]:
        """Return the share of a family's rules with each of its terms, the most frequent first."""
        shares = self.rules.gates[list(family.members)].mean(axis=0)
        order = np.argsort(-shares, kind="stable")
        return {TERMS[k].name: float(shares[k]) for k in order if shares[k]}

    def row(self, family: Family) -> dict[str, Any]:
        """Return a family as a row of a table."""
        members = list(family.members)
        values = self.front.values[members]
        within = self.rules.gates[members].sum(axis=1)
        row: dict[str, Any] = {
            "family": family.number,
            "rules": len(members),
            "terms": " ".join(f"{name}:{share:.2f}" for name, share in self.terms(family).items()),
            "fewest_terms": int(within.min()),
            "most_terms": int(within.max()),
            "formula": self.formula(family),
            "representative": rule_name(family.medoid + 1),
        }
        for k, name in enumerate(self.front.names):
            row[f"{name}_mean"] = float(values[:, k].mean())
            row[f"{name}_best"] = float(values[:, k].min())
        return row

    def summary(self) -> dict[str, Any]:
        """Return everything except the distances between single rules, as plain data."""
        return {
            "n_rules": len(self.front.members),
            "silhouette": self.families.silhouette,
            "correlation": None if self.correlation is None else asdict(self.correlation),
            "noise_floor": None if self.behaviour is None else self.behaviour.floor,
            "behaviour": [] if self.behaviour is None else list(self.behaviour.features),
            "families": [
                self.row(family)
                | {
                    "terms": self.terms(family),
                    "members": [rule_name(member + 1) for member in family.members],
                }
                for family in self.families.families
            ],
            "pairs": [asdict(pair) for pair in self.pairs],
        }


def analyse(
    front: Front,
    genome: RuleGenome,
    plastic: str,
    gate_distance: float = GATE_DISTANCE,
    coefficient_distance: float = COEFFICIENT_DISTANCE,
) -> FamilyReport:
    """Find the families of a front.

    Parameters
    ----------
    front
        The front.
    genome
        The encoding of its rules.
    plastic
        Which synapses follow the rule, as in the protocol.
    gate_distance, coefficient_distance
        As for `find_families`.

    Raises
    ------
    ConfigError
        If a distance is out of range.
    RunFolderError
        If the front has no rules.
    """
    for name, value, largest in (
        ("the gate distance", gate_distance, 1.0),
        ("the coefficient distance", coefficient_distance, 2.0),
    ):
        if not 0 <= value <= largest:
            raise ConfigError(f"{name} is {value:g}; it must lie between 0 and {largest:g}")
    if not front.members:
        raise RunFolderError(
            f"the front has no rules: none of {len(front.candidates)} candidates was completed"
        )
    vectors = np.array([member.genome for member in front.members])
    rules = RuleSet(genome, vectors, plastic_pairs(plastic))
    families = find_families(rules, gate_distance, coefficient_distance)
    if len(vectors) == 1:
        return FamilyReport(front, rules, families, None, None, ())
    behaviour = behaviour_of(front.members, front.names)
    rng = np.random.default_rng(PERMUTATION_SEED)
    correlation = correlate(rules.distances, behaviour.distances, rng)
    pairs = family_pairs(families.families, rules.distances, behaviour)
    return FamilyReport(front, rules, families, behaviour, correlation, pairs)


def write(report: FamilyReport, out: Path, kind: str = "png") -> list[Path]:
    """Write tables and plots, each whole or not at all; return the files written.

    Plots of an earlier report that this one has not are removed.

    Parameters
    ----------
    report
        The families.
    out
        Folder to write.
    kind
        Format of plots: ``png``, ``svg`` or ``pdf``.

    Raises
    ------
    FileError
        If a file cannot be written, such as in a read-only folder.
    """
    families = report.families.families
    written = [
        _write_csv(out / "families.csv", [report.row(family) for family in families]),
        _write_csv(out / "members.csv", _member_rows(report)),
    ]
    if report.behaviour is not None:
        written.append(_write_csv(out / "pairs.csv", [asdict(pair) for pair in report.pairs]))
        drawn = plot_degeneracy(report.rules, report.families, report.behaviour, report.correlation)
        written.append(save(drawn, out / f"degeneracy.{kind}"))
    written += [
        save(
            plot_family(report.rules, family, report.formula(family)),
            out / f"family_{family.number:02d}.{kind}",
        )
        for family in families[:MAX_PICTURES]
    ]
    ours = [f"{name}.{each}" for name in ("degeneracy", "family_*") for each in FigureFormat]
    for stale in {path for pattern in ours for path in out.glob(pattern)} - set(written):
        stale.unlink()
    return written


def _member_rows(report: FamilyReport) -> list[dict[str, Any]]:
    return [
        {"rule": rule_name(k + 1), "family": report.families.label[k]}
        | {"formula": report.rules.genome.decode(member.genome).formula()}
        | dict(zip(report.front.names, member.objectives.tolist(), strict=True))
        for k, member in enumerate(report.front.members)
    ]


def _write_csv(path: Path, rows: Sequence[dict[str, Any]]) -> Path:
    write_whole(path, csv_text(rows, empty=tuple(FamilyPair.__dataclass_fields__)))
    return path
