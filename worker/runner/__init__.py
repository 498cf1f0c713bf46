"""Many jobs at once in one process, and none lost: takeover, leases, signs of life."""
