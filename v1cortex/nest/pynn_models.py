"""PyNN populations, cell and synapse types for the compiled NESTML models."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from v1cortex.nest import ranks
from v1cortex.nest.kernel import RECEPTORS, load_nest, load_pynn, node_ids, set_each
from v1cortex.nest.pynn_recorder import Recorder

load_pynn()

from pyNN.models import BaseSynapseType  # noqa: E402
from pyNN.nest.cells import NativeCellType  # noqa: E402
from pyNN.nest.populations import Population as PyNNPopulation  # noqa: E402
from pyNN.nest.simulator import ID  # noqa: E402
from pyNN.nest.synapses import NESTSynapseMixin  # noqa: E402
from pyNN.parameters import LazyArray  # noqa: E402


class Cell(ID):
    """PyNN's cell, which creates its NEST node collection only when needed."""

    @property
    def node_collection(self) -> Any:  # noqa: ANN401
        """The cell as a NEST node collection."""
        return load_nest().NodeCollection([int(self)])


class Population(PyNNPopulation):
    """PyNN's population, created in bulk, even on MPI ranks without any of its cells.

    PyNN 0.13 reads the status of every cell several times and creates a NEST node collection for
    every cell, which takes most of the time and memory of a large network's cells. It also mistakes
    a single cell on another rank for an array of cells, and sets initial values of empty sets of
    cells, which NEST rejects.
    """

    _mask_local: NDArray[np.bool_]
    _first_columns: dict[str, NDArray[Any]]
    _recorder_class = Recorder

    def _create_cells(self) -> None:
        nest = load_nest()
        self.node_collection = nest.Create(self.celltype.nest_model, self.size)
        ids = node_ids(self.node_collection)
        self._mask_local = (
            np.ones(self.size, dtype=bool)
            if ranks.size() == 1
            else ranks.owns(np.asarray(ids), nest.total_num_virtual_procs)
        )
        space = self.celltype.parameter_space
        space.shape = (self.size,)
        space.evaluate(mask=None, simplify=False)
        defaults = self.celltype.default_parameters
        self._first_columns = {
            name: np.broadcast_to(values, (self.size,))[self._mask_local]
            for name, values in space.as_dict().items()
            if np.any(values != defaults[name])
        }
        self.all_cells = np.array([Cell(number) for number in ids], dtype=object)
        for cell in self.all_cells:
            cell.parent = self

    @property
    def local_node_collection(self) -> Any:  # noqa: ANN401
        """NEST node collection of the cells on this rank."""
        return self.node_collection if self._mask_local.all() else super().local_node_collection

    def initialize(self, **initial_values: Any) -> None:  # noqa: ANN401
        """Set initial values of state variables, as in PyNN, which also prints them for its log.

        PyNN calls this as soon as it has created the cells. NEST checks a cell's parameters and
        state together, whatever is set, so they are set together.
        """
        columns, self._first_columns = self._first_columns, {}
        for variable, value in initial_values.items():
            initial = LazyArray(value, shape=(self.size,), dtype=float)
            columns[variable] = self._local_values(initial)
            self.initial_values[variable] = initial
        self._set_columns(columns)

    def _set_initial_value_array(self, variable: str, value: Any) -> None:  # noqa: ANN401
        self._set_columns({variable: self._local_values(value)})

    def _local_values(self, value: Any) -> NDArray[np.float64]:  # noqa: ANN401
        values: NDArray[np.float64] = np.broadcast_to(value.evaluate(), (self.size,))
        return values[self._mask_local]

    def _set_columns(self, columns: dict[str, NDArray[Any]]) -> None:
        """Set parameters of the local cells, given as one array each."""
        if not columns or not self._mask_local.any():
            return
        rows = zip(*(values.tolist() for values in columns.values()), strict=True)
        set_each(self.local_node_collection, [dict(zip(columns, row, strict=True)) for row in rows])


def cell_type(nest_model: str) -> type:
    """Return a PyNN cell type for the compiled GLIF3 model.

    For native models, PyNN derives the parameters from all of NEST's defaults and offers only the
    receptors "excitatory" and "inhibitory"; here both are the model's own.

    Parameters
    ----------
    nest_model
        Name of an installed GLIF3 model.
    """
    defaults = load_nest().GetDefaults(nest_model)
    recordables = [str(name) for name in defaults["recordables"]]
    parameters = {
        name: float(value)
        for name, value in defaults.items()
        if isinstance(value, float) and name not in _NOT_PARAMETERS and name not in recordables
    }
    return type(
        "GLIF3",
        (_GLIF3,),
        {
            "nest_model": nest_model,
            "nest_name": {"on_grid": nest_model, "off_grid": nest_model},
            "default_parameters": parameters,
            "default_initial_values": {"V_m": float(defaults["V_m"])},
            "recordable": [*recordables, "spikes"],
            "units": {"V_m": "mV", "spikes": "ms"}
            | {name: "pA" for name in recordables if name.startswith("I_")},
        },
    )


class _GLIF3(NativeCellType):
    """The GLIF3 neuron with one receptor for each kind of connection."""

    receptor_types: ClassVar[list[str]] = list(RECEPTORS)
    standard_receptor_type = False
    injectable = True
    conductance_based = False
    always_local = False
    uses_parrot = False

    def get_receptor_type(self, name: str) -> int:
        return RECEPTORS[name]


_NOT_PARAMETERS = {
    "Ca",
    "beta_Ca",
    "post_trace",
    "tau_Ca",
    "tau_minus",
    "tau_minus_triplet",
    "t_spike",
}


class CompiledSynapse(NESTSynapseMixin, BaseSynapseType):
    """A PyNN synapse type for one copy of a NEST synapse model.

    PyNN sets parameters as defaults of a model that all its projections share, so every synapse
    type of the network has its own copy, on which homogeneous parameters are set.

    Parameters
    ----------
    nest_model
        Name of the model's copy, in the variant with connection labels.
    delay_ms
        Initial delay of the projection; default: the network's minimum delay, which PyNN gets from
        NEST.
    is_own_model
        Whether only one projection has connections of this model.
    """

    default_parameters: ClassVar[dict[str, float | None]] = {"weight": 0.0, "delay": None}

    def __init__(
        self, nest_model: str, delay_ms: float | None = None, *, is_own_model: bool = False
    ) -> None:
        self.nest_name, self.is_own_model = nest_model, is_own_model
        super().__init__(delay=delay_ms)

    @property
    def native_parameters(self) -> Any:  # noqa: ANN401
        """Weight and delay, in NEST's units."""
        return self.parameter_space

    def _get_nest_synapse_model(self) -> str:
        return self.nest_name
