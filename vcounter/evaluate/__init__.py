"""Evaluation of the identity laboratory on labelled sets: cards, faces, liveness."""
