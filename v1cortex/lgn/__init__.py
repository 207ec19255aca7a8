"""Firing rates of LGN units that see a movie."""
