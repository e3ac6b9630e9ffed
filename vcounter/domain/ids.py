"""Identifiers: prefixed text, one NewType each, so that a mix-up is a type error."""

from typing import NewType

TenantId = NewType("TenantId", str)  # ten_
Region = NewType("Region", str)  # a province code such as "43"; GB/T 2260
StaffId = NewType("StaffId", str)  # stf_
SkillGroupId = NewType("SkillGroupId", str)  # skg_
VisitId = NewType("VisitId", str)  # vis_
PartyId = NewType("PartyId", str)  # pty_
StepId = NewType("StepId", str)  # stp_
EvidenceId = NewType("EvidenceId", str)  # evd_
ImageId = NewType("ImageId", str)  # img_
OrderId = NewType("OrderId", str)  # ord_
MessageId = NewType("MessageId", str)  # msg_
RecordingId = NewType("RecordingId", str)  # rec_
KeyId = NewType("KeyId", str)  # key_
Msisdn = NewType("Msisdn", str)  # 11 digits, mainland China
