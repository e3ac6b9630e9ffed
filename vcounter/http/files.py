"""Files to keep: never cached, named so that they are found again."""

from __future__ import annotations

from starlette.responses import Response

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def pdf_file(data: bytes, name: str) -> Response:
    """A PDF to save under a name of ASCII letters, digits and underscores."""
    return _file(data, f"{name}.pdf", "application/pdf")


def xlsx_file(data: bytes, name: str) -> Response:
    return _file(data, f"{name}.xlsx", XLSX)


def _file(data: bytes, name: str, media_type: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(data, media_type=media_type, headers=headers)
