"""Fits the gate to labelled messages and measures gate and retrieval."""
