"""A rule and its static control on change detection: paired differences over seeds."""

import v1cortex as v1c
from validation.comparison import estimate, paired_difference

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
for name, values in auc.items():
    found = estimate(values)
    print(f"{name:6s} AUC {found.mean:.3f}, 95 % interval {found.low:.3f} to {found.high:.3f}")
difference = paired_difference(auc["s_pre"], auc["none"])
print(
    f"s_pre minus none, seed by seed: {difference.estimate.mean:+.3f}, "
    f"{difference.estimate.low:+.3f} to {difference.estimate.high:+.3f}"
)
