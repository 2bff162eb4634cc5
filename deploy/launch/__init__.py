"""What `run.py` does, with the standard library alone: it makes the environment that everything else runs in.

`command` is the order of events, `options` what may be asked for, `environment` makes `.venv`, `checks` finds what
stands in the way beforehand, `processes` starts and ends children, `app` runs the product, `testing` the tests.
"""
