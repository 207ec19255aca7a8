from .algorithms import make_algorithm
from .choices import ALGORITHMS, check_algorithm
from .noise import COUNT, RunningMoments, attach
from .seed_effects import SeedEffects, fit

__all__ = [
    "ALGORITHMS",
    "COUNT",
    "RunningMoments",
    "SeedEffects",
    "attach",
    "check_algorithm",
    "fit",
    "make_algorithm",
]
