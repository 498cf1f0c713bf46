"""Who writes: quotes without a model, a model server, servers of its own; and the choice."""
