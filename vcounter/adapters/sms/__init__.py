"""SMS gateways behind the SmsSender port."""

from vcounter.adapters.sms.demo_inbox import DemoInbox, InboxMessage

__all__ = ["DemoInbox", "InboxMessage"]
