"""The words all rooms share: documents, chunks, terms, the glossary."""
