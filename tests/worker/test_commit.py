"""What leaves in the moment in which its claim comes to be on the disk, and what does not."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from alertnet.worker.sender import Commit

PATIENCE = 30  # seconds that no test should ever need


class Over(threading.Event):
    """Says when somebody waits for it."""

    def __init__(self) -> None:
        super().__init__()
        self.is_awaited = threading.Event()

    def wait(self, timeout: float | None = PATIENCE) -> bool:
        self.is_awaited.set()
        return super().wait(timeout)


def untouched() -> bool:
    """Nobody else can have written meanwhile."""
    return True


def ready(threads: ThreadPoolExecutor, commit: Commit, over: Over, write: Callable[[], object]) -> "Future[bool]":
    """A sender that has all ready and waits for the commit; whether its message was written then."""

    def send() -> bool:
        along = commit.takes_along(write)
        commit.wait()
        return along is not None and along.is_done

    sender = threads.submit(send)
    assert over.is_awaited.wait(PATIENCE)
    return sender


def test_what_is_ready_is_written_by_the_thread_that_commits() -> None:
    """A5: and not before. No other thread has to wake up for it."""
    over = Over()
    commit, written_by = Commit(over, untouched), list[int]()
    with ThreadPoolExecutor(1) as threads:
        sender = ready(threads, commit, over, lambda: written_by.append(threading.get_ident()))
        before = list(written_by)
        commit.holds()

        assert sender.result(PATIENCE)
    assert (before, written_by) == ([], [threading.get_ident()])
    assert commit.wait()


def test_what_is_undone_is_never_written() -> None:
    """A5: the intent is committed before the provider is called."""
    written = list[str]()
    for end in (Commit.fails, Commit.holds):
        over = Over()
        commit = Commit(over, untouched)
        with ThreadPoolExecutor(1) as threads:
            sender = ready(threads, commit, over, lambda: written.append("alert"))
            end(commit)
            assert sender.result(PATIENCE) is commit.wait() is (end is Commit.holds)
    assert written == ["alert"]


def test_who_is_ready_too_late_looks_for_itself() -> None:
    """A4: by then somebody may have answered."""
    commit, written = Commit(threading.Event(), untouched), list[str]()
    commit.holds()

    assert commit.takes_along(lambda: written.append("alert")) is None
    assert (written, commit.wait()) == ([], True)


def test_who_is_ready_in_time_looks_for_itself_where_others_write_too() -> None:
    """A4: they may have answered before whoever commits has heard that it is on the disk."""
    over, written = Over(), list[str]()
    commit = Commit(over, lambda: False)
    with ThreadPoolExecutor(1) as threads:
        sender = ready(threads, commit, over, lambda: written.append("alert"))
        commit.holds()
        assert not sender.result(PATIENCE)

    assert (written, commit.wait()) == ([], True)
