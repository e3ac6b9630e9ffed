"""Documents come from a process of their own, in time or not at all."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from contextlib import suppress

import pytest

from tests.unit.adapters.test_pdf_receipt import PAPER
from tests.unit.adapters.test_spreadsheet import SHEET
from vcounter.adapters.documents import DocumentWorker
from vcounter.adapters.pdf import draw_receipt
from vcounter.domain.errors import DocumentUnavailable


async def test_starts_with_the_first_document_and_leaves_the_event_loop_alone() -> None:
    worker = DocumentWorker()
    assert worker.pids() == []
    try:
        await worker.write_sheet(SHEET)  # what starts it may take its time
        gaps, running = [], asyncio.create_task(worker.print_receipt(PAPER))
        while not running.done():
            begun = time.monotonic()
            await asyncio.sleep(0.005)
            gaps.append(time.monotonic() - begun)

        assert await running == draw_receipt(PAPER)
        assert sorted(gaps)[len(gaps) // 2] < 0.05
    finally:
        await worker.stop()
    assert worker.pids() == []


async def test_a_worker_that_died_is_replaced() -> None:
    worker = DocumentWorker()
    try:
        await worker.write_sheet(SHEET)
        os.kill(worker.pids()[0], signal.SIGKILL)

        with suppress(DocumentUnavailable):  # this one may have been given to the dead worker
            await worker.print_receipt(PAPER)
        assert (await worker.print_receipt(PAPER)).startswith(b"%PDF")
    finally:
        await worker.stop()


async def test_gives_up_what_takes_too_long() -> None:
    worker = DocumentWorker(timeout_s=0.01)
    try:
        with pytest.raises(DocumentUnavailable):
            await worker.print_receipt(PAPER)
    finally:
        await worker.stop()
