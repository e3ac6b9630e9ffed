"""The counter's tests."""
