"""Feishu's documents as Markdown: blocks, text elements, tables. Pure; who asks Feishu is worker/sources."""
