"""An experiment's data without simulations."""

import json

from sample_results import firing_at, task_result

from v1cortex.commands.output.text import json_text
from v1cortex.evaluation import Evaluation, Protocol
from v1cortex.experiments import Condition, Setting
from v1cortex.experiments.rows import rows_of
from v1cortex.rules import load_rule
from validation.objectives import worst_values

SCORES = {
    "static": (0.55, 0.57, 0.53, 0.56),
    "s_pre": (0.66, 0.68, 0.63, 0.67),
    "s_pre, matched gain": (0.64, 0.66, 0.65, 0.66),
    "stdp <x>": (0.54, 0.58, 0.52, 0.57),
}


def experiment_data():
    """Return what the JSON file of an experiment with four conditions holds."""
    setting = Setting(Protocol(tasks=("gratings",)), 500, (1, 2, 3, 4))
    conditions = [
        Condition(
            name,
            load_rule(name.split(",")[0].split(" ")[0].replace("static", "none")),
            control="" if name == "static" else "static",
            description="no plasticity" if name == "static" else "",
        )
        for name in SCORES
    ]
    evaluations = {
        (name, "gratings", seed): Evaluation(
            "ok",
            worst_values(),
            seed,
            tasks={"gratings": task_result(auc, auc - 0.05)},
            statistics=firing_at(4.0),
        )
        for name, values in SCORES.items()
        for seed, auc in enumerate(values, start=1)
    }
    rows = rows_of(conditions, setting, evaluations)
    found = {
        "experiment": "sample",
        "score": "auc",
        "neurons": 500,
        "seeds": list(setting.seeds),
        "protocol": setting.protocol.model_dump(mode="json"),
        "rows": [row.to_dict() for row in rows],
        "remarks": ["stdp without its control"],
    }
    return json.loads(json_text(found))
