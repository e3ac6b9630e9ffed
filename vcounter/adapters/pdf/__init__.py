"""Receipts as PDF."""

from vcounter.adapters.pdf.receipt import draw_receipt

__all__ = ["draw_receipt"]
