"""Size of the published model, the upper limit for circuits."""

FULL_NEURONS = 230_924
"""Cells of the full model, radius 845 µm (Billeh et al. 2020, Neuron 106:388)."""
