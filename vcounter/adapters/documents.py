"""Receipts and spreadsheets from a worker process, so that no page waits for a PDF."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from vcounter.adapters.identity.pool import WorkerPool
from vcounter.adapters.pdf import draw_receipt
from vcounter.adapters.spreadsheet import draw_sheet
from vcounter.domain.errors import DocumentUnavailable, MediaUnavailable
from vcounter.services.ports import PaperReceipt, Sheet

TIMEOUT_S = 20.0
MAX_WAITING = 32


class DocumentWorker:
    """ReceiptPrinter and SheetWriter over one process, which is started by the first document.

    A document that takes longer than `timeout_s`, waiting included, is given up and its process
    replaced.
    """

    def __init__(self, timeout_s: float = TIMEOUT_S) -> None:
        self._timeout_s = timeout_s
        self._pool = WorkerPool(workers=1, max_waiting=MAX_WAITING)
        self._starting = asyncio.Lock()
        self._started = False

    async def print_receipt(self, paper: PaperReceipt) -> bytes:
        return await self._make(draw_receipt, paper)

    async def write_sheet(self, sheet: Sheet) -> bytes:
        return await self._make(draw_sheet, sheet)

    async def stop(self) -> None:
        """End the worker; what it is making is given up. Safe to repeat."""
        async with self._starting:
            self._started = False
            await self._pool.stop()

    def pids(self) -> list[int]:
        """The worker's process id while there is one."""
        return self._pool.pids()

    async def _make(self, draw: Callable[..., bytes], what: PaperReceipt | Sheet) -> bytes:
        try:
            async with asyncio.timeout(self._timeout_s):
                await self._start()
                return await self._pool.run(draw, what, timeout_s=self._timeout_s)
        except TimeoutError:
            raise DocumentUnavailable("not made in time", reason="time_out") from None
        except MediaUnavailable as error:
            reason = str(error.fields.get("reason", "failed"))
            raise DocumentUnavailable("no worker", reason=reason) from error

    async def _start(self) -> None:
        async with self._starting:
            if not self._started:
                await self._pool.start()
                self._started = True
