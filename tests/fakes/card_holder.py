"""The operator's record of one invented card holder, as the checks of a document want it."""

from __future__ import annotations

from datetime import date

from vcounter.adapters.identity.document import check_character
from vcounter.domain.msisdn import parse_msisdn
from vcounter.services.ports import Subscriber

BODY = "43010219530412990"
NUMBER = BODY + check_character(BODY)
RECORD = Subscriber(
    msisdn=parse_msisdn("13800006021"),
    name="阿依·样",
    document_number=NUMBER,
    sex="female",
    birth=date(1953, 4, 12),
    address="湖南省长沙市五一大道12号",
    state="ACTIVE",
    stop_reasons=(),
    version=1,
    stars=3,
    plan="孝心卡19元",
    opened_on=date(2010, 1, 15),
    alternate_contact=None,
    has_enrolment=True,
    iccid_tail="0000",
    test=True,
)
