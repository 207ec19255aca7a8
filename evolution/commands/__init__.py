"""Verbs of the command line that search, and that read what a search found."""
