"""What all packages share: files written whole, near names, program versions, progress."""
