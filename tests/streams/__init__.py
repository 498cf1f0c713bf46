"""Streams in the shapes that model servers send, after public reports, with what must be shown of each."""
