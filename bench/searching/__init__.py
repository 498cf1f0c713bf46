"""Parts of `bench.search`: what is searched, and what is measured."""
