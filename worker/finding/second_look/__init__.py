"""A slower model's second look at the pieces that look best."""
