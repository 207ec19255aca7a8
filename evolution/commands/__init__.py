"""Verbs of the command line that search, and that read the results of searches."""
