"""Checks keys, scopes, Redis, index and engine, and says what to do."""
