"""However a process ends, the log says so, and why."""

import io
import json
import signal
import subprocess
import sys
import threading
import warnings
from collections.abc import Iterator
from typing import Any

import pytest

from alertnet.cli.server.process_end import (
    FAULT_CODE,
    SIGNALS,
    Ending,
    logged_end,
    needed_threads,
    until_signalled,
    wait_for,
)
from alertnet.core.errors import Misconfigured
from alertnet.runtime.logging import configure

PATIENCE = 20.0


class Log:
    """What was logged."""

    def __init__(self) -> None:
        self.stream = io.StringIO()

    def events(self, name: str) -> list[dict[str, Any]]:
        lines = [json.loads(line) for line in self.stream.getvalue().splitlines()]
        return [line for line in lines if line["event"] == name]


@pytest.fixture
def log() -> Iterator[Log]:
    log = Log()
    configure(log.stream)
    yield log
    configure()


@pytest.fixture(autouse=True)
def heard() -> Iterator[None]:
    """Every signal is heard at first, also where the tests themselves were begun under `nohup` or in the background."""
    before = {number: signal.signal(number, signal.SIG_DFL) for number in SIGNALS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def test_a_fault_is_told_with_its_place_and_code(log: Log) -> None:
    """A9, A11: also its text is masked, which a traceback of Python's own is not."""
    with pytest.raises(SystemExit) as ended, logged_end("serve"):
        raise RuntimeError("no way to +573005550101")

    (event,) = log.events("process_ended")
    assert ended.value.code == FAULT_CODE
    assert (event["level"], event["process"]) == ("critical", "serve")
    assert "test_process_end.py" in event["exception"]
    assert "RuntimeError: no way to" in event["cause"]
    assert "3005550101" not in log.stream.getvalue()


@pytest.mark.parametrize("end", [Misconfigured(["ALERTNET_RATES: wrong"]), SystemExit(3), KeyboardInterrupt()])
def test_who_ends_it_on_purpose_is_told_and_goes_on(log: Log, end: BaseException) -> None:
    with pytest.raises(type(end)), logged_end("worker"):
        raise end

    assert [each["cause"] for each in log.events("process_ended")] == [type(end).__name__]


def test_a_thread_that_it_can_not_do_without_ends_it(log: Log) -> None:
    """A11: else it would look alive and do nothing; whoever watches over it starts another one."""
    dies = threading.Event()
    thread = threading.Thread(target=dies.wait, name="writer", args=(PATIENCE,))
    thread.start()
    ended = Ending()
    looking = threading.Timer(0.1, dies.set)
    looking.start()

    with pytest.raises(SystemExit) as left, logged_end("serve"):
        wait_for(ended)

    assert left.value.code == FAULT_CODE
    assert [each["cause"] for each in log.events("process_ended")] == ["Fault: the thread writer has ended"]


def test_such_a_thread_that_has_ended_while_the_rest_was_loaded_ends_it(log: Log) -> None:
    """A second and more goes by between the start and the first look."""
    dies = threading.Event()
    thread = threading.Thread(target=dies.wait, name="writer", args=(PATIENCE,))
    thread.start()
    begun = needed_threads()
    dies.set()
    thread.join(PATIENCE)

    with pytest.raises(SystemExit) as left, logged_end("serve"):
        wait_for(Ending(), begun)

    assert left.value.code == FAULT_CODE
    assert [each["cause"] for each in log.events("process_ended")] == ["Fault: the thread writer has ended"]


@pytest.mark.parametrize("fault", [ValueError("wrong"), SystemExit(1)])
def test_whatever_ends_a_thread_is_told(log: Log, fault: BaseException) -> None:
    """Python says nothing of a thread that ends by `sys.exit`."""

    def die() -> None:
        raise fault

    with logged_end("serve"):
        thread = threading.Thread(target=die, name="listener")
        thread.start()
        thread.join(PATIENCE)

    (event,) = log.events("thread_died")
    assert event["thread"] == "listener"
    assert type(fault).__name__ in event["exception"]


def test_a_librarys_warning_is_a_masked_line_of_the_log(log: Log) -> None:
    """A9: Python writes it as it is, in lines that are no JSON."""
    with warnings.catch_warnings(), logged_end("serve"):
        warnings.simplefilter("always")
        warnings.warn("no way to\n+573005550101", stacklevel=1)

    (told,) = [json.loads(line)["event"] for line in log.stream.getvalue().splitlines() if "py.warnings" in line]
    assert "UserWarning: no way to\n+573*****01\n" in told
    assert "+573005550101" not in log.stream.getvalue()


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_while_it_begins_ends_it(log: Log, number: signal.Signals) -> None:
    with pytest.raises(SystemExit) as left, logged_end("serve"):
        signal.raise_signal(number)

    assert left.value.code == 128 + number
    assert [each["cause"] for each in log.events("process_ended")] == [number.name]


def test_a_signal_before_anything_is_loaded_ends_it() -> None:
    """Process 1 of a container gets no signal that nobody handles: it went on, and was killed at its work later."""
    on_its_way = "find_spec = lambda name, *_: signal.raise_signal(signal.SIGTERM) if name == 'alertnet.cli' else None"
    code = (
        f"import runpy, signal, sys, types; {on_its_way};"
        "sys.meta_path.insert(0, types.SimpleNamespace(find_spec=find_spec));"
        "runpy.run_module('alertnet', run_name='__main__')"
    )

    ended = subprocess.run([sys.executable, "-c", code], check=False)

    assert ended.returncode == 128 + signal.SIGTERM


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_ends_it_in_good_order(log: Log, number: signal.Signals) -> None:
    with logged_end("serve"), until_signalled() as ended:
        signal.raise_signal(number)
        wait_for(ended)

    causes = [each["cause"] for name in ("process_ending", "process_ended") for each in log.events(name)]
    assert causes == [number.name, "in good order"]


def test_a_signal_that_was_ignored_stays_ignored(log: Log) -> None:
    """Whoever starts it under `nohup` means it."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with logged_end("serve"), until_signalled() as ended:
            signal.raise_signal(signal.SIGHUP)
            signal.raise_signal(signal.SIGTERM)
            wait_for(ended)
    finally:
        signal.signal(signal.SIGHUP, before)

    assert [each["cause"] for each in log.events("process_ending")] == ["SIGTERM"]
