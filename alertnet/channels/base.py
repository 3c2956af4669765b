"""The interface of channels: what they are given and what they answer.

Whether and when to send is decided elsewhere.
"""

from collections.abc import Callable, Sequence
from dataclasses import field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol, runtime_checkable

from alertnet.core.codec import value
from alertnet.core.delivery.provider_codes import AccountFault
from alertnet.core.directory.contact import MethodKind
from alertnet.core.inbound.written_mail import WrittenMail
from alertnet.core.notification import AttemptStatus, Failure


@value
class Outgoing:
    """One attempt, rendered and ready to leave."""

    attempt: str
    """Our id of the attempt; it is part of the status callback's URL."""
    notification: str
    """Our id of the notification, the same for a re-send; it is part of a mail's Message-ID."""
    method: MethodKind
    to: str
    sender: str
    """The number that it leaves from (E.164), or a mail's From address."""
    text: str = ""
    """The SMS, or the plain-text part of a mail. Empty for a call, whose words are fetched when it is answered."""
    subject: str = ""
    html: str = ""
    validity: timedelta | None = None
    """After this time it is not worth delivering: the rest of the level's time."""
    extension: str | None = None
    headers: dict[str, str] = field(default_factory=dict, hash=False)
    encrypted: str = ""
    """The mail's content as an OpenPGP message in ASCII armor, in place of `text` and `html`."""
    unsealed: str = ""
    """Why a mail that should be encrypted is not; it then says no more than any unencrypted mail."""
    sender_name: str = ""
    """The name of a mail's sender, which mailboxes show beside the address."""


@value
class Accepted:
    """The provider has accepted the message; `provider_id` is its id there."""

    provider_id: str
    status: AttemptStatus = AttemptStatus.SENT


@value
class Refused:
    """Surely not sent, and the same attempt would be refused again, so the next method goes."""

    failure: Failure
    code: str
    """The provider's own code, such as `21211` or `550`."""


class Cause(StrEnum):
    """Why something could not be handed over now."""

    PROVIDER = "provider"
    """The provider can't be reached or does not work, so nothing else could be handed to it either."""
    ACCOUNT = "account"
    """It refuses our whole account, and so everything else too."""
    TOO_FAST = "too_fast"
    """It takes nothing more for a moment (429)."""
    ADDRESS = "address"
    """It will take this one later, and others now (greylisting)."""


@value
class NotSent:
    """Surely not sent, but it may be tried again later (no connection, 429, a relay's 4xx, a wrong token).

    `fault`: what the provider has against our account, where that is the reason.
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
"""Lets a message leave by calling the function that writes its first byte, on any thread; False: it must not leave."""


def at_once(write: Callable[[], object]) -> bool:
    """Let the message leave in any case."""
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

    `is_away`: the provider is known to be away and was not asked, so this says nothing about the message.
    """

    is_away: bool = False


Lookup = Found | Absent | CannotTell


class Channel(Protocol):
    """Sends by one method and provider. It has no state but its connections, and never retries by itself."""

    def send(self, outgoing: Outgoing, leave: Leave = at_once) -> Result | None:
        """Hand a message to the provider within a deadline. It never raises for a fault of the provider.

        Nothing leaves except through `leave`, which is called once all is ready; None where it returns False.
        """

    def lookup(self, outgoing: Outgoing, since: datetime, provider_id: str | None = None) -> Lookup:
        """Ask for the state of a message: by the provider's id, else by what was sent to this address since then."""

    def trouble(self) -> Result | None:
        """What a message would meet now; None where the provider answers and knows us. Nobody is sent anything."""

    def hang_up(self, provider_id: str) -> None:
        """End a call that still rings or speaks; does nothing for other methods."""


class Handover(Protocol):
    """A message that is ready on a connection of its own."""

    def write(self) -> None:
        """Let it leave. It never raises, and may be called on another thread."""

    def withdraw(self) -> None:
        """Give up sending it."""

    def fileno(self) -> int:
        """The file descriptor that becomes readable once more is known about its result."""

    def seconds_left(self) -> float:
        """How many seconds that may take at most."""

    def result(self) -> Result | None:
        """The result; None where it is not known yet."""


@runtime_checkable
class Overlapping(Protocol):
    """A channel by which one thread may have several messages under way."""

    def prepare(self, outgoing: Outgoing) -> Handover | None:
        """Prepare a message without waiting for anything; None where that is not possible, and `send` must be used."""


@value
class StatusQuery:
    """An attempt to ask about: what was sent, since when it may be known, and the provider's id if known.

    An `outgoing.sender` of "" means any of our numbers.
    """

    outgoing: Outgoing
    since: datetime
    provider_id: str | None = None


@value
class LedgerEntry:
    """A message or call in the provider's records, with its present state.

    `at`: when the provider accepted or delivered it; aware UTC, to the second. `text`: empty for a call.
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
    """A part of the provider's records, newest first. `is_whole`: the provider answered to the end of the list."""

    entries: tuple[LedgerEntry, ...]
    is_whole: bool


class Ledger(Protocol):
    """The provider's records of one method. They may lag by a minute, and are read one page at a time."""

    def look_up(self, queries: Sequence[StatusQuery]) -> list[Lookup]:
        """Ask for the state of each message, with few requests; see `Channel.lookup`."""

    def outgoing(self, number: str, since: datetime) -> Listing:
        """What we sent from that number since then, without replies given in the answer to a webhook."""

    def incoming(self, number: str, since: datetime) -> Listing:
        """What came in to that number since then."""


@value
class ReceivedMail:
    """A mail to us; `at`: when it reached the mailbox, aware UTC, to the second."""

    at: datetime
    mail: WrittenMail


@value
class MailListing:
    """The mails found in a mailbox. `is_whole`: nothing was left unread; `trouble`: why the server was left."""

    entries: tuple[ReceivedMail, ...]
    is_whole: bool
    trouble: str | None = None


class Mailbox(Protocol):
    """The mailbox to which answers to our mails come."""

    def received(self, since: datetime) -> MailListing:
        """What reached it since then, within a deadline. It never raises for a fault of the server."""

    def trouble(self) -> str | None:
        """What keeps it from being read; None where nothing does."""


@value
class ProviderRecording:
    """A complete recording, with the provider's ids of it and of its call."""

    id: str
    call: str
    seconds: int


class Recordings(Protocol):
    """The provider's recordings of calls, including those of others who use the account."""

    def made_since(self, moment: datetime) -> Sequence[ProviderRecording] | None:
        """Recordings begun since then; None where the provider's list is incomplete."""

    def fetch(self, id: str) -> bytes | None:
        """The sound as MP3; None where the provider does not give it, or not yet."""

    def delete(self, id: str) -> bool:
        """Delete it at the provider; True where it is gone."""
