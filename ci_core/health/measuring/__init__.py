"""Measures how fast a checked repository's app, database and modules are."""
