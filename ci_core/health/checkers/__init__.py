"""The checkers: one file each, registered in `registry.py`."""
