"""Bugs and slow code that the other tools do not see, each kind in one file; `reading.py` is where to begin."""
