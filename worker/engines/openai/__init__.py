"""The client of any OpenAI-compatible server: attempts, streaming, tokens, scores."""
