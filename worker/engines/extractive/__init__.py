"""Answers without a model: the passages that fit best, word for word."""
