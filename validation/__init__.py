"""Biological validity: statistics of spike trains scored against mouse V1."""
