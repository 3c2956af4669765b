"""Prints what happens on phones and in mailboxes, and waits for expected events."""

import time
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TypeVar

from rich.console import Console
from rich.table import Table
from rich.text import Text

from alertnet.cli.demo.clock import LOOK_SECONDS
from alertnet.cli.demo.stage import Stage

T = TypeVar("T")

STYLES = {
    "SMS": "green",
    "replies": "green",
    "texts": "bold yellow",
    "rings": "magenta",
    "hears": "magenta",
    "is hung up": "magenta",
    "no answer": "magenta",
    "mail": "cyan",
}
ENDINGS = {"completed": "is hung up", "canceled": "is hung up", "no-answer": "no answer"}

Sight = tuple[datetime, str, str, str]
"""When, who, what happened there, and its words."""


class Missed(Exception):
    """Something expected did not happen in time; the text says what."""


class Watch:
    """Prints each event once, with minutes and seconds since the demo began."""

    def __init__(self, stage: Stage, console: Console, limit_seconds: float) -> None:
        self.console = console
        self.stage = stage
        self._began = stage.clock()
        self._limit_seconds = limit_seconds
        self._seen: set[tuple[str, object]] = set()

    def look(self) -> None:
        """Print new events in the order in which they happened."""
        for at, who, what, words in sorted(self._news(), key=lambda sight: sight[0]):
            self._print(at, who, what, words)

    def expect(self, what: str, found: Callable[[], T | None]) -> T:
        """Wait for what is expected and give it; raises `Missed` where it did not come in time."""
        deadline = time.monotonic() + self._limit_seconds
        while not (value := found()):
            if time.monotonic() > deadline:
                raise Missed(what)
            self.look()
            time.sleep(LOOK_SECONDS)
        self.look()
        return value

    def skip_until(self, what: str, found: Callable[[], T | None]) -> T:
        """Wait in the same way, and skip to the next due moment whenever everything due has been done."""

        def look_again() -> T | None:
            value = found()
            if not value and self.stage.clock_speed.is_quiet():
                self.look()
                self.stage.clock_speed.skip()
            return value

        return self.expect(what, look_again)

    def wait_until_quiet(self) -> None:
        """Wait until everything due has been done; raises `Missed` where it took too long."""
        self.expect("an end to what was due", self.stage.clock_speed.is_quiet)

    def _print(self, at: datetime, who: str, what: str, words: str) -> None:
        minutes, seconds = divmod(int((at - self._began).total_seconds()), 60)
        row = Table.grid(padding=(0, 2))
        for width in (6, 17, 10):
            row.add_column(width=width, no_wrap=True)
        row.add_column()
        row.add_row(Text(f"{minutes:3}:{seconds:02}", "dim"), Text(who), Text(what, STYLES.get(what, "")), Text(words))
        self.console.print(row)

    def _news(self) -> Iterator[Sight]:
        for key, sight in self._sights():
            if key not in self._seen:
                self._seen.add(key)
                yield sight

    def _sights(self) -> Iterator[tuple[tuple[str, object], Sight]]:
        cast, network = self.stage.cast, self.stage.sandbox.network
        with network.lock:
            for message in network.messages.values():
                if message.direction == "inbound":
                    yield (
                        (message.sid, ""),
                        (message.created_at, cast.get(message.sender, message.sender), "texts", message.body),
                    )
                elif message.status in ("sent", "delivered"):
                    at, who = message.sent_at or message.created_at, cast.get(message.to, message.to)
                    yield (message.sid, ""), (at, who, "SMS", message.body)
            for call in network.calls.values():
                who = cast.get(call.to, call.to)
                if call.status != "queued":
                    yield (call.sid, "rings"), (call.created_at, who, "rings", "")
                for place, sentence in enumerate(call.heard):
                    yield (call.sid, place), (sentence.at, who, "hears", sentence.text)
                if call.ended_at:
                    yield (call.sid, "end"), (call.ended_at, who, ENDINGS.get(call.status, call.status), "")
        for address, who in cast.items():
            if "@" in address:
                for place, mail in enumerate(self.stage.sandbox.mailbox(address).mails):
                    yield (address, place), (self.stage.clock(), who, "mail", mail.subject)
