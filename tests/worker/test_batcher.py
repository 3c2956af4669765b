"""Work of several threads that is done in one go."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from alertnet.worker.sender import Batcher

PATIENCE = 30  # seconds that no test should ever need


class Slow:
    """Work that is held up at its first call until it is let go; it notes what each call was given."""

    def __init__(self) -> None:
        self.calls: list[list[int]] = []
        self.began = threading.Event()
        self.go_on = threading.Event()

    def __call__(self, items: Sequence[int]) -> None:
        self.calls.append(list(items))
        self.began.set()
        assert self.go_on.wait(PATIENCE)
        if 0 in items:
            raise ValueError("broken")


def test_what_comes_alone_is_done_at_once() -> None:
    work = Slow()
    work.go_on.set()

    Batcher(work)(1)

    assert work.calls == [[1]]


def test_what_comes_meanwhile_is_done_in_one_go_by_the_first_and_holds_nobody() -> None:
    work = Slow()
    batcher = Batcher(work)
    with ThreadPoolExecutor(1) as threads:
        first = threads.submit(batcher, 1)
        assert work.began.wait(PATIENCE)
        for item in (2, 3, 4):
            batcher(item)
        before = list(work.calls)
        work.go_on.set()
        first.result(PATIENCE)

    assert before == [[1]]
    assert work.calls == [[1], [2, 3, 4]]


def test_what_waits_during_a_failure_is_done_with_the_next() -> None:
    """A11: one failure spoils nothing for those who come later."""
    work = Slow()
    batcher = Batcher(work)
    with ThreadPoolExecutor(1) as threads:
        first = threads.submit(batcher, 0)
        assert work.began.wait(PATIENCE)
        batcher(1)
        work.go_on.set()
        with pytest.raises(ValueError, match="broken"):
            first.result(PATIENCE)
    batcher(2)

    assert work.calls == [[0], [1, 2]]
