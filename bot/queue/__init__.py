"""From a proven event to a durable job in Redis, in one atomic step."""
