"""What the webhook benchmarks share: the load, the servers under it, and a listener to compare with."""
