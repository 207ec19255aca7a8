from .algorithms import make_algorithm
from .choices import ALGORITHMS, check_algorithm
from .estimate import Estimate
from .noise import COUNT, VALUES, RunningMoments, attach
from .paired import PairedSearch
from .seed_effects import SeedEffects, fit

__all__ = [
    "ALGORITHMS",
    "COUNT",
    "VALUES",
    "Estimate",
    "PairedSearch",
    "RunningMoments",
    "SeedEffects",
    "attach",
    "check_algorithm",
    "fit",
    "make_algorithm",
]
