"""Compare any SONATA spike file with the mouse, from Python."""

import csv
from pathlib import Path

import h5py
import matplotlib.pyplot as plt
import numpy as np

import v1cortex as v1c

# %% Spikes, and what the cells are
# Spikes from another program: 60 excitatory cells at 4 Hz and 20 fast-spiking ones at 12 Hz, 10 s.
rng = np.random.default_rng(1)
rates_Hz = np.repeat([4.0, 12.0], [60, 20])
counts = rng.poisson(rates_Hz * 10)
with h5py.File("spikes.h5", "w") as file:
    group = file.create_group("spikes/model")
    group["node_ids"] = np.repeat(np.arange(80), counts).astype(np.uint64)
    group["timestamps"] = rng.uniform(0, 10_000, counts.sum())
    group["timestamps"].attrs["units"] = "ms"
with Path("cells.csv").open("w", newline="") as file:
    cells = [(k, "L4_E" if k < 60 else "L4_Pvalb") for k in range(80)]
    csv.writer(file).writerows([("node_id", "population"), *cells])

# %% Compared with the mouse
found = v1c.validate("spikes.h5", "cells.csv", stop_ms=10_000).to_frame().loc[0]  # run 0
print(found[["n_model", "model_mean_Hz", "mouse_mean_Hz", "distance_Hz", "floor_Hz"]].round(1))

# %% Mean rates
figure, axes = plt.subplots(figsize=(4, 3), layout="constrained")
places = np.arange(len(found))
axes.bar(places - 0.2, found.model_mean_Hz, 0.4, label="model", color="#0072b2")
axes.bar(places + 0.2, found.mouse_mean_Hz, 0.4, label="mouse", color="0.6")
axes.set(xticks=places, xticklabels=found.index, ylabel="mean rate (Hz)")
axes.legend(frameon=False)
figure.savefig("validate_spikes.png", dpi=150)
