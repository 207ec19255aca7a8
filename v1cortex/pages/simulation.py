"""The page of a simulation: activity next to the mouse's, methods, settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from nestml_models.common import counted
from v1cortex.pages.activity import psth_figures, raster_figure, rates_figure
from v1cortex.pages.figures import Figure
from v1cortex.pages.markup import Markup, escape, table
from v1cortex.pages.methods import methods_markup, model_text
from v1cortex.pages.page import Section, html_page
from v1cortex.pages.settings import settings_markup
from v1cortex.plots import TrialAverages, readable_name
from v1cortex.simulation import Simulation
from v1cortex.tables import POPULATIONS
from validation.reference import Reference
from validation.scores import Comparison

__all__ = ["averages_section", "rates_section", "simulation_page"]


def simulation_page(
    recording: Simulation,
    rows: Sequence[Comparison],
    averages: TrialAverages,
    reference: Reference,
    about: Mapping[str, Any],
    command: str,
    tuned: Figure | None = None,
    period_name: str = "trial",
) -> str:
    """Return a simulation as one HTML page that needs no other files and no network.

    Parameters
    ----------
    recording
        The simulation.
    rows
        Its rates compared with the mouse's.
    averages
        Its rates averaged over trials.
    reference
        Mouse data.
    about
        What ``simulation.json`` holds: ``settings``, ``circuit``, ``recorded_ms``, ``versions``.
    command
        The command that ran it.
    tuned
        Figure of orientation selectivity, if it was measured.
    period_name
        Name of a trial.
    """
    spikes, population = recording.spikes, recording.circuit.nodes.population
    settings, versions = about["settings"], about["versions"]
    raster = raster_figure(spikes, population, POPULATIONS)
    sections = [
        Section("spikes", "Spikes", raster.markup(), (raster,)),
        rates_section(rates_figure(spikes.rates_Hz(), population, POPULATIONS, reference), rows),
        averages_section(averages, period_name),
    ]
    if tuned is not None:
        sections.append(Section("selectivity", "Orientation tuning", tuned.markup(), (tuned,)))
    settings_section = settings_markup(command, dict(about), versions)
    sections += [
        Section("methods", "Methods", methods_markup(_methods(recording, settings, versions))),
        Section("settings", "Settings", settings_section),
    ]
    lead = Markup(
        f"<p>{recording.circuit.n_neurons:,} neurons, stimulus {escape(settings['stimulus'])}, "
        f"{spikes.duration_ms:,.0f} ms, {spikes.n_spikes:,} spikes, "
        f"{recording.rates_Hz.mean():.2f} Hz on average; seed {settings['seed']}.</p>"
    )
    title = f"Simulation: {settings['stimulus']}, {recording.circuit.n_neurons:,} neurons"
    return html_page(title, lead, sections)


def rates_section(figure: Figure, rows: Sequence[Comparison]) -> Section:
    """Return a section of firing rates next to the mouse's, as a figure and a table."""
    head = ("population", "cells", "mean Hz", "mouse", "median Hz", "mouse", "distance", "chance")
    cells = [
        (
            readable_name(row.population),
            f"{row.n_model:,}",
            f"{row.model_mean_Hz:.2f}",
            f"{row.mouse_mean_Hz:.2f}",
            f"{row.model_median_Hz:.2f}",
            f"{row.mouse_median_Hz:.2f}",
            f"{row.distance_Hz:.2f}",
            f"{row.floor_Hz:.2f}",
        )
        for row in rows
    ]
    caption = (
        "<p class='caption'>Distance: Wasserstein distance of the distributions of rates, Hz. "
        "Chance: that of two samples of the mouse of these sizes.</p>"
    )
    content = Markup(f"{figure.markup()}{table(head, cells, 'Firing rates')}{caption}")
    return Section("rates-section", "Firing rates", content, (figure,))


def averages_section(averages: TrialAverages, period_name: str) -> Section:
    """Return a section of rates averaged over trials, with what was left out."""
    figures = psth_figures(averages, period_name)
    places = "".join(each.markup() for each in figures)
    remarks = ". ".join(
        each[0].upper() + each[1:]
        for each in (averages.how(period_name), averages.without())
        if each
    )
    content = Markup(f"<div class='pair'>{places}</div><p class='caption'>{escape(remarks)}.</p>")
    return Section("averages", "Rates averaged over trials", content, figures)


def _methods(
    recording: Simulation, settings: Mapping[str, Any], versions: Mapping[str, str]
) -> str:
    circuit = recording.circuit
    what = f"circuit seed {circuit.seed}, calibration {settings['calibration']}"
    return (
        f"{model_text(circuit.n_neurons, what, versions)} No synapse was plastic; short-term "
        f"dynamics: {settings['short_term']}. Stimulus: {settings['stimulus']}, "
        f"{counted(settings['trials'], 'trial')} of {settings['trial_ms']:,} ms; seed "
        f"{settings['seed']}, time step {settings['dt_ms']:g} ms, {settings['threads']} virtual "
        f"process{'' if settings['threads'] == 1 else 'es'}; v1cortex {versions['v1cortex']}. "
        "Firing rates were compared with recordings of mouse V1 (Siegle et al. 2021)."
    )
