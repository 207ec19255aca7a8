"""Plots of tasks: time line with frames and response window, and positions of the pools."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from v1cortex.circuit import Circuit
from v1cortex.plots.style import LABEL, new_grid, panels_of
from v1cortex.stimuli import HEIGHT_DEG, WIDTH_DEG

if TYPE_CHECKING:
    from v1cortex.tasks import Task, TrialBlock

__all__ = ["draw_task"]

SEEN_DEG = (30, 30)
"""Width and height of the central part of the field shown in frames: about what a circuit of a few
thousand neurons sees."""
WINDOW_COLOUR = "#E69F00"
POOL_COLOURS = (
    "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9",
    "#E69F00", "#000000", "#8A8A8A", "#7B3294", "#A6611A",
)  # fmt: skip
FRAME_WIDTH = 0.13
"""Width of a drawn frame relative to the time line."""


def draw_task(
    task: Task,
    block: TrialBlock,
    circuit: Circuit,
    pools: NDArray[np.int32],
    n_trials: int = 4,
    axes: Sequence[Axes] | None = None,
) -> Figure:
    """Draw the first trials of a block, and the read-out pools.

    Parameters
    ----------
    task
        The task.
    block
        Trials of the task.
    circuit
        The circuit with the pools.
    pools : int32[n_pools, n]
        Neuron indices of the pools.
    n_trials
        Number of trials to draw.
    axes
        Panels to draw in, one for each trial and one for the pools; a new figure if None.

    Raises
    ------
    ConfigError
        If the number of panels is another.
    """
    n_trials = min(n_trials, block.n_trials)
    figure: Figure
    if axes is None:
        figure, grid = new_grid((11, 1.1 + 1.35 * n_trials), n_trials, 2, width_ratios=[3.2, 1])
        panels = [figure.add_subplot(grid[trial, 0]) for trial in range(n_trials)]
        panels.append(figure.add_subplot(grid[:, 1]))
        text = f"{task.name}, {task.preset}: {task.summary}"
        figure.suptitle(text, x=0.01, ha="left", fontsize=11)
    else:
        figure, panels = panels_of(axes, (0, 0), n_trials + 1)
    for trial, panel in enumerate(panels[:-1]):
        _draw_trial(panel, task, block, trial)
        if trial == n_trials - 1:
            panel.set_xlabel("time in trial (ms)", **LABEL)
        else:
            panel.set_xticklabels([])
    _draw_pools(panels[-1], task, circuit, pools)
    return figure


def _draw_trial(axes: Axes, task: Task, block: TrialBlock, trial: int) -> None:
    """Draw the time line of a trial, with a frame above each new image."""
    begin = (block.n_warmup_trials + trial) * block.trial_ms
    shown = block.movie.frame_of_step[begin : begin + block.trial_ms]
    gray = _is_gray(block)
    axes.set_xlim(0, block.trial_ms)
    axes.set_ylim(0, 1)
    axes.axvspan(*block.window_ms, color=WINDOW_COLOUR, alpha=0.35, linewidth=0)
    limit = max(float(np.abs(block.movie.frames).max()), 1e-9)
    edges = np.concatenate([[0], np.flatnonzero(np.diff(shown)) + 1, [len(shown)]])
    pictures = []
    for start, stop in pairwise(edges.tolist()):
        is_gray = bool(gray[shown[start]])
        colour = "#BBBBBB" if is_gray else "#222222"
        axes.axvspan(start, stop, ymin=0.0, ymax=0.1, color=colour, linewidth=0)
        if not is_gray:
            pictures.append(((start + stop) / 2 / block.trial_ms, int(shown[start])))
    spacing = min((b - a for (a, _), (b, _) in pairwise(pictures)), default=1.0)
    width = min(FRAME_WIDTH, spacing - 0.006)
    for middle, index in pictures:
        inset = axes.inset_axes((middle - width / 2, 0.15, width, 0.82))
        inset.imshow(
            _middle(block.movie.frames[index]),
            cmap="gray", vmin=-limit, vmax=limit, origin="lower",
        )  # fmt: skip
        inset.set_xticks([])
        inset.set_yticks([])
    answer = task.class_names[block.labels[trial]]
    axes.set_title(f"trial {trial + 1}: {answer}", loc="left", fontsize=9, pad=3)
    if trial == 0:
        axes.set_title("shaded: response window", loc="right", fontsize=8, pad=3)
    axes.set_yticks([])
    axes.tick_params(labelsize=8)
    axes.spines[["top", "right", "left"]].set_visible(False)


def _draw_pools(axes: Axes, task: Task, circuit: Circuit, pools: NDArray[np.int32]) -> None:
    """Draw the layer 5 excitatory cells seen from above, with the pools in colour."""
    nodes, cells = circuit.nodes, circuit.population_slice("L5_E")
    axes.scatter(nodes.x_um[cells], nodes.z_um[cells], s=4, color="#CCCCCC", label="L5 E")
    names = task.class_names if len(pools) > 1 else (f"the pool ({pools.shape[1]} cells)",)
    for index, (pool, name) in enumerate(zip(pools, names, strict=True)):
        colour = POOL_COLOURS[index % len(POOL_COLOURS)]
        axes.scatter(nodes.x_um[pool], nodes.z_um[pool], s=9, color=colour, label=name)
    axes.set_aspect("equal")
    axes.set_xlabel("x (µm)", **LABEL)
    axes.set_ylabel("z (µm)", **LABEL)
    axes.tick_params(labelsize=8)
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_title(
        f"read-out, {circuit.n_neurons:,} neurons\n{len(names)} x {pools.shape[1]} of "
        f"{cells.stop - cells.start} L5 E cells",
        fontsize=9,
    )
    axes.legend(
        loc="upper center", bbox_to_anchor=(0.5, -0.18), ncols=3, fontsize=7, frameon=False,
        handletextpad=0.1, columnspacing=0.8,
    )  # fmt: skip


def _is_gray(block: TrialBlock) -> NDArray[np.bool_]:
    return np.asarray(~block.movie.frames.any(axis=(1, 2)))


def _middle(frame: NDArray[np.float32]) -> NDArray[np.float32]:
    width, height = SEEN_DEG
    top, left = (HEIGHT_DEG - height) // 2, (WIDTH_DEG - width) // 2
    return frame[top : top + height, left : left + width]
