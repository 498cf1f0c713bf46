"""Sources that must be asked over a network; the index names them by dotted path (index/sources/asked.py)."""
