"""The verbs of ``%hfjobs``."""
