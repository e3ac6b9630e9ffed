"""SMS gateways: the demo's inbox, HTTP, SMPP. `configured` picks the one in force."""

from vcounter.adapters.sms.demo_inbox import DemoInbox, InboxMessage

__all__ = ["DemoInbox", "InboxMessage"]
