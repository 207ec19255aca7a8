"""Rules as vectors, and what varies them."""
