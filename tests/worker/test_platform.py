"""What a worker runs on, where the machine itself misbehaves."""

import threading
from datetime import timedelta

from alertnet.runtime.clock import system_clock
from alertnet.worker.platform import THIS_PLATFORM, SteadyScheduler

PATIENCE = 20.0  # seconds until a test gives up waiting


def test_a_clock_that_is_set_back_stops_no_tick() -> None:
    """A7: jobs that were planned by a clock an hour ahead run now, and from then on as often as ever."""
    scheduler, rings = THIS_PLATFORM.scheduler(), threading.Semaphore(0)
    assert isinstance(scheduler, SteadyScheduler)
    scheduler.add_job(rings.release, "interval", seconds=0.1, id="tick")
    scheduler.start()
    assert rings.acquire(timeout=PATIENCE)

    scheduler.latest = system_clock() + timedelta(hours=1)
    scheduler.modify_job("tick", next_run_time=scheduler.latest)
    while rings.acquire(blocking=False):
        pass

    assert [rings.acquire(timeout=PATIENCE) for _ in range(3)] == [True] * 3
    scheduler.shutdown()
