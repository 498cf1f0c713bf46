"""Decides whether a message is a question that these documents can answer."""

from index.gate.gate import Decision, Gate, open_gate

__all__ = ["Decision", "Gate", "open_gate"]
