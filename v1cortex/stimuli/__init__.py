"""Movies that the LGN sees."""
