"""Numbered log lines as a terminal shows them, and search in them."""
