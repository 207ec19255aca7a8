"""`v1cortex build`: from tables to a circuit in a SONATA folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from v1cortex.circuit import Circuit, build_circuit
from v1cortex.commands.options.common import AsJson, Neurons, Seed
from v1cortex.commands.output.progress import status
from v1cortex.commands.output.tables import table
from v1cortex.commands.output.text import messages, print_json, results
from v1cortex.errors import CircuitError
from v1cortex.network import with_short_term
from v1cortex.sonata import load_circuit, save_circuit
from v1cortex.tables import POPULATIONS

ShortTermOfCircuit = Annotated[
    str,
    typer.Option(
        "--short-term",
        help="Short-term dynamics of synapses: off, table (the mouse's), rat (depressing E->E "
        "synapses), or a table's file.",
    ),
]


def build(
    neurons: Neurons = 3000,
    seed: Seed = 1,
    short_term: ShortTermOfCircuit = "off",
    out: Annotated[Path, typer.Option("--out", help="Folder to write.")] = Path("circuit"),
    as_json: AsJson = False,
) -> None:
    """Sample a circuit of mouse V1 and write it as a SONATA folder."""
    if out.exists() and _names(out):
        circuit = _existing(out, neurons, seed, short_term)
        messages.print(f"{out} already contains this circuit; nothing to do")
    else:
        with status("sampling") as report:
            circuit = build_circuit(neurons, seed, progress=report)
            if short_term != "off":
                circuit = with_short_term(circuit, short_term)
            report("writing SONATA files")
            save_circuit(circuit, out)
    summary = circuit.summary()
    if as_json:
        print_json({"folder": str(out), "digest": circuit.digest(), **summary})
        return
    columns = ("population", "neurons", "recurrent inputs", "LGN inputs")
    results.print(table(f"{neurons} neurons, seed {seed}", columns, _rows(circuit)))
    results.print("inputs: mean number of connections onto a neuron")
    results.print(
        f"radius {summary['radius_um']:.1f} µm, {summary['n_connections']:,} connections "
        f"(expected {summary['expected_connections']:,.0f}), "
        f"{summary['n_lgn_units']} LGN units with {summary['n_lgn_connections']:,} connections"
    )
    results.print(f"written to {out}")


def _existing(out: Path, neurons: int, seed: int, short_term: str) -> Circuit:
    try:
        circuit = load_circuit(out)
    except CircuitError as error:
        names = _names(out)
        holds = ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")
        raise CircuitError(
            f"{out} contains {holds}, but no circuit that `v1cortex build` wrote, or a damaged "
            "one; choose another --out, or remove it"
        ) from error
    if (circuit.n_neurons, circuit.seed) != (neurons, seed):
        raise CircuitError(
            f"{out} contains a circuit of {circuit.n_neurons} neurons and seed {circuit.seed}, not "
            f"of {neurons} and {seed}; choose another --out, or remove it"
        )
    if with_short_term(circuit, short_term).digest() != circuit.digest():
        raise CircuitError(
            f"{out} holds a circuit with other short-term dynamics than '{short_term}'; choose "
            "another --out, or remove it"
        )
    return circuit


def _names(out: Path) -> list[str]:
    """Return the names in a folder."""
    try:
        return sorted(each.name for each in out.iterdir())
    except OSError as error:
        raise CircuitError(
            f"{out} cannot be written: {error.strerror}; choose another --out"
        ) from None


def _rows(circuit: Circuit) -> list[tuple[str, int, str, str]]:
    rows = []
    for name in POPULATIONS:
        cells = circuit.population_slice(name)
        n_cells = cells.stop - cells.start
        inputs = [
            np.count_nonzero((target >= cells.start) & (target < cells.stop)) / max(1, n_cells)
            for target in (circuit.edges.target, circuit.lgn_edges.target)
        ]
        rows.append((name, n_cells, *(f"{mean:.1f}" for mean in inputs)))
    return rows
