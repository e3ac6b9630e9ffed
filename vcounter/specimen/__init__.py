"""Specimens: drawn cards and public-domain portraits, for demo, practice and tests only."""
