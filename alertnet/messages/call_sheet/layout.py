"""What a sheet of paper is made of, and the words on it: lines, boxes to tick, durations, instants, numbers."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from alertnet.messages.page import fill
from alertnet.messages.renderer import Renderer
from alertnet.messages.words import offset


class Style(StrEnum):
    """What a line is on the sheet."""

    TITLE = "title"
    NOTE = "note"
    WARNING = "warning"
    TREE = "tree"
    LEVEL = "level"
    CONTACT = "contact"
    DETAIL = "detail"
    SAY = "say"


@dataclass(frozen=True)
class Line:
    """One line or paragraph."""

    style: Style
    text: str


@dataclass(frozen=True)
class Boxes:
    """A row to fill in by hand: the time, boxes to tick, and room for a note."""

    time: str
    ticks: tuple[str, ...]
    note: str


Group = tuple[Line | Boxes, ...]
"""What stays together on a page."""


@dataclass(frozen=True)
class Origin:
    """When and from what a sheet was made."""

    made_at: datetime
    word: str
    """Which of the sheet's labels says where its trees are from; `values` are filled in."""
    trees: dict[str, str]
    """The hash of each tree."""
    values: dict[str, str] = field(default_factory=dict)
    ref: str | None = None
    opened_at: datetime | None = None
    closed: bool = False


class SheetWords:
    """The labels of one language, filled in."""

    def __init__(self, renderer: Renderer, language: str, of_tree: str = "") -> None:
        self.renderer = renderer
        self.labels = renderer.sheet_words(language, of_tree)
        self.words = renderer.words(language, of_tree)
        self.asks = renderer.page_words(language, of_tree)

    def say(self, word: str, **values: str) -> str:
        """The label of that name."""
        return fill(self.labels[word], values)

    def line(self, style: Style, word: str, **values: str) -> Line:
        """A line that says it."""
        return Line(style, self.say(word, **values))

    def lasting(self, duration: timedelta) -> str:
        """A duration, as in `1 h 30 min`."""
        hours, minutes = divmod(round(duration.total_seconds() / 60), 60)
        word = "hours_minutes" if hours and minutes else "hours" if hours else "minutes"
        return self.say(word, hours=str(hours), minutes=str(minutes))

    def after(self, duration: timedelta) -> str:
        """A delay, as in `after 10 min`."""
        return self.say("after", time=self.lasting(duration)) if duration else self.say("at_once")


def moment(at: datetime, timezone: str = "UTC") -> str:
    """Date, time and offset, as in `2026-11-24 02:14 (UTC-5)`: a sheet may lie about for years."""
    local = at.astimezone(ZoneInfo(timezone))
    return f"{local:%Y-%m-%d %H:%M} ({offset(local)})"
