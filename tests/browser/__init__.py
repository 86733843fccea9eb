"""The built bundle in a real browser."""
