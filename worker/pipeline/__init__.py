"""The steps of one question: score, retrieve, generate, verify, and the Trace of them."""
