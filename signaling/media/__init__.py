"""The media bridge."""
