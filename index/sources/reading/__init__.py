"""The process that reads documents: what a document does to a library stays there."""
