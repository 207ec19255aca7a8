"""The folder of a run: settings, evaluations, front."""
