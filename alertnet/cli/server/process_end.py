"""Ends long-running processes in good order where possible, and never without a line in the log.

Signals that can be caught end a process in good order. What can't be caught (kill -9, out of memory) is reported by the
next worker to start (`worker_gone`).
"""

import faulthandler
import logging
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from logging import CRITICAL, ERROR, INFO, WARNING
from types import FrameType
from typing import Any

import structlog

from alertnet.core.errors import AlertnetError

LISTEN_SECONDS = 0.2  # between two checks for a signal
LOOK_SECONDS = 2.0
"""Seconds between two checks that all necessary threads are alive."""

_NAMES = [
    *("SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGALRM", "SIGVTALRM", "SIGPROF", "SIGXCPU"),
    *("SIGPWR", "SIGSTKFLT", "SIGIO"),
]
SIGNALS = tuple(getattr(signal, name) for name in _NAMES if hasattr(signal, name))
"""All signals that would end the process by default and can safely be caught."""

NEEDED = frozenset({"worker", "APScheduler", "writer", "listener", "web"})
"""Names of threads without which a process looks alive but does nothing."""

FAULT_CODE = 70
"""The exit code after a fault of ours (EX_SOFTWARE), on which a supervisor should restart the process."""

log = structlog.get_logger(__name__)

Handler = Callable[[int, FrameType | None], object]


class Signalled(BaseException):
    """A signal came during the start, when there was nothing to end in good order yet."""

    def __init__(self, number: int) -> None:
        self.number = number
        super().__init__(signal.Signals(number).name)


class Fault(Exception):
    """Something that the process needs has ended; the text says what."""


class Ending(threading.Event):
    """An event that a signal handler can announce to the main thread, which waits for it.

    A handler runs between two steps of the main thread. It can't take the lock of an event that is being waited for,
    and a wait without a timeout would miss what was announced right before it.
    """

    cause: str | None = None
    """The first cause announced."""

    def announce(self, cause: str) -> None:
        """Announce that the process is to end, with the cause. It is safe in a signal handler."""
        if self.cause is None:
            self.cause = cause

    def wait(self, timeout: float | None = None) -> bool:
        until = None if timeout is None else time.monotonic() + timeout
        while self.cause is None:
            left = LISTEN_SECONDS if until is None else min(LISTEN_SECONDS, until - time.monotonic())
            if super().wait(max(left, 0)):
                return True
            if until is not None and time.monotonic() >= until:
                return self.cause is not None
        return True


@contextmanager
def until_signalled() -> Iterator[Ending]:
    """An event that replaces the default action of signals. Signals that are ignored stay ignored."""
    signalled = Ending()
    with _handling(lambda number, _frame: signalled.announce(signal.Signals(number).name)):
        yield signalled


@contextmanager
def logged_end(process: str) -> Iterator[None]:
    """Log when, after how long and why the block ends; a fault of ours, or a signal at the start, ends the process."""
    began = time.monotonic()

    def tell(cause: str, **more: Any) -> None:
        seconds = round(time.monotonic() - began)
        log.log(more.pop("level"), "process_ended", process=process, cause=cause, seconds=seconds, **more)

    with _telling_of_faults(), _handling(_raise):
        try:
            yield
        except Signalled as signalled:
            tell(str(signalled), level=WARNING)
            raise SystemExit(128 + signalled.number) from None
        except (AlertnetError, SystemExit, KeyboardInterrupt) as end:
            tell(type(end).__name__, level=ERROR)
            raise
        except BaseException as fault:
            tell(f"{type(fault).__name__}: {fault}", level=CRITICAL, exc_info=not isinstance(fault, Fault))
            raise SystemExit(FAULT_CODE) from None
        tell("in good order", level=INFO)


def needed_threads() -> list[threading.Thread]:
    """The threads by now without which the process does nothing."""
    return [thread for thread in threading.enumerate() if thread.name in NEEDED]


def wait_for(ended: Ending, threads: Sequence[threading.Thread] = ()) -> None:
    """Wait for the end of the process; raises `Fault` where a thread has ended that it needs by now, or did earlier."""
    threads = [*threads, *needed_threads()]
    while not ended.wait(LOOK_SECONDS):
        gone = [thread.name for thread in threads if not thread.is_alive()]
        if gone:
            raise Fault(f"the thread {gone[0]} has ended")
    log.info("process_ending", cause=ended.cause or "the web has ended")


def _raise(number: int, _frame: FrameType | None) -> None:
    raise Signalled(number)


@contextmanager
def _handling(handler: Handler) -> Iterator[None]:
    """Give that handler every signal that would end the process."""
    before = {number: signal.getsignal(number) for number in SIGNALS}
    taken = {number: old for number, old in before.items() if old is not signal.SIG_IGN}
    for number in taken:
        signal.signal(number, handler)
    try:
        yield
    finally:
        for number, old in taken.items():
            signal.signal(number, old)


@contextmanager
def _telling_of_faults() -> Iterator[None]:
    """Log exceptions that end a thread or can't be caught, libraries' warnings, and crashes of the interpreter."""
    before = threading.excepthook, sys.unraisablehook

    def tell_thread(args: threading.ExceptHookArgs) -> None:
        name = args.thread.name if args.thread else None
        log.critical("thread_died", thread=name, exc_info=(args.exc_type, args.exc_value, args.exc_traceback))

    def tell_unraisable(args: "sys.UnraisableHookArgs") -> None:
        log.error("unraisable", exc_info=(args.exc_type, args.exc_value, args.exc_traceback))

    threading.excepthook, sys.unraisablehook = tell_thread, tell_unraisable
    logging.captureWarnings(True)
    with suppress(OSError, ValueError, RuntimeError, AttributeError):
        faulthandler.enable()
    try:
        yield
    finally:
        threading.excepthook, sys.unraisablehook = before
        logging.captureWarnings(False)
