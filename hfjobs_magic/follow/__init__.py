"""Keeps what is known of jobs up to date, off the main thread."""
