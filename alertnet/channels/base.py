"""The interface of a channel: what is handed to it and what it answers, nothing about when or whether."""

from collections.abc import Callable, Sequence
from dataclasses import field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol, runtime_checkable

from alertnet.core.codec import value
from alertnet.core.delivery.provider_codes import AccountFault
from alertnet.core.directory.contact import MethodKind
from alertnet.core.notification import AttemptStatus, Failure


@value
class Outgoing:
    """One attempt, rendered and ready to leave."""

    attempt: str
    """Our id of the attempt: it travels in the status callback."""
    notification: str
    """Our id of what is attempted, the same for its re-send: it travels in the Message-ID of a mail."""
    method: MethodKind
    to: str
    sender: str
    """The number it leaves from (E.164), or the `from` address of a mail."""
    text: str = ""
    """The SMS, or the plain part of the mail; empty for a call, whose words are fetched when it is answered."""
    subject: str = ""
    html: str = ""
    validity: timedelta | None = None
    """After this it is not worth delivering: the time left to the level's end."""
    extension: str | None = None
    headers: dict[str, str] = field(default_factory=dict, hash=False)
    encrypted: str = ""
    """The words of a mail as an OpenPGP message in ASCII armor, in place of `text` and `html`."""
    unsealed: str = ""
    """Why a mail that should be encrypted is not; it says no more than any other then."""
    sender_name: str = ""
    """Who a mail is from, as a mailbox shows it beside the address."""


@value
class Accepted:
    """The provider has taken the message; `provider_id` is its name for it."""

    provider_id: str
    status: AttemptStatus = AttemptStatus.SENT


@value
class Refused:
    """Surely not sent, and the same attempt would be refused again: the next method goes."""

    failure: Failure
    code: str
    """The provider's own code, such as `21211` or `550`."""


class Cause(StrEnum):
    """Why something could not be handed over now."""

    PROVIDER = "provider"
    """It can't be reached, or does not work: nothing else could be handed to it either."""
    ACCOUNT = "account"
    """It refuses our whole account, and so whatever else would be handed to it."""
    TOO_FAST = "too_fast"
    """It takes nothing more for a moment (429)."""
    ADDRESS = "address"
    """It takes this one later, and others now (greylisting)."""


@value
class NotSent:
    """Surely not sent, but it may be tried again later (no connection, 429, a mail relay's 4xx, a wrong token).

    `fault`: what the provider has against our account, where that is why.
    """

    code: str
    retry_after: timedelta | None = None
    cause: Cause = Cause.PROVIDER
    fault: AccountFault | None = None


@value
class Unsure:
    """It may or may not have been sent: a lost answer, a timeout after the request left, a 5xx."""

    code: str


Result = Accepted | Refused | NotSent | Unsure

Leave = Callable[[Callable[[], object]], bool]
"""Lets a message leave by calling what writes its first byte, on whatever thread; False: it must not leave any more."""


def at_once(write: Callable[[], object]) -> bool:
    """Let it leave, whatever it is."""
    write()
    return True


@value
class Found:
    """The provider knows the message or call."""

    provider_id: str
    status: AttemptStatus
    failure: Failure | None = None
    code: str | None = None


@value
class Absent:
    """The provider answered, and does not list it."""


@value
class CannotTell:
    """The provider did not answer, or this channel can't be asked.

    `is_away`: it is known to be away and was not even asked, which says nothing of the message.
    """

    is_away: bool = False


Lookup = Found | Absent | CannotTell


class Channel(Protocol):
    """Sends by one method and provider; it holds no state but its connections, and never retries by itself."""

    def send(self, outgoing: Outgoing, leave: Leave = at_once) -> Result | None:
        """Hand a message to the provider, within a deadline over all of it; never raises for a provider's fault.

        Nothing of it leaves but by `leave`, which is asked once all is ready; None where that says no.
        """
        ...

    def lookup(self, outgoing: Outgoing, since: datetime, provider_id: str | None = None) -> Lookup:
        """Ask what became of a message: by the provider's id, else among what it took to this address since."""
        ...

    def answers(self) -> bool:
        """Whether the provider answers at all; nobody is sent anything by asking."""
        ...

    def hang_up(self, provider_id: str) -> None:
        """End a call that still rings or speaks; does nothing where there are no calls."""
        ...


class Handover(Protocol):
    """A message that is ready, with a connection of its own."""

    def write(self) -> None:
        """Let it leave; never raises, and may be called by another thread."""
        ...

    def withdraw(self) -> None:
        """Do so no more."""
        ...

    def fileno(self) -> int:
        """What can be read from once more is known of what came of it."""
        ...

    def seconds_left(self) -> float:
        """How long that may take at most."""
        ...

    def result(self) -> Result | None:
        """What came of it; None: that is not known yet."""
        ...


@runtime_checkable
class Overlapping(Protocol):
    """A channel by which one thread may have several messages under way."""

    def prepare(self, outgoing: Outgoing) -> Handover | None:
        """Have a message ready without waiting for anybody; None where that can't be, so that `send` takes it."""
        ...


@value
class StatusQuery:
    """An attempt to be asked about: what it was, since when it may be there, and the provider's id, if that is known.

    An `outgoing.sender` of "" means any of our numbers.
    """

    outgoing: Outgoing
    since: datetime
    provider_id: str | None = None


@value
class Entry:
    """A message or call on the provider's books, as it stands there now.

    `at`: when the provider took it from us, or brought it; aware UTC, to the second. `text`: empty for a call.
    """

    found: Found
    sender: str
    to: str
    at: datetime
    text: str = ""
    attached: int = 0
    """How many pictures or recordings came with a text."""


@value
class Listing:
    """A part of the books, newest first. `is_whole`: the provider answered to the end of what was asked for."""

    entries: tuple[Entry, ...]
    is_whole: bool


class Ledger(Protocol):
    """The provider's books of one method. They may lag behind by a minute, and are read page by page, one at a time."""

    def look_up(self, queries: Sequence[StatusQuery]) -> list[Lookup]:
        """Ask what became of each message, in few requests however many there are; see `Channel.lookup`."""
        ...

    def outgoing(self, number: str, since: datetime) -> Listing:
        """What we made from that number since; replies that went out as the answer to a webhook are not among it."""
        ...

    def incoming(self, number: str, since: datetime) -> Listing:
        """What came in to that number since."""
        ...


@value
class Recorded:
    """A recording that is whole, by the provider's ids of it and of its call."""

    id: str
    call: str
    seconds: int


class Recordings(Protocol):
    """What a provider has recorded in calls, ours and those of whoever else uses the account."""

    def made_since(self, moment: datetime) -> Sequence[Recorded] | None:
        """Those that were begun since then; None where the provider does not say all of it."""

    def fetch(self, id: str) -> bytes | None:
        """The sound as an MP3; None where the provider does not give it, or not yet."""

    def delete(self, id: str) -> bool:
        """Delete it there; whether it is gone."""
