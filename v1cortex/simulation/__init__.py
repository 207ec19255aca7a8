"""Simulations of static circuits: activity, tuning, calibration."""
