"""Actions that want more than those that are built: the same businesses behind stricter rules."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from vcounter.actions import registry
from vcounter.actions.base import Action


def change_action(monkeypatch: pytest.MonkeyPatch, action_id: str, **fields: Any) -> Action:
    """For one test, an action with other rules; the operator's side stays as it is."""
    changed = replace(registry.action(action_id), **fields)
    built = {**registry.implemented(), action_id: changed}
    monkeypatch.setattr(registry, "implemented", lambda: built)
    return changed
