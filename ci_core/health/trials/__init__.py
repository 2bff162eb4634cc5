"""Code of a checked repository is run here and nowhere else: in its own environment, apart from ours."""
