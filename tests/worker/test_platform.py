"""What a worker runs on, where the machine itself misbehaves."""

import threading
from datetime import timedelta

import pytest

from alertnet.runtime.clock import system_clock
from alertnet.runtime.database.wakeups import GAP_SECONDS
from alertnet.worker.platform import SHORTEST_REST_SECONDS, THIS_PLATFORM, SteadyScheduler, Threads
from alertnet.worker.thread_pools import ThreadPool

PATIENCE = 20.0  # seconds until a test gives up waiting


def test_a_clock_that_is_set_back_stops_no_tick() -> None:
    """A7: jobs that were planned by a clock an hour ahead run now, and from then on as often as ever."""
    scheduler, rings = THIS_PLATFORM.scheduler(), threading.Semaphore(0)
    assert isinstance(scheduler, SteadyScheduler)
    scheduler.latest = system_clock() + timedelta(hours=1)
    scheduler.add_job(rings.release, "interval", seconds=0.1, next_run_time=scheduler.latest)
    scheduler.start()

    rung = [rings.acquire(timeout=PATIENCE) for _ in range(3)]

    scheduler.shutdown()
    assert rung == [True] * 3


def test_as_many_threads_work_at_once_as_there_may_be_and_no_more() -> None:
    """A11: what hangs in one holds up the others only once all hang."""
    threads, go_on, began = Threads(2, "sms"), threading.Event(), threading.Semaphore(0)

    def hang() -> None:
        began.release()
        assert go_on.wait(PATIENCE)

    for _ in range(3):
        threads.submit(hang)
    at_once = [began.acquire(timeout=PATIENCE) for _ in range(2)]
    third = began.acquire(timeout=0.05)
    go_on.set()
    threads.shutdown()

    assert (at_once, third) == ([True, True], False)
    assert began.acquire(blocking=False)


def test_threads_that_end_finish_what_was_submitted_and_take_no_more() -> None:
    threads, done = Threads(1, "sms"), list[int]()
    for number in range(50):
        threads.submit(lambda number=number: done.append(number))  # type: ignore[misc]
    threads.shutdown()

    assert done == list(range(50))
    with pytest.raises(RuntimeError, match="sms"):
        threads.submit(lambda: done.append(50))


def test_a_pool_that_the_system_gave_no_thread_works_once_it_does(monkeypatch: pytest.MonkeyPatch) -> None:
    """A11: what could not begin takes nobody's place for ever, and those that did can end."""
    pool, done = ThreadPool(Threads(1, "sms"), 1, lambda: None), list[str]()

    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as machine:
        machine.setattr(threading.Thread, "start", refuse)
        with pytest.raises(RuntimeError, match="can't start"):
            pool.submit("1", lambda: done.append("1"))
    room = pool.room
    pool.submit("2", lambda: done.append("2"))
    pool.close()

    assert (room, done) == (1, ["2"])


def test_whoever_is_to_look_again_is_told_before_the_rest_is_over() -> None:
    """A7: a process gathers what it tells others, and no alarm leaves later for it."""
    assert 0 < GAP_SECONDS <= SHORTEST_REST_SECONDS
