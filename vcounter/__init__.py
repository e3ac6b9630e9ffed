"""The remote video counter: business, storage and HTTP. The live plane is in `signaling`."""

__version__ = "0.1.0"
