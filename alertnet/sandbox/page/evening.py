"""What the page shows besides phones and mailboxes, and what it can ask for: the program as far as it is known here."""

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime, tzinfo
from enum import StrEnum
from typing import Protocol

from alertnet.core.codec import value
from alertnet.sandbox.page.cast import Cast
from alertnet.sandbox.server import Sandbox


class Tone(StrEnum):
    """What kind of thing it is, for the colour and the sign beside its words."""

    ALARM = "alarm"
    TOLD = "told"
    ASKED = "asked"
    ANSWERED = "answered"
    TROUBLE = "trouble"
    QUIET = "quiet"


@value
class Mark:
    """How somebody, or a level, stands: a few words."""

    tone: Tone
    text: str


@value
class Line:
    """Something that happened."""

    at: datetime
    tone: Tone
    text: str
    detail: str = ""


@value
class Coming:
    """Something that will happen unless somebody answers before."""

    at: datetime
    tone: Tone
    text: str
    detail: str = ""


@value
class Incident:
    """The head of what is on the record."""

    ref: str
    title: str
    facts: tuple[str, ...]
    marks: tuple[Mark, ...]
    """One for each circle."""
    is_open: bool


@value
class Ending:
    """What came of an incident that is closed, in three numbers."""

    told: int
    took_charge: int
    minutes: int

    @property
    def text(self) -> str:
        """As in `14 told, 3 took charge, 22 minutes`."""
        return f"{self.told} told, {self.took_charge} took charge, {self.minutes} minutes"


@value
class Hint:
    """What a newcomer could do now."""

    title: str
    text: str
    party: str | None = None
    """Whose phone it is about."""


@value
class Story:
    """One look at the record: the newest incident, how everybody stands in it, what was, and what comes next."""

    hint: Hint
    incident: Incident | None = None
    ending: Ending | None = None
    others_open: int = 0
    """Incidents that are open besides."""
    lines: tuple[Line, ...] = ()
    """Oldest first."""
    coming: tuple[Coming, ...] = ()
    parties: Mapping[str, Mark] = field(default_factory=dict)
    """By the key of the party."""
    rings: Mapping[str, Mark] = field(default_factory=dict)
    """By the key of the ring."""


@value
class Scene:
    """A beginning that can be chosen: somebody in the field acts, and the network has its bad luck."""

    key: str
    title: str
    text: str


@value
class Seat:
    """A place at the program's own console: its address, and the session that a browser shows there as a cookie."""

    address: str
    cookie: str
    session: str


class Evening(Protocol):
    """The program on its stage. Whatever is begun anew stands behind these names from then on."""

    @property
    def sandbox(self) -> Sandbox:
        """The network that stands now."""

    @property
    def cast(self) -> Cast:
        """Everybody on the page."""

    @property
    def scenes(self) -> tuple[Scene, ...]:
        """What can be begun."""

    @property
    def zone(self) -> tzinfo:
        """In which the page shows its times."""

    @property
    def zone_name(self) -> str:
        """How that zone is called."""

    @property
    def style(self) -> str:
        """The stylesheet that the page shares with those of the program."""

    def now(self) -> datetime:
        """The time of the stage."""

    @property
    def speed(self) -> int:
        """Its seconds in one of the machine's."""

    def run(self, speed: int) -> None:
        """Let time go that fast."""

    def jump(self) -> None:
        """Skip to the next thing that can be seen."""

    @property
    def plays_by_itself(self) -> bool:
        """Whether people answer without anybody's hand, and somebody looks on."""

    def begin(self, scene: str | None, *, by_itself: bool = False) -> None:
        """Throw everything away and begin that scene, or an empty evening; `by_itself`: it is to be looked on at.

        Raises:
            Unknown: there is no such scene.
        """

    def close(self, ref: str, reason: str) -> None:
        """A coordinator gives the all-clear.

        Raises:
            Unknown, WrongState, BadInput: it can't be.
        """

    def sit_down(self) -> Seat:
        """A place at the console, for whoever holds the telephones."""

    def subtitle(self, text: str) -> str | None:
        """What an SMS or a sentence of a call means in English; None where it is English itself."""

    def story(self) -> Story:
        """What is on the record."""
