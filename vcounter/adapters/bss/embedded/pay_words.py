"""The words of the operator's own pages, in Chinese and English."""

from __future__ import annotations

from collections.abc import Mapping

WORDS: Mapping[str, tuple[str, str]] = {
    "pay.title": ("确认付款", "Confirm your payment"),
    "pay.to": ("付给", "Paid to"),
    "pay.operator": ("样例电信 (演示)", "Sample Telecom (demo)"),
    "pay.number": ("充到号码", "For the number"),
    "pay.amount": ("金额", "Amount"),
    "pay.yes": ("确认支付", "Pay now"),
    "pay.no": ("不付了", "Do not pay"),
    "pay.note": ("演示页面, 不会真的扣钱。", "A demonstration: no real money is taken."),
    "bank.title": ("银行代扣签约", "Agree to direct debit"),
    "bank.number": ("给号码交话费", "Pays the bills of the number ending in"),
    "bank.choose": ("请选您的银行", "Choose your bank"),
    "bank.agree": (
        "我同意银行每月自动交话费。",
        "I agree that the bank pays the bill each month.",
    ),
    "bank.yes": ("同意签约", "Agree"),
    "bank.no": ("不签了", "Do not agree"),
    "bank.missing": ("请选银行, 再点方框表示同意。", "Choose a bank and tick the box to agree."),
    "end.title": ("取消银行代扣", "End direct debit"),
    "end.bank": ("银行", "Bank"),
    "end.yes": ("确认取消", "End it"),
    "end.no": ("不取消", "Keep it"),
    "over.done": ("办好了", "Done"),
    "over.done.next": ("请继续听营业员说。", "Please listen to your agent."),
    "over.page_abandoned": ("没有办理, 没有扣钱", "Not done; nothing was taken"),
    "over.page_expired": ("页面过时了, 没有扣钱", "Too late; nothing was taken"),
    "over.page_unknown": ("这个页面打不开", "This page does not open"),
    "over.refused": ("没有办成, 没有扣钱", "Not done; nothing was taken"),
    "over.next": ("想办的话, 请告诉营业员。", "Please tell your agent if you still want it."),
    "form.refused": ("没有收到, 请再点一次。", "Not received. Please tap once more."),
}


def say(key: str, lang: str) -> str:
    """The sentence, for `en` in English, else in Chinese."""
    return WORDS[key][1 if lang == "en" else 0]


def yuan(fen: int, lang: str) -> str:
    amount = f"{fen / 100:.2f}"
    return f"{amount} yuan" if lang == "en" else f"{amount}元"
