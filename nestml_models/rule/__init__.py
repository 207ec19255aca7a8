"""Plasticity rules: terms, coefficients, files."""
