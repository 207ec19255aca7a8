"""Short headings of objectives in tables on the terminal."""

COLUMNS = ("error", "complexity", "peak Hz", "synchrony", "rate error", "rate dist.")
"""One for each objective, in their order."""

EXPECTED = "expected difference to the static network"
"""What an estimate of a search by pairs is, before its value."""
