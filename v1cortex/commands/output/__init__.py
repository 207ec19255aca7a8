"""Output of verbs: consoles, progress, tables, folders."""
