"""Plots of activity: spike raster, firing rates next to the mouse's, trial-averaged rates.

Every function draws with Matplotlib's object-oriented interface, without global state, into
panels that it is given or a new figure, and returns the figure; `v1cortex.plots.style.save`
writes it. The same data give the same bytes.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.transforms import blended_transform_factory

from v1cortex.plots.style import (
    LABEL,
    MOUSE_COLOUR,
    QUANTILES,
    IntArray,
    Span,
    class_colour,
    class_legend,
    class_name,
    classes_of,
    colour_of,
    layer_name,
    legend_below,
    panels_of,
    readable_name,
    shade,
    text_colour_of,
    write_title,
)
from v1cortex.plots.trial_averages import TrialAverages, trial_averages
from validation.reference import GRATINGS_RATE, Reference, load_reference
from validation.spikes import SpikeTrains

FloatArray = npt.NDArray[np.float64]

MIN_ROWS = 14
"""Minimum number of raster rows per population (if it has as many neurons), to fit its label."""

LABEL_HEIGHT = 0.018
"""Height of a population's label relative to that of the raster."""

LOWEST_RATE_HZ = 0.05
"""Left end of the logarithmic axis; slower neurons are drawn there."""

RATE_TICKS_HZ = {
    tick: f"≤{tick:g}" if tick == LOWEST_RATE_HZ else f"{tick:g}"
    for tick in (LOWEST_RATE_HZ, 0.1, 0.3, 1, 3, 10, 30, 100, 300)
}
"""Ticks of an axis of rates, with their labels."""


def raster(
    trains: SpikeTrains,
    population: IntArray,
    population_names: Sequence[str],
    *,
    window_ms: tuple[float, float] | None = None,
    spans: Sequence[Span] = (),
    rows: int = 600,
    title: str = "",
    seed: int = 0,
    axes: Sequence[Axes] | None = None,
) -> Figure:
    """Draw spikes of a sample of neurons, by layer from the surface down, above mean rates.

    Parameters
    ----------
    trains
        Spike trains.
    population
        Population of each neuron, an index into `population_names`; int[n_neurons].
    population_names
        Names such as ``L23_E``, from the surface down.
    window_ms
        The part of the recording to draw; by default its first second.
    spans
        What to shade.
    rows
        Approximate number of neurons to draw. Each population gets its share, but small ones get
        `MIN_ROWS` if they have as many neurons.
    title
        Title of the figure.
    seed
        Seed of the sample.
    axes
        Two panels to draw in, for spikes and for rates; a new figure if None.

    Raises
    ------
    ConfigError
        If other than two panels are given.
    """
    start, stop = window_ms or (trains.start_ms, min(trains.start_ms + 1000.0, trains.stop_ms))
    shown = trains.window(start, stop)
    figure, (top, bottom) = panels_of(axes, (9.0, 7.8), 2, [5, 1])
    sample = stratified_sample(population, len(population_names), rows, seed)
    _draw_spikes(top, shown.select(sample), population[sample], population_names)
    top.set_ylabel(f"{sample.size:,} of {trains.n_neurons:,} neurons", labelpad=52, **LABEL)
    write_title(top, title, spans)
    _draw_class_rates(bottom, shown, population, population_names, bin_ms=_fine_bin(stop - start))
    bottom.set_ylabel("rate (Hz)", **LABEL)
    bottom.set_xlabel("time (ms)", **LABEL)
    for panel in (top, bottom):
        panel.set_xlim(start, stop)
        shade(panel, spans, labelled=panel is top)
    top.tick_params(labelbottom=False)
    class_legend(bottom, population, population_names, own=axes is None)
    return figure


def rates(
    rates_Hz: FloatArray,
    population: IntArray,
    population_names: Sequence[str],
    *,
    reference: Reference | None = None,
    title: str = "",
    seed: int = 0,
    ax: Axes | None = None,
) -> Figure:
    """Draw the model's firing rates next to the mouse's, population by population.

    Thick bars extend from the 25 % to the 75 % quantile, thin ones from 5 % to 95 %; white lines
    are medians, diamonds means, dots neurons; n is the number of the model's neurons and of the
    mouse's units.

    Parameters
    ----------
    rates_Hz
        Mean rate of each neuron; float64[n_neurons].
    population, population_names, title
        As for `raster`.
    reference
        Mouse data; those shipped with the package if None.
    seed
        Seed of the vertical scatter and of the sample of dots.
    ax
        The panel to draw in; a new figure if None.
    """
    reference = reference or load_reference()
    mouse = reference.populations(GRATINGS_RATE)
    present = [k for k in range(len(population_names)) if np.any(population == k)]
    figure, (axes,) = panels_of(ax, (8.0, 0.9 + 0.36 * max(len(present), 3)))
    labels = []
    rng = np.random.default_rng(np.random.SeedSequence(seed))
    for row, index in enumerate(present):
        name = population_names[index]
        group, colour = rates_Hz[population == index], colour_of(name)
        dots = group if group.size <= 200 else rng.choice(group, 200, replace=False)
        height = row + 0.2 + rng.uniform(-0.15, 0.15, dots.size)
        axes.scatter(_on_axis(dots), height, s=3, color=colour, alpha=0.35, linewidths=0, zorder=2)
        _quantile_bar(axes, row + 0.2, np.quantile(group, QUANTILES), float(group.mean()), colour)
        if name in mouse:
            table = reference.row(name)
            mean = table.distribution().mean
            _quantile_bar(axes, row - 0.2, table.quantile(QUANTILES), mean, MOUSE_COLOUR)
        units = f", mouse {reference.row(name).n_units:,}" if name in mouse else ""
        labels.append(f"{readable_name(name)} (n = {group.size:,}{units})")
    _rate_axis(axes, [population_names[index] for index in present], labels)
    axes.set_title(title, loc="left", fontsize=11, pad=24 if title else 6)
    _rate_legend(axes, [population_names[index] for index in present])
    return figure


def psth(
    trains: SpikeTrains,
    population: IntArray,
    population_names: Sequence[str],
    *,
    period_ms: float,
    bin_ms: float | None = None,
    smoothing_ms: float | None = None,
    period_name: str = "trial",
    spans: Sequence[Span] = (),
    title: str = "",
    axes: Sequence[Axes] | None = None,
) -> Figure:
    """Draw the rates of populations within a trial, averaged over trials and neurons.

    Bands are standard errors over trials. Populations of fewer than `MIN_CELLS` neurons are left
    out, which the figure says.

    Parameters
    ----------
    trains, period_ms, bin_ms, smoothing_ms
        As for `v1cortex.plots.trial_averages.trial_averages`.
    population, population_names, title
        As for `raster`.
    period_name
        Name of a period, for the axis label.
    spans
        What to shade, in ms within the trial.
    axes
        Panels to draw in, one for each layer that has a population which is large enough; a new
        figure if None.

    Raises
    ------
    StatisticsError
        The period is not a multiple of the bin, or the recording is shorter than one period.
    ConfigError
        The number of panels given is not that of layers.
    """
    found = trial_averages(
        trains, population, population_names, period_ms=period_ms, bin_ms=bin_ms,
        smoothing_ms=smoothing_ms,
    )  # fmt: skip
    return averages(found, period_name=period_name, spans=spans, title=title, axes=axes)


def averages(
    found: TrialAverages,
    *,
    period_name: str = "trial",
    spans: Sequence[Span] = (),
    title: str = "",
    axes: Sequence[Axes] | None = None,
) -> Figure:
    """Draw rates that were averaged over trials, a panel for each layer.

    Parameters
    ----------
    found
        The averages.
    period_name, spans, title, axes
        As for `psth`.

    Raises
    ------
    ConfigError
        The number of panels given is not that of layers.
    """
    layers = found.layers or [""]
    figure, panels = panels_of(axes, (8.0, 1.2 + 1.35 * len(layers)), len(layers))
    for panel, layer in zip(panels, layers, strict=True):
        _draw_layer(panel, found, layer)
        panel.set_xlim(0, found.period_ms)
        panel.tick_params(labelbottom=panel is panels[-1])
        shade(panel, spans, labelled=panel is panels[0])
    write_title(panels[0], title, spans)
    label = f"time in the {period_name} (ms)" if found.n_trials > 1 else "time (ms)"
    remarks = "\n".join(filter(None, (found.how(period_name), found.without())))
    panels[-1].set_xlabel(f"{label}\n{remarks}", **LABEL)
    if found.populations:
        classes = dict.fromkeys(class_name(each.name) for each in found.populations)
        handles = [Line2D([], [], color=class_colour(c), linewidth=2, label=c) for c in classes]
        legend_below(panels[-1], handles, own=axes is None)
    return figure


def _draw_layer(axes: Axes, found: TrialAverages, layer: str) -> None:
    """Draw the populations of a layer, with their numbers of cells."""
    counts = []
    for each in found.in_layer(layer):
        colour = colour_of(each.name)
        axes.plot(found.time_ms, each.mean_Hz, color=colour, linewidth=1.4)
        if each.sem_Hz is not None:
            low, high = each.mean_Hz - each.sem_Hz, each.mean_Hz + each.sem_Hz
            axes.fill_between(found.time_ms, low, high, color=colour, alpha=0.25, linewidth=0)
        counts.append(f"{class_name(each.name)} {each.n_cells:,}")
    if counts:
        axes.set_title(f"cells: {', '.join(counts)}", loc="right", fontsize=7.5, pad=2)
    else:
        axes.text(
            0.5, 0.5, "no population is large enough", transform=axes.transAxes, ha="center",
            fontsize=9,
        )  # fmt: skip
    axes.set_ylim(bottom=0)
    axes.set_ylabel(f"{layer}\nrate (Hz)" if layer else "rate (Hz)", **LABEL)


def stratified_sample(
    population: IntArray, n_populations: int, rows: int, seed: int
) -> npt.NDArray[np.int64]:
    """Sample neurons of each population, in order: its share of `rows`, at least `MIN_ROWS`.

    Returns
    -------
    sample
        Indices of neurons; int64[n].
    """
    rng = np.random.default_rng(np.random.SeedSequence(seed))
    parts = []
    for index in range(n_populations):
        members = np.flatnonzero(population == index)
        share = round(rows * members.size / population.size)
        size = min(members.size, max(share, MIN_ROWS))
        parts.append(np.sort(rng.choice(members, size, replace=False)))
    return np.concatenate(parts).astype(np.int64)


def label_places(
    population: IntArray, height: float
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], FloatArray]:
    """Return where labels of populations are written beside a raster.

    Parameters
    ----------
    population
        Population of each row, ascending; int[n_rows].
    height
        Height of a label relative to that of the raster.

    Returns
    -------
    present, first, place
        The populations that have rows, the first row of each, and the row of its label: its middle,
        except that labels of small populations are moved apart.
    """
    present, first = np.unique(population, return_index=True)
    place = (first + np.append(first[1:], population.size)) / 2
    for k in range(1, len(place)):
        place[k] = max(place[k], place[k - 1] + height * population.size)
    return present.astype(np.int64), first.astype(np.int64), place


def _draw_spikes(
    axes: Axes, sample: SpikeTrains, population: IntArray, population_names: Sequence[str]
) -> None:
    colours = np.array([colour_of(name) for name in population_names])
    axes.scatter(
        sample.times_ms,
        sample.senders + 0.5,
        s=5,
        marker="|",
        linewidths=1.1,
        rasterized=True,
        c=colours[population[sample.senders]],
    )
    x_of_axes_y_of_data = blended_transform_factory(axes.transAxes, axes.transData)
    previous = ""
    for index, first, place in zip(*label_places(population, LABEL_HEIGHT), strict=True):
        name = population_names[index]
        axes.text(
            -0.008, place, readable_name(name), transform=x_of_axes_y_of_data, ha="right",
            va="center", color=text_colour_of(name), fontsize=7.5,
        )  # fmt: skip
        if previous and layer_name(name) != previous:
            axes.axhline(first, color="black", linewidth=0.6)
        previous = layer_name(name)
    axes.set_ylim(sample.n_neurons, 0)
    axes.set_yticks([])


def _fine_bin(duration_ms: float) -> float:
    """Return a bin width in whole ms with about 100 bins in the plot."""
    return float(max(1, round(duration_ms / 100)))


def _draw_class_rates(
    axes: Axes,
    trains: SpikeTrains,
    population: IntArray,
    population_names: Sequence[str],
    bin_ms: float,
) -> None:
    edges = trains.start_ms + np.arange(trains.n_bins(bin_ms) + 1) * bin_ms
    class_of = np.array([class_name(name) for name in population_names])[population]
    for cell_class in classes_of(population, population_names):
        members = np.flatnonzero(class_of == cell_class)
        counts = trains.select(members).population_counts(bin_ms)
        rate_Hz = counts * (1000.0 / bin_ms / members.size)
        colour = class_colour(cell_class)
        axes.stairs(rate_Hz, edges, color=colour, linewidth=1.0, baseline=None)
    axes.set_ylim(bottom=0)


def _on_axis(values_Hz: FloatArray) -> FloatArray:
    return np.maximum(values_Hz, LOWEST_RATE_HZ)


def _quantile_bar(
    axes: Axes, height: float, quantiles_Hz: FloatArray, mean_Hz: float, colour: str
) -> None:
    q05, q25, q50, q75, q95 = _on_axis(quantiles_Hz)
    axes.plot([q05, q95], [height, height], color=colour, linewidth=1.5, zorder=3)
    axes.barh(height, q75 - q25, left=q25, height=0.3, color=colour, linewidth=0, zorder=4)
    axes.plot([q50, q50], [height - 0.15, height + 0.15], color="white", linewidth=1.8, zorder=5)
    axes.plot(
        max(mean_Hz, LOWEST_RATE_HZ), height, marker="D", markersize=4.5, color=colour,
        markeredgecolor="black", markeredgewidth=0.8, zorder=6,
    )  # fmt: skip


def _rate_axis(axes: Axes, names: Sequence[str], labels: Sequence[str]) -> None:
    axes.set_xscale("log")
    axes.set_xlim(LOWEST_RATE_HZ * 0.9, None)
    kept = [tick for tick in RATE_TICKS_HZ if tick <= axes.get_xlim()[1]]
    axes.set_xticks(kept, [RATE_TICKS_HZ[tick] for tick in kept])
    axes.minorticks_off()
    axes.set_yticks(range(len(names)), labels)
    for label, name in zip(axes.get_yticklabels(), names, strict=True):
        label.set_color(text_colour_of(name))
    for row in range(1, len(names)):
        new_layer = layer_name(names[row]) != layer_name(names[row - 1])
        axes.axhline(row - 0.5, color="black" if new_layer else "#DDDDDD", linewidth=0.6, zorder=1)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_xlabel("firing rate (Hz)", **LABEL)


def _rate_legend(axes: Axes, names: Sequence[str]) -> None:
    classes = dict.fromkeys(class_name(name) for name in names)
    handles: list[Patch | Line2D] = [
        Patch(color=class_colour(c), label=f"model {c}") for c in classes
    ]
    handles.append(Patch(color=MOUSE_COLOUR, label="mouse"))
    handles.append(Line2D([], [], marker="D", color="none", markeredgecolor="black", label="mean"))
    axes.legend(
        handles=handles, loc="lower center", bbox_to_anchor=(0.45, 1.0), ncols=len(handles),
        frameon=False, fontsize=7.5, columnspacing=1.2, handlelength=1.4,
    )  # fmt: skip
