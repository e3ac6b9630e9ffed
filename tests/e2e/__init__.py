"""Whole visits in real Chromium."""
