"""What helps with the troubles that people call about: plain steps, in the order to try them."""

from __future__ import annotations

from dataclasses import dataclass

from vcounter.actions.base import Lang, Text


@dataclass(frozen=True, slots=True)
class HowTo:
    """One trouble of one kind of device: how people name it, and what they do about it."""

    device: str
    name: Text
    steps: tuple[Text, ...]


DEVICES = {
    "phone": Text("手机", "Phone"),
    "router": Text("无线路由器", "Wi-Fi router"),
    "tv": Text("电视", "Television"),
}

_SETTINGS = Text("打开手机的“设置”。", "Open Settings on your phone.")
_RESTART = Text(
    "还不行, 就把手机关机, 等半分钟再开机。",
    "If that did not help, switch the phone off, wait half a minute and switch it on.",
)

HOW_TO = {
    "no_signal": HowTo(
        "phone",
        Text("没有信号", "No signal"),
        (
            Text(
                "从屏幕上边往下滑, 看飞行模式是不是亮着, 亮着就点一下关掉。",
                "Swipe down from the top of the screen. If Airplane mode is lit, tap it off.",
            ),
            Text("走到窗边或者屋外再看。", "Go to a window or outside and look again."),
            Text(
                "把手机关机, 取出手机卡, 用软布擦干净再放回去。",
                "Switch the phone off, take the SIM card out, wipe it with a soft cloth, put it "
                "back.",
            ),
            Text("开机, 等两分钟。", "Switch it on and wait two minutes."),
        ),
    ),
    "no_data": HowTo(
        "phone",
        Text("上不了网", "No internet on the phone"),
        (
            Text(
                "从屏幕上边往下滑, 看移动数据是不是亮着, 不亮就点一下。",
                "Swipe down from the top of the screen. If Mobile data is not lit, tap it on.",
            ),
            Text("看飞行模式, 亮着就点一下关掉。", "If Airplane mode is lit, tap it off."),
            _RESTART,
            Text(
                "还是不行, 可能是欠费或流量用完了, 请营业员帮您查。",
                "If it still fails, the balance or the data may be used up; the agent can look.",
            ),
        ),
    ),
    "data_off": HowTo(
        "phone",
        Text("移动数据关掉了", "Mobile data is off"),
        (
            _SETTINGS,
            Text("点“移动网络”。", "Tap Mobile network."),
            Text("把“移动数据”打开。", "Turn Mobile data on."),
            Text(
                "出门在外要省流量, 用完可以再关掉。", "To save data, turn it off again after use."
            ),
        ),
    ),
    "airplane_mode": HowTo(
        "phone",
        Text("飞行模式开着", "Airplane mode is on"),
        (
            Text("用手指从屏幕最上边往下滑。", "Swipe down from the very top of the screen."),
            Text("找到小飞机的图标。", "Find the small aeroplane."),
            Text("图标亮着就点一下, 让它变暗。", "If it is lit, tap it so that it goes dark."),
            Text("等一分钟, 看有没有信号。", "Wait a minute and look for the signal."),
        ),
    ),
    "volume_low": HowTo(
        "phone",
        Text("声音太小", "Too quiet"),
        (
            Text(
                "按手机侧面的音量键, 按上面那一头。",
                "Press the upper end of the volume key on the side of the phone.",
            ),
            Text(
                "打电话时也按几下, 通话声音是单独的。",
                "Press it during a call as well: the call has a volume of its own.",
            ),
            Text(
                "通话时点“免提”或者“扬声器”。",
                "During a call, tap Speaker.",
            ),
            Text(
                "看看听筒有没有被手机壳或灰尘挡住。",
                "See that no case and no dust covers the earpiece.",
            ),
        ),
    ),
    "text_small": HowTo(
        "phone",
        Text("字太小", "Text too small"),
        (
            _SETTINGS,
            Text("点“显示”。", "Tap Display."),
            Text("点“字体大小”。", "Tap Font size."),
            Text("把圆点往右拉, 字就变大了。", "Drag the dot to the right; the text grows."),
            Text(
                "还嫌小, 就在设置里打开“简易模式”。",
                "If it is still small, turn on Easy mode (or Simple mode) in Settings.",
            ),
        ),
    ),
    "storage_full": HowTo(
        "phone",
        Text("手机满了", "Phone is full"),
        (
            _SETTINGS,
            Text("点“存储”, 看什么占得最多。", "Tap Storage and see what takes the most."),
            Text(
                "打开相册, 删掉不要的视频, 视频最占地方。",
                "Open the gallery and delete videos you do not want; they take the most.",
            ),
            Text(
                "再到“最近删除”里清空一次。",
                "Then empty Recently deleted as well.",
            ),
            Text(
                "不认识的清理软件不要装。",
                "Do not install cleaning apps that you do not know.",
            ),
        ),
    ),
    "calls_blocked": HowTo(
        "phone",
        Text("接不到电话", "Calls do not come in"),
        (
            Text(
                "从屏幕上边往下滑, 看“勿扰”是不是亮着, 亮着就关掉。",
                "Swipe down from the top. If Do not disturb is lit, tap it off.",
            ),
            Text(
                "打开“电话”, 点右上角的菜单, 找“骚扰拦截”或“黑名单”。",
                "Open Phone, tap the menu at the top right, find Blocked numbers.",
            ),
            Text(
                "看看家里人的号码在不在里面, 在就移出来。",
                "If a number of your family is there, remove it.",
            ),
            Text("请家里人打一个试试。", "Ask someone to call you and try."),
        ),
    ),
    "wifi_lights": HowTo(
        "router",
        Text("灯不对", "Lights are wrong"),
        (
            Text("看光猫的电源灯, 不亮就检查插头。", "If the power light is off, check the plug."),
            Text(
                "看“光信号”灯: 红灯闪, 是外面的光纤不通, 要报修。",
                "If the LOS light blinks red, the fibre outside is cut off: it must be reported.",
            ),
            Text(
                "轻轻按一按细的黄色或白色光纤线的接头, 不要弯折。",
                "Gently press the plug of the thin fibre cable; do not bend it.",
            ),
            Text(
                "关掉光猫和路由器的电源, 等一分钟再开。",
                "Switch the modem and the router off, wait a minute, switch them on.",
            ),
        ),
    ),
    "router_restart": HowTo(
        "router",
        Text("重启路由器", "Restart the router"),
        (
            Text("拔掉光猫和路由器的电源。", "Unplug the modem and the router."),
            Text("等一分钟。", "Wait one minute."),
            Text("先插光猫, 等三分钟。", "Plug the modem in first and wait three minutes."),
            Text("再插路由器, 等两分钟。", "Then plug the router in and wait two minutes."),
            Text(
                "手机重新连上家里的无线网。不要按小孔里的复位键。",
                "Join the Wi-Fi at home again. Do not press the reset button in the small hole.",
            ),
        ),
    ),
    "tv_no_signal": HowTo(
        "tv",
        Text("电视没有信号", "Television: no signal"),
        (
            Text(
                "看机顶盒的灯亮不亮, 不亮就检查插头。", "If the box shows no light, check its plug."
            ),
            Text(
                "看机顶盒到电视的线, 两头都插紧。",
                "Push the cable between the box and the television in firmly at both ends.",
            ),
            Text(
                "看机顶盒到光猫的网线, 也插紧。",
                "Do the same with the network cable between the box and the modem.",
            ),
            Text(
                "拔掉机顶盒电源, 等一分钟再插上。",
                "Unplug the box, wait a minute, plug it in again.",
            ),
            Text("等三分钟, 让它自己启动。", "Wait three minutes while it starts."),
        ),
    ),
    "tv_source": HowTo(
        "tv",
        Text("电视的信号源不对", "Television: wrong input"),
        (
            Text(
                "拿电视机自己的遥控器, 不是机顶盒的。",
                "Take the television's own remote control, not the box's.",
            ),
            Text("按“信号源”键。", "Press Source (or Input)."),
            Text(
                "按上下键, 选机顶盒插的那个口, 一般是“高清一”。",
                "With up and down choose the socket of the box, mostly HDMI 1.",
            ),
            Text("按“确定”。", "Press OK."),
        ),
    ),
}
SYMPTOMS = {code: how.name for code, how in HOW_TO.items()}


def steps_for(symptom: str, lang: Lang) -> tuple[str, ...]:
    """The steps of a trouble, in the order to try them."""
    return tuple(step.say(lang) for step in HOW_TO[symptom].steps)


def numbered(steps: tuple[str, ...], lang: Lang) -> tuple[str, ...]:
    """As they are read aloud: Step 1, Step 2."""
    return tuple(
        f"Step {n}: {step}" if lang == "en" else f"第{n}步: {step}"
        for n, step in enumerate(steps, 1)
    )
