"""Markdown of any generator as what it shows: code put aside, the site's own marks taken out."""
