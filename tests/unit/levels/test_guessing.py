"""Guessing: a number has so many wrong tries a day, over all its visits, and not one more."""

from __future__ import annotations

import asyncio
import re
from contextlib import suppress
from dataclasses import replace

import pytest

from tests.fakes.levels_world import Levels
from tests.fakes.order_world import SCOPE
from vcounter.adapters.bss.embedded import Fault
from vcounter.domain.attempts import AttemptKind
from vcounter.domain.errors import CodeWrong, OperatorUnavailable, StepGone, TooMany
from vcounter.domain.identity import EvidenceKind, Outcome
from vcounter.domain.ids import StepId
from vcounter.domain.steps import StepKind
from vcounter.services.identity import attempts, decide_identity, questions
from vcounter.services.identity.send_code import send_code
from vcounter.services.visits.answers import answer


async def last_code(levels: Levels) -> str:
    [newest, *_] = await levels.world.inbox.recent()
    return str(re.findall(r"\b\d{6}\b", newest.text)[0])


async def wrong(levels: Levels) -> str:
    return f"{(int(await last_code(levels)) + 1) % 10**6:06d}"


async def test_right_code_is_refused_while_the_number_is_shut(levels: Levels) -> None:
    levels.deps.policy = replace(levels.deps.policy, wrong_codes_per_day=2)
    await send_code(levels.deps, levels.agent, levels.visit_id)
    right, bad = await last_code(levels), await wrong(levels)
    for _ in range(2):
        with pytest.raises(CodeWrong):
            await levels.answer(digits=bad)

    with pytest.raises(TooMany) as refused:
        await levels.answer(digits=right)

    midnight = 14.5 * 3600  # the fake clock begins at 9:30 in Shanghai
    assert refused.value.fields == {
        "what": "codes",
        "retry_after_s": pytest.approx(midnight, abs=5),
    }
    assert await levels.evidence(EvidenceKind.SMS_CODE) == []
    levels.world.clock.move(hours=14, minutes=31)
    await send_code(levels.deps, levels.agent, levels.visit_id)
    await levels.answer(digits=await last_code(levels))
    assert [e.outcome for e in await levels.evidence(EvidenceKind.SMS_CODE)] == [Outcome.PASSED]


async def test_last_wrong_code_is_kept_as_a_failure(levels: Levels) -> None:
    await send_code(levels.deps, levels.agent, levels.visit_id)
    bad = await wrong(levels)
    for _ in range(levels.deps.policy.code_tries):
        assert await levels.evidence(EvidenceKind.SMS_CODE) == []
        with pytest.raises(CodeWrong):
            await levels.answer(digits=bad)

    [failed] = await levels.evidence(EvidenceKind.SMS_CODE)
    assert (failed.outcome, failed.detail) == (Outcome.FAILED, {"wrong": "3"})


async def test_guesses_at_once_have_no_more_than_the_limit(levels: Levels) -> None:
    levels.deps.policy = replace(levels.deps.policy, wrong_codes_per_day=3, code_tries=10)
    step = await send_code(levels.deps, levels.agent, levels.visit_id)
    bad = await wrong(levels)

    async def guess() -> str:
        try:
            await answer(levels.deps, levels.world.customer, StepId(step.id), {"digits": bad})
        except (CodeWrong, TooMany, StepGone) as error:
            return error.code
        return "right"

    said = await asyncio.gather(*(guess() for _ in range(10)))

    assert said.count("code_wrong") == 3
    async with levels.deps.db.read(SCOPE) as uow:
        subject = attempts.subject_of(levels.deps, await levels.visit())
        assert await uow.attempts.count(AttemptKind.CODE, subject) == 3


async def test_codes_are_sent_five_times_an_hour_and_ten_times_a_day(levels: Levels) -> None:
    sent = 0
    for _ in range(4):
        for _ in range(7):
            with suppress(TooMany):
                await send_code(levels.deps, levels.agent, levels.visit_id)
                sent += 1
        levels.world.clock.move(minutes=61)

    assert sent == 10


async def test_sixth_code_of_an_hour_says_when_to_come_back(levels: Levels) -> None:
    for _ in range(5):
        await send_code(levels.deps, levels.agent, levels.visit_id)
    levels.world.clock.move(minutes=15)

    with pytest.raises(TooMany) as refused:
        await send_code(levels.deps, levels.agent, levels.visit_id)

    assert refused.value.fields == {"what": "codes", "retry_after_s": 45 * 60}


async def test_password_is_guessed_five_times_a_day_whatever_the_visit(levels: Levels) -> None:
    levels.deps.policy = replace(levels.deps.policy, code_tries=2)
    said: list[str] = []
    for visit_no in range(4):
        await levels.go_to(*await levels.another_visit(f"pass{visit_no}"))
        await levels.push(StepKind.NUMBER_PAD, purpose="service_password")
        while await levels.world.current() is not None:
            with pytest.raises((CodeWrong, TooMany)) as refused:
                await levels.answer(digits="000000")
            said.append(refused.value.code)

    assert said[:6] == ["code_wrong"] * 5 + ["too_many"]
    assert set(said[5:]) == {"too_many"}


async def test_password_that_nobody_judged_is_no_guess(levels: Levels) -> None:
    await levels.push(StepKind.NUMBER_PAD, purpose="service_password")
    levels.world.faults.plan("check_password", Fault.TIMEOUT_BEFORE)
    with pytest.raises(OperatorUnavailable):
        await levels.answer(digits="000000")

    await levels.answer(digits="274913")

    [item] = await levels.evidence(EvidenceKind.SERVICE_PASSWORD)
    assert item.outcome is Outcome.PASSED


async def test_facts_are_guessed_five_times_a_day(levels: Levels) -> None:
    told = decide_identity.ProtectiveFacts("x", "x", "opened_year", "1900", "13900006121")
    for _ in range(5):
        await decide_identity.check_facts(levels.deps, levels.agent, levels.visit_id, told)
    await levels.go_to(*await levels.another_visit("facts"))

    with pytest.raises(TooMany) as refused:
        await decide_identity.check_facts(levels.deps, levels.agent, levels.visit_id, told)

    assert refused.value.fields["what"] == "facts"
    assert await levels.evidence(EvidenceKind.PROTECTIVE_FACTS) == []


async def test_three_failed_draws_end_the_questions_of_the_day(levels: Levels) -> None:
    for _ in range(3):
        drawn = await questions.draw_questions(levels.deps, levels.agent, levels.visit_id)
        marks = {str(q["code"]): False for q in drawn}
        await questions.answer_questions(levels.deps, levels.agent, levels.visit_id, marks)
    await levels.go_to(*await levels.another_visit("draws"))

    with pytest.raises(TooMany) as refused:
        await questions.draw_questions(levels.deps, levels.agent, levels.visit_id)

    assert refused.value.fields["what"] == "questions"


async def test_pictures_for_one_step_are_limited(levels: Levels) -> None:
    step = StepId("stp_1")
    for _ in range(levels.deps.policy.uploads_per_step):
        await attempts.take_upload(levels.deps, SCOPE, levels.visit_id, step)

    with pytest.raises(TooMany) as refused:
        await attempts.take_upload(levels.deps, SCOPE, levels.visit_id, step)
    await attempts.take_upload(levels.deps, SCOPE, levels.visit_id, StepId("stp_2"))

    assert refused.value.fields["what"] == "uploads"
