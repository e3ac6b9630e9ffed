"""The identity documents that a counter takes."""

from __future__ import annotations

from enum import StrEnum


class DocumentType(StrEnum):
    """Stable codes. Only the resident identity card is read by machine; the others are
    photographed, keyed by the agent and decided by a referee."""

    RESIDENT_ID = "resident_id"  # 居民身份证
    HK_MACAO_TAIWAN_RESIDENCE = "hk_macao_taiwan_residence"  # 港澳台居民居住证
    HK_MACAO_PERMIT = "hk_macao_permit"  # 港澳居民来往内地通行证
    TAIWAN_PERMIT = "taiwan_permit"  # 台湾居民来往大陆通行证
    FOREIGNER_RESIDENCE = "foreigner_residence"  # 外国人永久居留身份证
    PASSPORT = "passport"  # 外国护照
