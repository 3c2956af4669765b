"""Work of several threads that is done in one go."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from alertnet.worker.sender import Batcher

PATIENCE = 10  # seconds that no test should ever need


class Slow:
    """Work that is held up at its first call until it is let go; it notes what each call was given."""

    def __init__(self, error: Exception | None = None) -> None:
        self.calls: list[list[int]] = []
        self.began = threading.Event()
        self.go_on = threading.Event()
        self.error = error

    def __call__(self, items: Sequence[int]) -> list[int]:
        self.calls.append(list(items))
        self.began.set()
        assert self.go_on.wait(PATIENCE)
        if self.error:
            raise self.error
        return [item * 10 for item in items]


def test_what_comes_alone_is_done_at_once() -> None:
    work = Slow()
    work.go_on.set()

    assert Batcher(work)(1) == 10


def test_what_comes_meanwhile_is_done_in_one_go_and_each_gets_its_own_result() -> None:
    work = Slow()
    batcher = Batcher(work)
    with ThreadPoolExecutor(4) as threads:
        first = threads.submit(batcher, 1)
        assert work.began.wait(PATIENCE)
        others = [threads.submit(batcher, item) for item in (2, 3, 4)]
        while len(batcher.waiting) < len(others):
            threading.Event().wait(0.001)
        work.go_on.set()

        assert [first.result(PATIENCE), *(each.result(PATIENCE) for each in others)] == [10, 20, 30, 40]
    assert [len(call) for call in work.calls] == [1, 3]


def test_a_failure_is_heard_by_those_it_concerns_and_the_next_is_done() -> None:
    """A11: one failure spoils nothing for those who come later."""
    work = Slow(ValueError("broken"))
    work.go_on.set()
    batcher = Batcher(work)
    with pytest.raises(ValueError, match="broken"):
        batcher(1)
    work.error = None

    assert batcher(2) == 20
