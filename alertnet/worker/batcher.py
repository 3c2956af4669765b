"""Work of several threads done in one go: whoever comes while nobody is at it does it for all who wait."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from alertnet.worker.platform import Event

T = TypeVar("T")
R = TypeVar("R")


@dataclass(eq=False)
class _Waiting(Generic[T, R]):
    item: T
    done: Event
    result: R | None = None
    error: BaseException | None = None


class Batcher(Generic[T, R]):
    """Calls from many threads, joined: `work` gets what waits, in the order of arrival, and gives a result for each."""

    def __init__(
        self, work: Callable[[Sequence[T]], Sequence[R]], event: Callable[[], Event] = threading.Event
    ) -> None:
        self._work = work
        self._event = event
        self.waiting: list[_Waiting[T, R]] = []
        """Not begun yet."""
        self._lock = threading.Lock()
        self._at_work = False

    def __call__(self, item: T) -> R | None:
        """Do the work for this item, with whatever else waits, and give its result.

        Raises:
            Whatever `work` raised; everybody whose item was in that call hears of it.
        """
        mine = _Waiting[T, R](item, self._event())
        with self._lock:
            self.waiting.append(mine)
            is_first = not self._at_work
            self._at_work = True
        if is_first:
            self._until_all_done()
        mine.done.wait()
        if mine.error is not None:
            raise mine.error
        return mine.result

    def _until_all_done(self) -> None:
        while batch := self._next():
            try:
                results = self._work([each.item for each in batch])
                for each, result in zip(batch, results, strict=True):
                    each.result = result
            except BaseException as error:
                for each in batch:
                    each.error = error
            for each in batch:
                each.done.set()

    def _next(self) -> list[_Waiting[T, R]]:
        with self._lock:
            batch, self.waiting = self.waiting, []
            self._at_work = bool(batch)
            return batch
