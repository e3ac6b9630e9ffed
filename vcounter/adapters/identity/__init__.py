"""Faces and cards: models in worker processes, behind the port `IdentityLab`."""
