"""`serve` and `worker` as they are, but in a time that runs many times as fast: at 20, a minute takes three seconds.

python -m tests.processes.hurried 2026-11-24T16:00:00+00:00 20 serve PORT | web PORT | worker
"""

import sys
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime
from functools import partial
from typing import Any

from alertnet.cli.server.process_end import logged_end, until_signalled, wait_for
from alertnet.cli.server.web_server import listen, web
from alertnet.cli.server.working import working
from alertnet.core.codec import replace
from alertnet.runtime.clock import system_clock
from alertnet.runtime.logging import configure
from alertnet.runtime.settings.settings import read_settings
from alertnet.runtime.wiring import make_runtime
from alertnet.worker.platform import THIS_PLATFORM

SPEED = 20
"""How many times as fast it runs, unless told otherwise."""


SHORTEST_SECONDS = 0.5
"""Nothing is done more often, so that the machine keeps up."""


class HurriedScheduler:
    """A worker's own, whose spans pass in the time that runs so many times as fast."""

    def __init__(self, speed: int) -> None:
        self._scheduler = THIS_PLATFORM.scheduler()
        self._speed = speed
        self.start, self.shutdown = self._scheduler.start, self._scheduler.shutdown

    def add_job(self, func: Callable[[], object], trigger: str, **options: Any) -> object:
        if "seconds" in options:
            options["seconds"] = max(options["seconds"] / self._speed, SHORTEST_SECONDS)
        return self._scheduler.add_job(func, trigger, **options)


def hurried_since(start: datetime, speed: int) -> Callable[[], datetime]:
    """A clock that was right then, and is the same in every process of this machine."""
    return lambda: start + (system_clock() - start) * speed


def main() -> None:
    start, speed, role, *port = sys.argv[1:]
    configure()
    with logged_end(role), ExitStack() as stack:
        runtime = make_runtime(read_settings(), clock=hurried_since(datetime.fromisoformat(start), int(speed)))
        stack.callback(runtime.close)
        ended = stack.enter_context(until_signalled())
        if role != "web":
            stack.enter_context(
                working(runtime, replace(THIS_PLATFORM, scheduler=partial(HurriedScheduler, int(speed))))
            )
        if role != "worker":
            listening = stack.enter_context(listen("127.0.0.1", int(*port)))
            stack.enter_context(web(runtime, listening, ended))
        wait_for(ended)


if __name__ == "__main__":
    main()
