"""Feishu's documents: wiki spaces, docx, folders, sheets and bases, and the routes that read them."""
