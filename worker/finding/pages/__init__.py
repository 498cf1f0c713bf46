"""Which pages are read, and which of their sections."""
