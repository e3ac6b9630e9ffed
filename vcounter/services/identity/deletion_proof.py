"""The audit line that proves a picture's deletion."""

from __future__ import annotations

from datetime import datetime

from vcounter.services.ports import AuditLine, ImageRow

IMAGE_DELETED = "image.delete"
IMAGE_KEY_DESTROYED = "image_key.destroy"
BLOB_SWEPT = "blob.sweep"


def deletion_line(row: ImageRow, due: datetime, why: str) -> AuditLine:
    """What was deleted (by its hash), when it was due, and why: expired or consent_withdrawn."""
    detail = {
        "visit": row.visit_id,
        "kind": row.kind,
        "sha256": row.sha256,
        "blob": row.blob_key,
        "due": due.isoformat(timespec="seconds"),
        "why": why,
    }
    return AuditLine("system", IMAGE_DELETED, row.id, "", detail)
