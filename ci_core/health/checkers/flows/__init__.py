"""Follows what comes from outside through a file, to where it does harm; `reading.py` is where to begin."""
