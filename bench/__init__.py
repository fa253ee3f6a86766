"""Measurements; each file prints its table."""
