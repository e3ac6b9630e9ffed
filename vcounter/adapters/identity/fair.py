"""A bounded queue that serves its owners in turn: who asks often waits behind his own tasks only.

Not thread-safe by itself; `pool.WorkerPool` holds a lock round every call.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Hashable
from typing import Generic, TypeVar

T = TypeVar("T")


class FairQueue(Generic[T]):
    """First come, first served within one owner; round robin between owners.

    An owner who comes new goes behind the owners that wait already, so that nobody's turn is put
    off by more than one task of each other owner.
    """

    def __init__(self) -> None:
        self._owners: OrderedDict[Hashable, deque[T]] = OrderedDict()

    def __len__(self) -> int:
        return sum(len(tasks) for tasks in self._owners.values())

    def waiting(self, owner: Hashable) -> int:
        """How many tasks of one owner wait."""
        return len(self._owners.get(owner, ()))

    def put(self, owner: Hashable, task: T) -> None:
        self._owners.setdefault(owner, deque()).append(task)

    def take(self) -> T | None:
        """The next task, or None; its owner goes to the end of the round."""
        if not self._owners:
            return None
        owner, tasks = self._owners.popitem(last=False)
        task = tasks.popleft()
        if tasks:
            self._owners[owner] = tasks
        return task

    def drop(self, owner: Hashable, task: T) -> bool:
        """Take a task out that has not been served; False if it has."""
        tasks = self._owners.get(owner)
        if tasks is None or task not in tasks:
            return False
        tasks.remove(task)
        if not tasks:
            del self._owners[owner]
        return True
