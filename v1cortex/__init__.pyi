from ._other_packages import (
    EvolveConfig,
    Rule,
    Run,
    SpikeTrains,
    V1CortexError,
    compile_rule,
    evolve,
)
from ._version import __version__
from .circuit import Circuit, build_circuit
from .evaluation import Evaluation, Protocol, evaluate
from .nest import plastic, plastic_pynn
from .network import Network
from .rules import load_rule
from .simulation import Simulation, simulate, validate
from .sonata import load_circuit, save_circuit
from .stimuli import Movie, drifting_grating, gray_movie, load_movie

__all__ = [
    "Circuit",
    "Evaluation",
    "EvolveConfig",
    "Movie",
    "Network",
    "Protocol",
    "Rule",
    "Run",
    "Simulation",
    "SpikeTrains",
    "V1CortexError",
    "__version__",
    "build_circuit",
    "compile_rule",
    "drifting_grating",
    "evaluate",
    "evolve",
    "gray_movie",
    "load_circuit",
    "load_movie",
    "load_rule",
    "plastic",
    "plastic_pynn",
    "save_circuit",
    "simulate",
    "validate",
]
