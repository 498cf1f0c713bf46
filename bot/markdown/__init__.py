"""Text in Markdown to blocks, whole or half-written; knows no card."""
