"""What model servers send, read: streams, chunks, errors, reasoning. Pure; nothing here asks or waits.

Servers that call themselves OpenAI-compatible agree on little, so everything is taken as foreign input: of
any shape, size and order. Each form that is read was reported of a server in use; tests/streams has them.
"""
