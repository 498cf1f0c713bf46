"""What knows: from documents to passages, and whether they answer a message."""
