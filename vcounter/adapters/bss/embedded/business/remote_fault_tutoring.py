"""远程故障视频辅导: notes what was shown and how it ended; what is not solved becomes a ticket."""

from __future__ import annotations

from datetime import timedelta

from vcounter.adapters.bss.embedded.business.base import Asked, Books, Business, Values
from vcounter.adapters.bss.embedded.cases import NewCase, open_case

CALL_BACK_WITHIN = timedelta(hours=24)
MEND_WITHIN = timedelta(hours=48)
_DEVICES = {"phone": "手机", "router": "无线路由器", "tv": "电视"}


async def _apply(books: Books, asked: Asked) -> Values:
    outcome = asked.inputs["outcome"]
    device, symptom = asked.inputs["device"], asked.inputs["symptom"]
    await books.store.run(
        "INSERT INTO guidances (made_by, sub, device, symptom, outcome, at)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (asked.key, asked.record.sub, device, symptom, outcome, asked.now.isoformat()),
    )
    if outcome != "unsolved":
        return {}
    due = asked.now + CALL_BACK_WITHIN
    new = NewCase(
        kind="fault",
        owner="home_support",
        title=f"视频辅导未解决: {_DEVICES[device]}",
        call_back_due=due,
        due_at=asked.now + MEND_WITHIN,
        detail=symptom,
    )
    return {"case_no": await open_case(books, asked, new), "call_back_due": due.isoformat()}


BUSINESS = Business(id="remote_fault_tutoring", checks=lambda _: (), apply=_apply, changes=False)
