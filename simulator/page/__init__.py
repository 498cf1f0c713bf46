"""The group chat in the browser."""
