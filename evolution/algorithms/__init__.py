"""Search algorithms for noisy objectives."""
