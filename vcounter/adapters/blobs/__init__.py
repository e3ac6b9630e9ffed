"""Encrypted objects on a file system."""

from vcounter.adapters.blobs.files import FileBlobStore

__all__ = ["FileBlobStore"]
