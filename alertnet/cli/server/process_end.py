"""How a process that runs day and night ends: in good order where that is possible, never without a word in the log.

A signal that can be caught ends it in good order. What can't be caught (kill -9, no memory left) the next one to start
tells of, where a worker had been in the database (`worker_gone`).
"""

import faulthandler
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from logging import CRITICAL, ERROR, INFO, WARNING
from types import FrameType
from typing import Any

import structlog

from alertnet.core.errors import AlertnetError

LISTEN_SECONDS = 0.2  # between two looks for a signal
LOOK_SECONDS = 2.0
"""Between two looks whether the threads that a process can't do without are there."""

_NAMES = [
    *("SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGALRM", "SIGVTALRM", "SIGPROF", "SIGXCPU"),
    *("SIGPWR", "SIGSTKFLT", "SIGIO"),
]
SIGNALS = tuple(getattr(signal, name) for name in _NAMES if hasattr(signal, name))
"""All that end a process which takes no notice of them, and can be caught without harm."""

NEEDED = frozenset({"worker", "APScheduler", "writer", "listener", "web"})
"""The names of the threads without which a process looks alive and does nothing."""

FAULT_CODE = 70
"""The exit code after a fault of ours (EX_SOFTWARE): whoever watches over the process is to start it again."""

log = structlog.get_logger(__name__)

Handler = Callable[[int, FrameType | None], object]


class Signalled(BaseException):
    """A signal that came before there was anything to be ended in good order."""

    def __init__(self, number: int) -> None:
        self.number = number
        super().__init__(signal.Signals(number).name)


class Fault(Exception):
    """Something ended that the process can't do without; the text says what."""


class Ending(threading.Event):
    """An event that a signal's handler may announce, in the thread that waits for it.

    A handler runs between two steps of the main thread: it can't take the lock of an event that is being waited for,
    and what comes right before the wait goes unheard by a wait without an end.
    """

    cause: str | None = None
    """What was announced first."""

    def announce(self, cause: str) -> None:
        """The process is to end, for that cause; safe in a signal's handler."""
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
    """An event that a signal announces, in place of what it does otherwise; one that is ignored stays ignored."""
    signalled = Ending()
    with _handling(lambda number, _frame: signalled.announce(signal.Signals(number).name)):
        yield signalled


@contextmanager
def logged_end(process: str) -> Iterator[None]:
    """Let nothing end in silence inside: the log says when, after how long, and why.

    Raises:
        SystemExit: by a fault of ours, or a signal that came while it began.
    """
    began = time.monotonic()

    def tell(cause: str, **more: Any) -> None:
        log.log(more.pop("level"), "process_ended", process=process, cause=cause, seconds=_since(began), **more)

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


def wait_for(ended: Ending) -> None:
    """Wait until it is to end, and as long as everything is there that it can't do without.

    Raises:
        Fault: a thread of these is gone.
    """
    threads = [thread for thread in threading.enumerate() if thread.name in NEEDED]
    while not ended.wait(LOOK_SECONDS):
        gone = [thread.name for thread in threads if not thread.is_alive()]
        if gone:
            raise Fault(f"the thread {gone[0]} has ended")
    log.info("process_ending", cause=ended.cause or "the web has ended")


def _since(began: float) -> int:
    return round(time.monotonic() - began)


def _raise(number: int, _frame: FrameType | None) -> None:
    raise Signalled(number)


@contextmanager
def _handling(handler: Handler) -> Iterator[None]:
    """Let that handler have every signal that would end the process."""
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
    """Log what ends a thread, or is raised where nobody can catch it; and crashes of the interpreter itself."""
    before = threading.excepthook, sys.unraisablehook

    def tell_thread(args: threading.ExceptHookArgs) -> None:
        name = args.thread.name if args.thread else None
        log.critical("thread_died", thread=name, exc_info=(args.exc_type, args.exc_value, args.exc_traceback))

    def tell_unraisable(args: "sys.UnraisableHookArgs") -> None:
        log.error("unraisable", exc_info=(args.exc_type, args.exc_value, args.exc_traceback))

    threading.excepthook, sys.unraisablehook = tell_thread, tell_unraisable
    with suppress(OSError, ValueError, RuntimeError, AttributeError):
        faulthandler.enable()
    try:
        yield
    finally:
        threading.excepthook, sys.unraisablehook = before
