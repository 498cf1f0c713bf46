"""Builds a version of the index: only what changed is embedded, then it is published."""
