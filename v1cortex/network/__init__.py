"""A circuit as live PyNN populations and projections in NEST."""
