"""SONATA files: circuits, spikes, and networks of other programs."""
