"""Adapters at the edge: one for each thing outside."""
