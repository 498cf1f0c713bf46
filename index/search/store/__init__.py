"""What a version keeps on disk, read where it lies: vectors, lists of words, chunks, places."""
