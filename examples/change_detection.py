"""A rule and its static control on change detection: paired differences over seeds."""

import matplotlib.pyplot as plt

import v1cortex as v1c
from validation.comparison import estimate, paired_difference

# %% Train and test on the same networks
protocol = v1c.Protocol(
    tasks=("gratings",),
    training_trials=20,
    threshold_trials=10,
    validation_trials=30,
    plastic="E->E",
)
seeds = (1, 2, 3)
auc = {
    name: [
        v1c.evaluate(v1c.build_circuit(1000, seed), name, protocol, seed).tasks["gratings"].auc
        for seed in seeds
    ]
    for name in ("none", "s_pre")
}
# %% Differences, seed by seed
for name, values in auc.items():
    found = estimate(values)
    print(f"{name:6s} AUC {found.mean:.3f}, 95 % interval {found.low:.3f} to {found.high:.3f}")
difference = paired_difference(auc["s_pre"], auc["none"])
print(
    f"s_pre minus none, seed by seed: {difference.estimate.mean:+.3f}, "
    f"{difference.estimate.low:+.3f} to {difference.estimate.high:+.3f}"
)

# %% Each line is a network
figure, axes = plt.subplots(figsize=(4, 3), layout="constrained")
for pair in zip(auc["none"], auc["s_pre"], strict=True):
    axes.plot([0, 1], pair, "o-", color="0.3")
axes.axhline(0.5, color="0.6", linestyle=":")
axes.set(xticks=[0, 1], xticklabels=["static", "s_pre"], xlim=(-0.5, 1.5), ylabel="score (AUC)")
figure.savefig("change_detection.png", dpi=150)
