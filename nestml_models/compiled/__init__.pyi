from .agreement import Agreement, compare_with_general
from .compiled_rule import CompiledRule, compile_rule, compile_rules
from .pairing import N_PAIRINGS, Window, simulate_window
from .transmitter import create_transmitter

__all__ = [
    "N_PAIRINGS",
    "Agreement",
    "CompiledRule",
    "Window",
    "compare_with_general",
    "compile_rule",
    "compile_rules",
    "create_transmitter",
    "simulate_window",
]
