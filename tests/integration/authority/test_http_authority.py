"""The portrait service over HTTP: what it is asked, and that no failure ever becomes a match."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from tests.integration.authority.portrait_service import (
    KEY_ID,
    SECRET,
    PortraitService,
    portrait_service,
)
from vcounter.adapters.authority import AuthoritySettings, HttpAuthority
from vcounter.adapters.clock import SystemClock
from vcounter.adapters.ids import UlidFactory
from vcounter.domain.identity import Reference, Zone
from vcounter.domain.ids import Msisdn
from vcounter.services.ports import Claimed, ReferenceReport

WHO = Claimed(Msisdn("13800006021"), "张桂芳", "430103195304129928")
FRAMES = [b"one", b"two", b"three", b"four", b"five", b"six"]


@pytest.fixture
async def service() -> AsyncIterator[PortraitService]:
    async with portrait_service() as running:
        yield running


def settings_for(url: str) -> AuthoritySettings:
    return AuthoritySettings(url, KEY_ID, SECRET, match=0.9, review=0.7, timeout_s=1.0)


async def ask(
    service: PortraitService, settings: AuthoritySettings | None = None, who: Claimed = WHO
) -> ReferenceReport | None:
    clock = SystemClock()
    authority = HttpAuthority(settings or settings_for(service.url), clock, UlidFactory(clock))
    try:
        return await authority.compare(who, FRAMES)
    finally:
        await authority.close()


async def test_service_is_asked_once_with_a_signature_and_five_frames(
    service: PortraitService,
) -> None:
    report = await ask(service)

    assert report is not None
    assert report.reference is Reference.AUTHORITY
    assert (report.match.zone, report.match.fused, report.match.frames) == (Zone.MATCH, 0.93, 5)
    assert report.match.thresholds == {"match": 0.9, "review": 0.7}
    assert report.match.engine == "national 7"
    assert report.taken_on == date(2021, 5, 4)
    assert service.refused == []
    [question] = service.seen
    assert question == {
        "version": "1",
        "document_number": WHO.document_number,
        "name": WHO.name,
        "frames": FRAMES[:5],
    }


@pytest.mark.parametrize(
    ("score", "zone"),
    [
        (1, Zone.MATCH),
        (0.9, Zone.MATCH),
        (0.89, Zone.REVIEW),
        (0.7, Zone.REVIEW),
        (0.69, Zone.MISMATCH),
        (0.0, Zone.MISMATCH),
    ],
)
async def test_score_is_mapped_to_zones_by_the_settings(
    service: PortraitService, score: float, zone: Zone
) -> None:
    service.answer["score"] = score

    report = await ask(service)

    assert report is not None
    assert report.match.zone is zone


async def test_person_without_a_portrait_is_no_evidence(service: PortraitService) -> None:
    service.answer = {"result": "no_portrait"}

    assert await ask(service) is None


def _set(**values: object) -> Callable[[PortraitService], None]:
    def change(service: PortraitService) -> None:
        for name, value in values.items():
            setattr(service, name, value)

    return change


def _say(**values: object) -> Callable[[PortraitService], None]:
    return lambda service: service.answer.update(values)


BAD = {
    "500": (_set(status=500), "authority_failed"),
    "503": (_set(status=503), "authority_failed"),
    "403": (_set(status=403), "authority_refused"),
    "elsewhere": (_set(status=302, location="http://127.0.0.1:1/"), "authority_failed"),
    "late": (_set(wait_s=1.5), "authority_time_out"),
    "wrong nonce": (_set(fixed_nonce="another"), "authority_nonce"),
    "old answer": (_set(age_s=120), "authority_stale"),
    "from the future": (_set(age_s=-120), "authority_stale"),
    "changed on the way": (
        _set(spoil=lambda body: body.replace(b"0.12", b"0.99")),
        "authority_unsigned",
    ),
    "another's key": (_set(sign_with=b"x" * 40), "authority_unsigned"),
    "no score": (_say(score=None), "authority_malformed"),
    "score in words": (_say(score="0.99"), "authority_malformed"),
    "score is true": (_say(score=True), "authority_malformed"),
    "score above one": (_say(score=1.01), "authority_malformed"),
    "score is no number": (_say(score=float("nan")), "authority_malformed"),
    "no engine": (_say(engine=""), "authority_malformed"),
    "no frames": (_say(frames=0), "authority_malformed"),
    "no such day": (_say(portrait_on="2021-13-01"), "authority_malformed"),
    "unknown result": (_say(result="match"), "authority_malformed"),
    "too long": (_say(engine="x" * 100_000), "authority_malformed"),
}


@pytest.mark.parametrize("case", BAD)
async def test_no_failure_becomes_a_match(service: PortraitService, case: str) -> None:
    change, reason = BAD[case]
    if case == "changed on the way":
        service.answer["score"] = 0.12
    change(service)

    report = await ask(service)

    assert report is not None
    assert (report.match.zone, report.match.frames) == (Zone.REVIEW, 0)
    assert report.match.reason == reason
    assert report.match.fused is None


async def test_signed_nonsense_is_malformed(service: PortraitService) -> None:
    """Signed by the service, and still not an object."""
    service.answer = {"nonce": ["a"], "result": []}

    report = await ask(service)

    assert report is not None
    assert report.match.reason == "authority_nonce"


async def test_nobody_at_the_address_is_review() -> None:
    report = await ask(PortraitService(), settings_for("http://127.0.0.1:1/v1/compare"))

    assert report is not None
    assert report.match.reason == "authority_unreachable"


async def test_plain_service_does_not_pass_for_tls(service: PortraitService) -> None:
    address = service.url.replace("http://", "https://")

    report = await ask(service, settings_for(address))

    assert report is not None
    assert report.match.reason == "authority_unreachable"
    assert service.seen == []


async def test_unknown_record_is_not_sent(service: PortraitService) -> None:
    report = await ask(service, who=replace(WHO, document_number=""))

    assert report is not None
    assert report.match.reason == "record_silent"
    assert service.seen == []


@pytest.mark.parametrize(("match", "review"), [(0.5, 0.6), (1.2, 0.5), (0.5, 0.0)])
def test_thresholds_that_mean_nothing_are_refused(match: float, review: float) -> None:
    with pytest.raises(ValueError, match="thresholds"):
        AuthoritySettings("https://x.cn", KEY_ID, SECRET, match, review)


def test_short_secret_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        AuthoritySettings("https://x.cn", KEY_ID, b"short", 0.9, 0.7)


def test_missing_certificate_authorities_are_an_error(tmp_path: Path) -> None:
    wanted = replace(settings_for("https://x.cn"), ca_file=str(tmp_path / "none.pem"))

    clock = SystemClock()
    with pytest.raises(OSError, match=r"No such file"):
        HttpAuthority(wanted, clock, UlidFactory(clock))
