"""The client against real servers that nobody here wrote. `make test-servers` runs them."""
