"""A section of Markdown -> the pieces that may be shown alone."""
