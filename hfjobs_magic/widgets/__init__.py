"""Widgets: traits, repr and messages; nothing else."""
