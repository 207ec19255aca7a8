"""The population of each neuron, from networks of any program and from tables."""

import numpy as np
import pytest

from v1cortex.errors import CircuitError
from v1cortex.sonata import save_circuit
from v1cortex.spikes import one_group, read_cells
from v1cortex.tables import POPULATIONS, is_excitatory


def write_table(path, rows, header="node_id,population"):
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


def test_a_circuit_folder_gives_the_circuit_s_populations(small_circuit, tmp_path):
    save_circuit(small_circuit, tmp_path / "circuit")
    cells = read_cells(tmp_path / "circuit", "v1")
    population = small_circuit.nodes.population
    assert np.array_equal(cells.group, population)
    assert np.array_equal(cells.excitatory, np.flatnonzero(is_excitatory(population)))
    with pytest.raises(CircuitError, match=r"no node population 'cortex'.*v1"):
        read_cells(tmp_path / "circuit", "cortex")


def test_table_in_any_order_with_names_of_other_programs(tmp_path):
    table = write_table(tmp_path / "c.csv", ["30,e4Rorb", "10,L5_Pvalb", "20,exc"])
    cells = read_cells(table, "any", {"exc": "L6_E"})
    assert cells.node_id.tolist() == [10, 20, 30]
    assert [POPULATIONS[k] for k in cells.group] == ["L5_Pvalb", "L6_E", "L4_E"]
    assert cells.index_of(np.array([30, 10, 30])).tolist() == [2, 0, 2]
    for stranger in (5, 25, 31):
        with pytest.raises(CircuitError, match=f"node {stranger} has spikes"):
            cells.index_of(np.array([10, stranger]))


@pytest.mark.parametrize(
    ("rows", "header", "parts"),
    [
        (["1,exc"], "node_id,population", "--population exc=L4_E"),
        (["1,L4_E", "1,L4_E"], "node_id,population", "names a node twice: 1"),
        (["1,L4_E"], "id,population", "columns node_id and population"),
        (["one,L4_E"], "node_id,population", "line 2: node_id is 'one'"),
        (["1,L4_E", "2.5,L4_E"], "node_id,population", "line 3: node_id is '2.5'"),
        (["-1,L4_E"], "node_id,population", "line 2: node_id is '-1'"),
        (["9" * 300 + ",L4_E"], "node_id,population", "line 2: node_id is '9999"),
        (["1,L4_E,x"], "node_id,population", "line 2: 3 values, but 2 columns"),
    ],
)
def test_tables_that_say_too_little(tmp_path, rows, header, parts):
    with pytest.raises(CircuitError, match=parts):
        read_cells(write_table(tmp_path / "c.csv", rows, header), "any")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("c.csv", "\ufeffnode_id,population\r\n20,L5_E\r\n10,L4_E\r\n"),
        ("c.CSV", "node_id, population\n20, L5_E\n10, L4_E\n"),
        ("c.csv", "population;node_id\nL5_E;20\nL4_E;10\n\n"),
        ("c.tsv", "Node_ID\tPopulation\tx\n20\tL5_E\t\n10\tL4_E\t1\n"),
        ("c.txt", "# cells\nnode_id population\n20 L5_E\n10.0 L4_E"),
        ("c.csv", "node_id,population\n20,L5_E,\n10,L4_E,\n"),
    ],
)
def test_tables_of_spreadsheets_and_hands(tmp_path, name, content):
    path = tmp_path / name
    for encoding in ("utf-8", "utf-16"):
        path.write_bytes(content.lstrip("\ufeff" * (encoding == "utf-16")).encode(encoding))
        cells = read_cells(path, "any")
        assert cells.node_id.tolist() == [10, 20]
        assert [POPULATIONS[k] for k in cells.group] == ["L4_E", "L5_E"]


def test_a_population_for_a_cell_type_that_there_is_not(tmp_path):
    table = write_table(tmp_path / "c.csv", ["1,exc", "2,inh"])
    with pytest.raises(CircuitError, match=r"no cell type 'exz'.*Did you mean 'exc'"):
        read_cells(table, "any", {"exz": "L4_E"})


def test_neurons_of_which_nothing_is_known_all_count_as_excitatory():
    cells = one_group(3)
    assert cells.names == ("all",)
    assert cells.excitatory.tolist() == [0, 1, 2]
