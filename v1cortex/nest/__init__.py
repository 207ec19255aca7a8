"""NEST and PyNN: how they start, on one process or several MPI ranks."""
