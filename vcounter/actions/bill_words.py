"""What each line of a bill is called, and what it is, in plain words."""

from __future__ import annotations

from vcounter.actions.base import Text

NAMES = {
    "plan": Text("套餐月费", "Monthly plan fee"),
    "calls": Text("套餐外通话费", "Calls beyond the plan"),
    "data": Text("套餐外流量费", "Data beyond the plan"),
    "messages": Text("套餐外短信费", "Texts beyond the plan"),
    "vas": Text("增值业务费", "Extra service"),
    "discount": Text("优惠减免", "Discount"),
}
MEANINGS = {
    "plan": Text(
        "每个月固定的钱, 套餐里的通话和流量都包在里面。",
        "the fixed sum of each month; the calls and data of your plan are in it.",
    ),
    "calls": Text(
        "套餐里的通话时间用完以后, 多打的电话按分钟算。",
        "calls after the minutes of your plan were used up, counted by the minute.",
    ),
    "data": Text(
        "套餐里的流量用完以后, 多上的网。",
        "internet use after the data of your plan was used up.",
    ),
    "messages": Text("您发出去的短信, 每条一角。", "texts that you sent, 0.10 yuan each."),
    "vas": Text(
        "另外开通的服务, 每月收一次。不想要可以退订。",
        "a service added to your plan, charged each month. You can cancel it.",
    ),
    "discount": Text("给您减掉的钱。", "taken off what you pay."),
}
