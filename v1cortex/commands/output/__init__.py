"""What verbs write: consoles, progress, tables, folders."""
