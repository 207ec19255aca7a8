"""The page of a comparison of spikes with the mouse's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from v1cortex.pages.activity import raster_figure, rates_figure
from v1cortex.pages.markup import Markup, escape, table
from v1cortex.pages.methods import methods_markup
from v1cortex.pages.page import Section, html_page
from v1cortex.pages.settings import settings_markup
from v1cortex.pages.simulation import averages_section, rates_section
from v1cortex.pages.statistics import distances_figure, fano_figure, variability_figure
from v1cortex.plots import TrialAverages
from v1cortex.simulation import LabelledSpikes, SpikeValidation
from validation.reference import Reference
from validation.scores import NetworkStatistics

__all__ = ["validation_page"]


def validation_page(
    runs: Sequence[LabelledSpikes],
    found: SpikeValidation,
    reference: Reference,
    averages: TrialAverages | None,
    settings: Mapping[str, Any],
    command: str,
    versions: Mapping[str, str],
) -> str:
    """Return a comparison with the mouse as one HTML page that needs no other files.

    Figures are of the first run.

    Parameters
    ----------
    runs
        The recordings.
    found
        Their statistics.
    reference
        Mouse data.
    averages
        Rates averaged over trials; None without a period.
    settings
        Files and options.
    command
        The command.
    versions
        Versions of the programs.
    """
    run, statistics = runs[0], found.runs[0]
    spikes, group, names = run.spikes, run.cells.group, run.cells.names
    raster = raster_figure(spikes, group, names)
    distances = distances_figure(statistics.comparisons)
    fano, single = fano_figure(statistics.fano_curve), variability_figure(statistics.populations)
    rates = rates_figure(spikes.rates_Hz(), group, names, reference)
    drawn = (fano, single) if statistics.fano_curve else (single,)
    variable = Markup(
        f"<div class='pair'><div>{fano.markup() if statistics.fano_curve else _too_short()}</div>"
        f"<div>{single.markup()}</div></div>{_correlations(found)}"
    )
    sections = [
        Section("mouse", "Distance from the mouse", distances.markup(), (distances,)),
        rates_section(rates, statistics.comparisons),
        Section("variable", "Variability", variable, drawn),
        Section("spikes", "Spikes", raster.markup(), (raster,)),
    ]
    if averages is not None:
        sections.append(averages_section(averages, "trial"))
    notes = list(dict.fromkeys(note for each in runs for note in each.notes))
    if notes:
        items = "".join(f"<li>{escape(note)}</li>" for note in notes)
        sections.append(Section("notes", "Assumptions", Markup(f"<ul>{items}</ul>")))
    sections += [
        Section("methods", "Methods", methods_markup(_methods(runs, versions))),
        Section("settings", "Settings", settings_markup(command, settings, versions)),
    ]
    n = len(runs)
    lead = Markup(
        f"<p>{spikes.n_neurons:,} neurons, {spikes.duration_ms:,.0f} ms, {spikes.n_spikes:,} spikes"
        + (f"; {n} recordings, of which figures show the first" if n > 1 else "")
        + ".</p>"
    )
    return html_page("Spikes compared with mouse V1", lead, sections)


def _too_short() -> Markup:
    return Markup(
        "<p class='note'>No population Fano factor: the recording is too short, or there are no "
        "excitatory cells.</p>"
    )


def _correlations(found: SpikeValidation) -> Markup:
    labels = {
        "correlation": "pairwise correlation in 10 ms",
        "residual_correlation": "the same with the mean over trials removed",
    }
    rows = [
        (label, *(_number(each, key) for each in found.runs))
        for key, label in labels.items()
        if any(getattr(each, key) is not None for each in found.runs)
    ]
    if not rows:
        return Markup("")
    head = ("statistic", *(f"recording {k + 1}" for k in range(len(found.runs))))
    return table(head, rows, "Correlations")


def _number(statistics: NetworkStatistics, key: str) -> str:
    value = getattr(statistics, key)
    return "" if value is None else f"{value:.4f}"


def _methods(runs: Sequence[LabelledSpikes], versions: Mapping[str, str]) -> str:
    spikes, n = runs[0].spikes, len(runs)
    return (
        f"Spikes of {spikes.n_neurons:,} neurons over {spikes.duration_ms:,.0f} ms"
        + (f" in {n} recordings" if n > 1 else "")
        + " were compared with recordings of mouse V1 (Siegle et al. 2021) by v1cortex "
        f"{versions['v1cortex']} and Elephant {versions['elephant']} (Denker et al. 2018): "
        "distributions of firing rates by their Wasserstein distance, next to that of two samples "
        "of the mouse of the same sizes; CV of inter-spike intervals, Fano factors of single "
        "neurons and of groups of 70 excitatory neurons, and pairwise correlations."
    )
