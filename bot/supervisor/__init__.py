"""Everything that is needed on one machine under one command: processes, Redis, a tunnel, one log."""
