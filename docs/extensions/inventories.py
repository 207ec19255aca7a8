"""Where other projects document the names that these pages use, for links without a network.

Sphinx would download each project's whole inventory, and a build without a network would differ.
The few names needed are written down here, each with its page, in the format that Sphinx reads.
"""

from __future__ import annotations

import zlib
from pathlib import Path

PYTHON = "https://docs.python.org/3/"
NUMPY = "https://numpy.org/doc/stable/"
PANDAS = "https://pandas.pydata.org/docs/"
MATPLOTLIB = "https://matplotlib.org/stable/"
NEST = "https://nest-simulator.readthedocs.io/en/stable/"
PYNN = "https://neuralensemble.org/docs/PyNN/"

_ABC = ("Callable", "Iterable", "Iterator", "Mapping", "Sequence", "Collection")
_SCALARS = (
    "bool",
    "bool_",
    "float32",
    "float64",
    "int8",
    "int16",
    "int32",
    "int64",
    "uint8",
    "integer",
)
_MODELS = (
    *("glif_psc", "parrot_neuron", "poisson_generator", "stdp_dopamine_synapse", "stdp_synapse"),
    *("tsodyks2_synapse", "volume_transmitter"),
)
_FUNCTIONS = {
    "Connect": "connections",
    "Create": "nodes",
    "GetConnections": "connections",
    "GetKernelStatus": "simulation",
    "Install": "simulation",
    "ResetKernel": "simulation",
    "SetKernelStatus": "simulation",
    "Simulate": "simulation",
}
_POPULATIONS = ("Population", "PopulationView", "Assembly")

PROJECTS: dict[str, dict[str, dict[str, str]]] = {
    PYTHON: {
        "py:class": {
            **{f"collections.abc.{n}": "library/collections.abc.html#{}" for n in _ABC},
            "pathlib.Path": "library/pathlib.html#{}",
            "typing.Any": "library/typing.html#{}",
            "typing.Literal": "library/typing.html#{}",
            "fractions.Fraction": "library/fractions.html#{}",
        }
    },
    NUMPY: {
        "py:class": {
            "numpy.ndarray": "reference/generated/{}.html#{}",
            "numpy.typing.NDArray": "reference/typing.html#{}",
            "numpy.typing.ArrayLike": "reference/typing.html#{}",
            "numpy.random.Generator": "reference/random/generator.html#{}",
            **{f"numpy.{name}": "reference/arrays.scalars.html#{}" for name in _SCALARS},
        },
        "py:function": {
            "numpy.random.default_rng": "reference/random/generator.html#{}",
        },
    },
    PANDAS: {
        "py:class": {
            "pandas.DataFrame": "reference/api/{}.html#{}",
            "pandas.Series": "reference/api/{}.html#{}",
            "pandas.Categorical": "reference/api/{}.html#{}",
        }
    },
    MATPLOTLIB: {
        "py:class": {
            "matplotlib.figure.Figure": "api/figure_api.html#{}",
            "matplotlib.axes.Axes": "api/_as_gen/{}.html#{}",
        }
    },
    NEST: {
        "py:class": dict.fromkeys(_MODELS, "models/{}.html"),
        "py:function": {
            f"nest.{name}": f"ref_material/pynest_api/nest.lib.hl_api_{page}.html"
            for name, page in _FUNCTIONS.items()
        },
    },
    PYNN: {
        "py:class": {f"pyNN.nest.{name}": "reference/populations.html" for name in _POPULATIONS},
    },
}
"""Address of each project, and by role the page of each name."""


def write_inventories(folder: Path) -> dict[str, tuple[str, str]]:
    """Write an inventory for each project, and return what `intersphinx_mapping` needs."""
    mapping = {}
    for address, roles in PROJECTS.items():
        name = address.split("//")[1].split(".")[0]
        path = folder / f"{name}.inv"
        path.write_bytes(_inventory(name, roles))
        mapping[name] = (address, str(path))
    return mapping


def _inventory(project: str, roles: dict[str, dict[str, str]]) -> bytes:
    lines = [
        f"{name} {role} 1 {page.replace('{}', name)} -\n"
        for role, names in roles.items()
        for name, page in names.items()
    ]
    head = (
        f"# Sphinx inventory version 2\n# Project: {project}\n# Version: \n"
        "# The remainder of this file is compressed using zlib.\n"
    )
    return head.encode() + zlib.compress("".join(lines).encode())
