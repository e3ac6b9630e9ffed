"""Whose turn it is when several visits wait."""

from __future__ import annotations

from vcounter.adapters.identity.fair import FairQueue


def taken(queue: FairQueue[str]) -> list[str]:
    found = []
    while (task := queue.take()) is not None:
        found.append(task)
    return found


def test_who_asks_often_waits_behind_his_own_tasks_only():
    queue: FairQueue[str] = FairQueue()
    for task in ("a1", "a2", "a3", "b1", "c1", "b2"):
        queue.put(task[0], task)

    assert taken(queue) == ["a1", "b1", "c1", "a2", "b2", "a3"]


def test_newcomer_goes_behind_those_who_wait():
    queue: FairQueue[str] = FairQueue()
    for task in ("a1", "b1", "a2"):
        queue.put(task[0], task)
    assert queue.take() == "a1"
    queue.put("c", "c1")

    assert taken(queue) == ["b1", "a2", "c1"]


def test_dropped_task_is_gone_and_the_rest_keep_their_order():
    queue: FairQueue[str] = FairQueue()
    for task in ("a1", "a2", "b1"):
        queue.put(task[0], task)

    assert queue.drop("a", "a1")
    assert not queue.drop("a", "a1")
    assert queue.drop("b", "b1")
    assert not queue.drop("c", "c1")
    assert (len(queue), queue.waiting("a"), queue.waiting("b")) == (1, 1, 0)
    assert taken(queue) == ["a2"]
