"""What holds for every suite: a skipped test fails the run where nothing may be skipped."""

from __future__ import annotations

import os

import pytest

from tests.memory_disk import use_memory_disk

use_memory_disk()
# The named subscribers only, in every server that a test starts: the town has a test of its own.
os.environ.setdefault("VCOUNTER_DEMO_PEOPLE", "15")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """VCOUNTER_TEST_FORBID_SKIPS=1 (set by .ci/run): a missing server is a failure, not a pass."""
    if not os.environ.get("VCOUNTER_TEST_FORBID_SKIPS"):
        return
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None:
        return
    skipped = reporter.stats.get("skipped", [])
    if skipped and exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        reporter.write_line(f"{len(skipped)} skipped, and nothing may be skipped here", red=True)
