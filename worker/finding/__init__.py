"""Which part of the pages answers a question, and whether it does: read whole, measured, judged."""
