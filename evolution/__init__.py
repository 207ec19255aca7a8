"""Evolutionary search over plasticity rules."""
