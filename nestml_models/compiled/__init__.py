"""Compiled rules: models in NEST, proofs, pairing windows."""
