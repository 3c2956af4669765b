"""Logs events as JSON lines, or in colours on a terminal, without numbers, PINs, codes, tokens or message texts (A9).

Records of the standard library's `logging` (the web server, the database, the scheduler) go through the same masking.
Tracebacks show code, never the values of variables.
"""

import json
import logging
import re
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import date, timedelta
from functools import lru_cache, partial
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

DROPPED = re.compile(
    r"address|api_key|authorization|body|codes?|cookie|details|from|key|name|note|number|password|payload|phone"
    r"|pin|secret|signature|summary|text|to|token",
    re.IGNORECASE,
)
"""Keys whose values are never logged."""

HIDDEN = "***"
QUIET = ("alembic", "apscheduler", "httpcore2", "httpx2", "sqlalchemy", "twilio", "urllib3")
"""Loggers that are shown from WARNING on; below it some of them log what they send."""

_NUMBER = re.compile(
    r"(?<![0-9A-Za-z])(?P<plus>\+|%2B|)(?:\d[ ().\-]{0,2}){6,14}\d(?![0-9A-Za-z])",
    re.IGNORECASE,
)
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_IP_ADDRESS = re.compile(r"(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)")
_SHORTEST = 9  # Digits that make a number although it has no plus.

_LINK = re.compile(r"(?<![\w/])(?P<page>(?:https?://[^/\s]+)?/[ac]/)[\w\-]+")
"""The path of a contact's or coordinator's page; whoever has its token can answer for them."""


STEERING = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""What a terminal obeys instead of showing it: controls except tab and line feed, and changes of direction."""


def as_shown(text: str) -> str:
    """The text without what would steer the terminal: a stranger's path or SMS could clear it, or forge lines."""
    return text if text.isprintable() else STEERING.sub("\N{REPLACEMENT CHARACTER}", text)


def configure(stream: TextIO = sys.stderr, level: int = logging.INFO) -> None:
    """Send the logs of the whole process to that stream; a second call replaces the first."""
    renderer: Processor = _as_json
    if stream.isatty():
        renderer = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    shared: list[Processor] = [structlog.stdlib.add_log_level]
    written: list[Processor] = [
        structlog.processors.format_exc_info,
        mask,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        renderer,
    ]
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *written],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for name in QUIET:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))
    structlog.configure(
        processors=[*shared, *written],
        logger_factory=partial(_Lines, handler),
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=False,
    )


def _as_text(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else repr(value)


_to_json = json.JSONEncoder(ensure_ascii=False, default=_as_text).encode


def _as_json(_logger: WrappedLogger | None, _method: str, event: EventDict) -> str:
    return _to_json(event)


class _Lines:
    """Writes our own lines by the handler of all others, because going through records took twice as long."""

    def __init__(self, handler: logging.StreamHandler[TextIO], *_: object) -> None:
        self._handler = handler

    def msg(self, line: str) -> None:
        """Write a line, unless it is kept for `written_together`."""
        if _of_thread.kept is None:
            self.write(f"{line}\n")
        else:
            _of_thread.kept.append((self, f"{line}\n"))

    debug = info = warning = error = critical = exception = msg

    def write(self, lines: str) -> None:
        """Write whole lines; a log that can't be written holds up nobody."""
        assert self._handler.lock
        with self._handler.lock, suppress(OSError, ValueError):
            self._handler.stream.write(lines)
            self._handler.flush()


class _OfThread(threading.local):
    kept: list[tuple[_Lines, str]] | None = None
    """The lines of this thread that wait to be written together."""


_of_thread = _OfThread()


@contextmanager
def written_together() -> Iterator[None]:
    """Write this thread's lines of the block at its end, as one: each time it writes, it has to wait for its turn."""
    kept: list[tuple[_Lines, str]] = []
    _of_thread.kept = kept
    try:
        yield
    finally:
        _of_thread.kept = None
        if kept:
            kept[0][0].write("".join([line for _, line in kept]))


def mask(_logger: WrappedLogger | None, _method: str, event: EventDict) -> EventDict:
    """The event without what must not be logged; the processor before the last."""
    return {key: _masked(key, value) for key, value in event.items()}


def mask_text(text: str) -> str:
    """Mask the middle of every number, every link's token, and what steers a terminal: `+573*****01`."""
    if text.isalpha():
        return text
    shown = _NUMBER.sub(_masked_number, as_shown(text))
    return _LINK.sub(rf"\g<page>{HIDDEN}", shown) if "/" in shown else shown


def _masked_number(found: re.Match[str]) -> str:
    text, plus = found[0], found["plus"]
    if not plus and _IP_ADDRESS.fullmatch(text):
        return text
    if not plus and (_DATE.match(text) or sum(map(str.isdigit, text)) < _SHORTEST):
        return text
    return f"{text[: len(plus) + 3]}*****{text[-2:]}"


@lru_cache(maxsize=256)
def _is_dropped(key: str) -> bool:
    return DROPPED.fullmatch(key) is not None


def _masked(key: object, value: Any) -> Any:
    if isinstance(key, str) and _is_dropped(key):
        return HIDDEN
    if isinstance(value, str):
        return mask_text(value)
    if value is None or isinstance(value, bool | float | date | timedelta):
        return value
    if isinstance(value, int):
        return value if abs(value) < 10**8 else mask_text(str(value))
    if isinstance(value, Mapping):
        return {name: _masked(name, item) for name, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_masked(None, item) for item in value]
    return mask_text(str(value))
