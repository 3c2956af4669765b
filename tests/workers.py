"""Several processes share the tests: forked once all is imported and collected, for which each would need long."""

import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from itertools import chain, pairwise
from multiprocessing import Pipe, get_context
from multiprocessing.connection import Connection, wait
from tempfile import TemporaryFile
from typing import Any

import pytest

from alertnet.cli.server.system import lay_in_large_pages

SHARING = (
    ("tests/browser/",),
    # The process that has the program imported, from which others are forked.
    ("tests/cli/", "tests/crashes/", "tests/demo/", "tests/deploy/", "tests/processes/"),
    ("tests/house/",),
    ("tests/scenarios/test_every_kind.py",),
    # Its nights take seconds in one test: begun last, they alone were waited for.
    ("tests/simulation/",),
)
"""Places each of which takes long as a whole, in the order in which they are handed out, before all else."""
STDERR = 2
LAID_AFTER = 300
"""Tests, until a worker has loaded enough to look again how it lies in memory."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--workers", default="0", help="how many processes share the tests; auto: one more than cores")


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool | None:
    """Hand out one test after the other, to each worker one in advance, and take in how they went."""
    asked, factory = session.config.getoption("workers"), session.config._tmp_path_factory  # type: ignore[attr-defined]
    # Some test always waits for a process, a browser or a server.
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    number = cores + 1 if asked == "auto" else int(asked)
    if not number or session.testsfailed or session.config.option.collectonly:
        return None
    # Else each worker would make one of its own.
    factory.getbasetemp()
    units = iter(_units(session))
    workers: list[Any] = [_Worker(session, chain.from_iterable(units)) for _ in range(number)]
    try:
        while workers:
            heard = wait(workers)
            workers = [worker for worker in workers if worker not in heard or worker.is_heard()]
    finally:
        for worker in workers:
            worker.interrupt()
    if session.shouldfail:
        raise session.Failed(session.shouldfail)
    return True


def _units(session: pytest.Session) -> list[list[int]]:
    """Numbers of tests that one worker takes: folders and modules, the largest first, then single screenplays."""
    units: dict[str, list[int]] = {places[0]: [] for places in SHARING}
    for number, item in enumerate(session.items):
        module, _, test = item.nodeid.partition("::")
        together = f"{module}::{test.partition('[')[0]}" if module.startswith("tests/scenarios/") else module
        place = next((places[0] for places in SHARING if item.nodeid.startswith(places)), together)
        units.setdefault(place, []).append(number)
    shared = [units.pop(place) for place, *_ in SHARING]
    return shared + sorted(units.values(), key=len, reverse=True)


class _Worker:
    """A process that does what it is told, as those see it that tell it."""

    def __init__(self, session: pytest.Session, tests: Iterator[int]) -> None:
        self._session, self._tests = session, tests
        self._given: deque[int | None] = deque([None, None], maxlen=2)
        self._line, other = Pipe()
        self._process = get_context("fork").Process(target=_work, args=(session, other, self._line))
        self._process.start()
        other.close()

    def fileno(self) -> int:
        return self._line.fileno()

    def interrupt(self) -> None:
        with suppress(ProcessLookupError):
            os.kill(self._process.pid or 0, signal.SIGINT)

    def is_heard(self) -> bool:
        """Whether it had something to say, and now has another test or knows that there is none."""
        session, hook = self._session, self._session.config.hook
        try:
            reports = self._line.recv()
        except (EOFError, ConnectionError):
            self._process.join()
            began = self._given[0]
            # A test may also end it with 0, and so keep all that was left to it from being tried.
            if self._process.exitcode or began is not None:
                test = session.items[began].nodeid if began is not None else "none"
                session.shouldfail = f"a worker ended with {self._process.exitcode} in {test}"
            return False
        for report in reports:
            read = hook.pytest_report_from_serializable(config=session.config, data=report)
            hook.pytest_runtest_logreport(report=read)
        self._given.append(None if session.shouldfail or session.shouldstop else next(self._tests, None))
        self._line.send(self._given[-1])
        return True


def _work(session: pytest.Session, line: Connection, other_end: Connection) -> None:
    """What a worker does, as long as there is somebody at the other end."""
    # Else it would wait for itself where who hands out the tests was killed, and keep its servers for ever.
    other_end.close()
    hook, plugins, told = session.config.hook, session.config.pluginmanager, _Told(session.config)
    plugins.unregister(name="terminalreporter")
    plugins.register(told)
    _write_apart(plugins.getplugin("capturemanager"))
    signal.signal(signal.SIGINT, _interrupt_once)

    def ask() -> int | None:
        line.send(told.reports)
        told.reports.clear()
        number: int | None = line.recv()
        return number

    tests = map(session.items.__getitem__, iter(ask, None))
    try:
        for number, (test, following) in enumerate(pairwise(chain(tests, [None]))):
            if number % LAID_AFTER == 0:
                # A fifteenth of a screenplay went to looking where it lies.
                lay_in_large_pages(threading.Event(), pause=0)
            hook.pytest_runtest_protocol(item=test, nextitem=following)
        ask()
    except KeyboardInterrupt:
        # Else the programs that its fixtures have started would outlive it.
        session._setupstate.teardown_exact(None)


def _interrupt_once(*_: object) -> None:
    """A terminal interrupts all processes, and the one with the workers does so again: taking down goes on."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    raise KeyboardInterrupt


def _write_apart(capture: Any) -> None:
    """Let what this process writes be captured in files of its own: modules hold the streams that they found."""
    capture.resume_global_capture()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError), TemporaryFile() as own:
            if stream.fileno() > STDERR:
                os.dup2(own.fileno(), stream.fileno())
    capture.suspend_global_capture()


class _Told:
    """How the tests of a worker went, until it is asked."""

    def __init__(self, config: pytest.Config) -> None:
        self.reports: list[Any] = []
        self._config = config

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Of what nobody reads nothing is kept."""
        if not report.passed or report.when == "call" or report.duration >= 1:
            report.keywords = {}
            said = self._config.hook.pytest_report_to_serializable(config=self._config, report=report)
            self.reports.append(said)
