"""The page's interface to the program: what it shows beside phones and mailboxes, and what it can ask for."""

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from alertnet.core.codec import value
from alertnet.core.incident import Line, Tone
from alertnet.sandbox.page.cast import Cast
from alertnet.sandbox.server import Sandbox


@value
class Mark:
    """The state of somebody, or of a level, in a few words."""

    tone: Tone
    text: str


@value
class Incident:
    """The summary of an incident."""

    ref: str
    title: str
    facts: tuple[str, ...]
    marks: tuple[Mark, ...]
    """One for each circle."""
    is_open: bool


@value
class Ending:
    """The result of a closed incident, in three numbers."""

    told: int
    took_charge: int
    minutes: int

    @property
    def text(self) -> str:
        """The result as in `14 told, 3 took charge, 22 minutes`."""
        return f"{self.told} told, {self.took_charge} took charge, {self.minutes} minutes"


@value
class Hint:
    """What a newcomer could do now."""

    title: str
    text: str
    party: str | None = None
    """The key of the party whose phone the hint is about."""


@value
class Story:
    """The state of the record: the newest incident, everybody's state in it, its events, and what comes next."""

    hint: Hint
    incident: Incident | None = None
    ending: Ending | None = None
    others_open: int = 0
    """How many other incidents are open."""
    lines: tuple[Line, ...] = ()
    """Events, oldest first."""
    coming: tuple[Line, ...] = ()
    parties: Mapping[str, Mark] = field(default_factory=dict)
    """By the key of the party."""
    rings: Mapping[str, Mark] = field(default_factory=dict)
    """By the key of the ring."""


@value
class Scene:
    """A story to begin: somebody in the field acts, and phones or mail misbehave."""

    key: str
    title: str
    text: str


@value
class Seat:
    """A console session: its address, and the cookie to set for it."""

    address: str
    cookie: str
    session: str


class Evening(Protocol):
    """The program that the page is about. After a restart the same object stands for the new stage."""

    cast: Cast
    scenes: tuple[Scene, ...]
    """The scenes that can be begun."""
    zone: ZoneInfo
    """The time zone of the page."""
    style: str
    """The stylesheet that the page shares with the program's pages."""
    plays_by_itself: bool
    """A story plays, and the user only watches."""

    @property
    def sandbox(self) -> Sandbox:
        """The current simulated network."""

    def now(self) -> datetime:
        """The stage's time."""

    @property
    def speed(self) -> int:
        """Seconds of the stage per real second."""

    def run(self, speed: int) -> None:
        """Set the speed of time."""

    def jump(self) -> None:
        """Skip to the next visible event."""

    def begin(self, scene: str | None, *, by_itself: bool = False) -> None:
        """Discard everything and begin that scene, or an empty evening; `by_itself`: it plays without the user."""

    def close(self, ref: str, reason: str) -> None:
        """Close the incident as a coordinator; raises `Unknown`, `WrongState`, or `BadInput` for the reason."""

    def sit_down(self) -> Seat:
        """Begin a console session for the user of the page."""

    def subtitle(self, text: str) -> str | None:
        """The English of an SMS or a sentence in a call; None where it is English itself."""

    def story(self) -> Story:
        """The current state of the record."""
