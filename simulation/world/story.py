"""The story of a night, for people: who was called, what died, what was lost, and which promise was broken by it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

Found = Iterator[tuple[str, str]]
"""Broken promises, and how."""


@dataclass(frozen=True)
class Break:
    """A promise that was not kept: its number in the design (A1-A12), and how."""

    promise: str
    how: str


@dataclass
class Story:
    """Lines in order of time, and the broken promises."""

    now: Callable[[], datetime]
    lines: list[tuple[datetime, str, str]] = field(default_factory=list)
    breaks: list[Break] = field(default_factory=list)

    def tell(self, who: str, what: str) -> None:
        """Note what happened to somebody or something."""
        self.lines.append((self.now(), who, what))

    def breaks_promise(self, promise: str, how: str) -> None:
        self.breaks.append(Break(promise, how))
        self.tell("BROKEN", f"{promise}: {how}")

    def text(self) -> str:
        """The story as text, a line for each thing, with its moment on the clock of the night."""
        return "\n".join(f"{at:%H:%M:%S.%f}"[:-3] + f"  {who:<14} {what}" for at, who, what in self.lines)
