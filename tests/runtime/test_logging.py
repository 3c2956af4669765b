"""A9: logs carry no body, PIN, code, or full number, whoever writes them."""

import io
import json
import logging
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
import structlog

from alertnet.runtime.logging import DROPPED, QUIET, as_shown, configure, mask_text, written_together


class Log(io.StringIO):
    """A stream that is read as what was logged."""

    def events(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.getvalue().splitlines()]


class Terminal(Log):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def log() -> Iterator[Log]:
    """What the process logs, until its logging is as it was before."""
    root = logging.getLogger()
    before, structured = (root.handlers, root.level), structlog.get_config()
    levels = {name: logging.getLogger(name).level for name in QUIET}
    stream = Log()
    configure(stream)
    yield stream
    root.handlers, root.level = before
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)
    structlog.configure(**structured)


def test_a_moment_is_written_as_one(log: Log) -> None:
    """Whoever reads at night when a worker was last seen, and every tool that searches logs."""
    structlog.get_logger().warning("worker_gone", seen_at=datetime(2026, 11, 28, 14, 12, tzinfo=UTC))

    assert log.events()[0]["seen_at"] == "2026-11-28T14:12:00+00:00"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("to +573005550101 now", "to +573*****01 now"),
        ("573005550101", "573*****01"),
        ("+1 555 010 0123", "+1 5*****23"),
        ("(571) 555-0102", "(571*****02"),
        ("06.12.34.56.78", "06.*****78"),
        ("/Messages.json?To=%2B573005550101", "/Messages.json?To=%2B573*****01"),
        ("+3312345", "+331*****45"),
        ("573005550101 573005550102", "573*****01 573*****02"),
    ],
)
def test_a_number_is_hidden_in_the_middle(text: str, shown: str) -> None:
    assert mask_text(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-24T03:12:00.123456+00:00",
        "2026-11-24 03:12:00",
        "A-7K3M",
        "21211",
        "127.0.0.1:54321",
        "SM0123456789abcdef0123456789abcdef",
        "/v1/incidents/A-7K3M",
    ],
)
def test_what_is_no_number_stays_readable(text: str) -> None:
    assert mask_text(text) == text


def test_the_token_of_a_page_is_hidden() -> None:
    """Whoever has it can answer in the contact's name."""
    assert mask_text('"GET /a/ABCDEFGH23456789?x=1 HTTP/1.1"') == '"GET /a/***?x=1 HTTP/1.1"'
    assert mask_text("https://alert.example.org/c/ABCDEFGH23456789") == "https://alert.example.org/c/***"


@pytest.mark.parametrize("key", ["body", "text", "pin", "code", "token", "Authorization", "address", "name"])
def test_keys_of_confidential_things_keep_no_value(log: Log, key: str) -> None:
    structlog.get_logger().info("sms_received", **{key: "47110"}, headers={key: "47110"}, parts=[{key: "47110"}])

    assert DROPPED.fullmatch(key)
    assert "47110" not in log.getvalue()


def test_an_event_is_one_json_line_with_its_fields(log: Log) -> None:
    structlog.get_logger().info("notification_sent", incident="A-7K3M", attempt=3, late=0.25, numbers=573005550101)

    (event,) = log.events()
    assert event.pop("timestamp").endswith("Z")
    assert event == {
        "event": "notification_sent",
        "level": "info",
        "incident": "A-7K3M",
        "attempt": 3,
        "late": 0.25,
        "numbers": "573*****01",
    }


def test_lines_written_together_come_whole_and_in_order_and_hold_up_no_other_thread(log: Log) -> None:
    """A11: also where what came between them fails."""
    say = structlog.get_logger().info
    with suppress(RuntimeError), written_together():
        say("first")
        other = threading.Thread(target=say, args=("of another thread",))
        other.start()
        other.join()
        say("second")
        before = [each["event"] for each in log.events()]
        raise RuntimeError
    say("after")

    assert before == ["of another thread"]
    assert [each["event"] for each in log.events()] == ["of another thread", "first", "second", "after"]


@pytest.mark.parametrize("name", ["uvicorn.error", "sqlalchemy.pool", "apscheduler.executors", "anything"])
def test_the_standard_librarys_logs_are_masked_alike(log: Log, name: str) -> None:
    logging.getLogger(name).warning("%s asks %s", "+573005550101", "/a/ABCDEFGH23456789")

    assert log.events()[0]["event"] == "+573*****01 asks /a/***"


def test_the_provider_and_the_database_are_heard_from_warnings_on(log: Log) -> None:
    """Below it they tell what they send."""
    for name in ("twilio.http_client", "sqlalchemy.engine", "httpx2"):
        logging.getLogger(name).info("Body: OK 4711")
        logging.getLogger(name).warning("no connection")

    assert [event["event"] for event in log.events()] == ["no connection"] * 3


@pytest.mark.parametrize("logger", [structlog.get_logger, lambda: logging.getLogger("anything")])
def test_a_traceback_shows_no_values_and_no_numbers(log: Log, logger: Any) -> None:
    pin = "471" + "10"
    try:
        raise ValueError("no answer from +573005550101 " + pin[:0])
    except ValueError:
        logger().exception("call_failed")

    (event,) = log.events()
    assert "ValueError: no answer from +573*****01" in event["exception"]
    assert pin not in log.getvalue()


def test_a_terminal_gets_lines_for_people_masked_as_well(log: Log) -> None:
    terminal = Terminal()
    configure(terminal)

    try:
        raise ValueError("+573005550101")
    except ValueError:
        structlog.get_logger().exception("call_failed", body="help")

    assert "call_failed" in terminal.getvalue()
    assert "+573*****01" in terminal.getvalue()
    assert "help" not in terminal.getvalue()
    assert "5550101" not in terminal.getvalue()


@pytest.mark.parametrize("steering", ["\x1b]0;mine\x07", "\x9b2J", "\r", "\x08", "\u202e", "\x00"])
def test_a_path_steers_neither_the_terminal_nor_whoever_reads_the_log_in_one(log: Log, steering: str) -> None:
    """Anybody may ask for `/twilio/%1b]0;mine%07`, which is logged as refused."""
    terminal = Terminal()
    for stream in (terminal, log):
        configure(stream)
        structlog.get_logger().warning("webhook_refused", path=f"/twilio/{steering}sms")
        logging.getLogger("uvicorn.error").warning(f"about {steering}that")

    assert log.events()[0]["path"] == f"/twilio/{as_shown(steering)}sms"
    for said in (terminal.getvalue(), log.getvalue()):
        assert said.count("\N{REPLACEMENT CHARACTER}") >= 2
        assert steering not in said


def test_a_log_that_takes_nothing_more_holds_up_nobody(log: Log) -> None:
    """A11: a full disk below the log is no reason not to send."""
    full = Log()
    configure(full)
    structlog.get_logger().info("attempt_made")
    full.close()
    structlog.get_logger().info("attempt_made")
    configure(log)

    structlog.get_logger().info("level_opened")

    assert [event["event"] for event in log.events()] == ["level_opened"]
