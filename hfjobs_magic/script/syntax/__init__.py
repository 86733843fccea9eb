"""How code reads: Python's syntax and IPython's, seen before anything runs."""
