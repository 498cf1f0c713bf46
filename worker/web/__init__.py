"""The web as a source: searched, fetched safely, boiled down to text."""
