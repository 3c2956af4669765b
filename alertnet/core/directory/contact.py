"""A contact: a role in an organisation, how to reach it, and how much it may know."""

from collections.abc import Collection, Iterable
from dataclasses import field
from datetime import date, timedelta
from enum import StrEnum
from functools import cached_property

from alertnet.core.codec import extended, replace, value
from alertnet.core.directory.availability import Hours, Span
from alertnet.core.directory.on_call import Duty, Officer
from alertnet.core.directory.when import EVERY_INCIDENT, When
from alertnet.core.incident import Scope, Severity


class Role(StrEnum):
    COORDINATOR = "coordinator"
    AUTHORITY = "authority"
    OMBUDS = "ombuds"
    MINISTRY = "ministry"
    EMBASSY = "embassy"
    EU_DELEGATION = "eu_delegation"
    UN = "un"
    ICRC = "icrc"
    NGO = "ngo"
    MEDIA = "media"
    OTHER = "other"


ABROAD = frozenset({Role.EMBASSY, Role.EU_DELEGATION, Role.UN, Role.MEDIA})
"""Roles with at least international scope, whatever their tree says."""

READ_THE_COUNTRY = frozenset({Role.EMBASSY, Role.MINISTRY, Role.EU_DELEGATION, Role.UN})
"""Roles that read in which country it happened, since many act for several."""

OF_THE_STATE = frozenset({Role.AUTHORITY, Role.MINISTRY})
"""Roles whose employer may turn out to be the perpetrator."""


class Disclosure(StrEnum):
    """How much a contact may read, least first."""

    MINIMAL = "minimal"
    LIMITED = "limited"
    FULL = "full"


class MethodKind(StrEnum):
    SMS = "sms"
    CALL = "call"
    EMAIL = "email"
    TASK = "task"


RINGING = frozenset({MethodKind.SMS, MethodKind.CALL})
"""Telephone methods; alarms and repeats use them."""

WRITTEN = frozenset({MethodKind.SMS, MethodKind.EMAIL})
"""Methods whose message can be read again."""


@value
class Method:
    """One way to reach a contact; `after` counts from the start of the level."""

    kind: MethodKind
    address: str
    """E.164 for sms and call, addr-spec for email, the task's text for task."""
    after: timedelta = timedelta()
    extension: str | None = None
    """Digits and `w` (half a second each), dialled after the call is answered (Twilio SendDigits)."""
    relays: bool = False
    """`acknowledges_as: relay`: an answer from here says that the news is passed on; it never acknowledges."""
    replies: bool = True
    """Whether an SMS to this number can be answered."""
    links: bool = True
    """Whether an SMS to this number may hold a link."""


def once_each(methods: Iterable[Method]) -> list[Method]:
    """The methods with each address once for each kind."""
    return list({(method.kind, method.address): method for method in methods}.values())


@value
class Contact:
    """A contact as its tree defines it. `scope` is already the effective one."""

    id: str
    role: Role
    organisation: str
    methods: tuple[Method, ...]
    scope: Scope
    language: str
    timezone: str
    name: str | None = None
    disclosure: Disclosure = Disclosure.MINIMAL
    represents: str | None = None
    belongs_to: str | None = None
    deputy: str | None = None
    priority: bool = False
    pin: bool = False
    drills: bool = False
    verified: date | None = None
    hours: Hours | None = None
    """None: always open."""
    holidays: tuple[str, ...] = ()
    """The countries whose holidays it keeps."""
    closed: frozenset[date] = frozenset()
    when_closed: tuple[Method, ...] = ()
    """Used in place of its sms, call and task methods while it is closed."""
    hold: bool = True
    """Whether it is told at its next opening if all its telephones were closed during a level."""
    answers: bool = True
    """Whether it is expected to answer. False: it is told once, without a code, and no rule counts it."""
    quiet: dict[Severity, Span] = field(default_factory=dict, hash=False)
    """Times of day in which incidents of a severity do not ring it."""
    duty: Duty | None = None
    """The rota whose telephones serve its sms and call methods; its own numbers serve while nobody is on duty."""
    when: When = EVERY_INCIDENT
    """The places and organisations whose incidents it is told of."""
    pgp: str | None = None
    """Its public OpenPGP key in ASCII armor; mail to it is encrypted."""
    ask: dict[str, str] = field(default_factory=dict, hash=False)
    """What it is asked to do, by language, in every level that tells it; see `Level.ask`."""
    included_from: str | None = None
    """The shared file that defines it; in every tree that includes the file it is the same recipient."""
    former: bool = False
    """It left the tree during an incident: it is told nothing new, and what it was told stays on record."""
    former_methods: tuple[Method, ...] = ()
    """Methods that it had when it was told of an incident, and no longer has."""

    @property
    def is_coordinator(self) -> bool:
        """Whether it gets alarms and decisions."""
        return self.role is Role.COORDINATOR and not self.former

    @property
    def called(self) -> str:
        """Its name in a line of text: a coordinator's function, else the organisation."""
        return self.name if self.is_coordinator and self.name else self.organisation

    @cached_property
    def all_methods(self) -> tuple[Method, ...]:
        """All present and former methods, with `when_closed` behind its own.

        A method is identified by its index here.
        """
        return self.methods + self.when_closed + self.former_methods

    @cached_property
    def addresses(self) -> frozenset[str]:
        return frozenset(method.address for method in self.at_hand if method.kind is not MethodKind.TASK)

    @cached_property
    def left(self) -> frozenset[str]:
        """Former numbers and addresses: nothing is sent there, and no answer from there counts."""
        return frozenset(method.address for method in self.former_methods) - self.addresses

    @property
    def at_all_times(self) -> "tuple[Contact, ...]":
        """The contact as it is now, and as it is while nobody is on duty for it."""
        return (self,)

    def address_in(self, tree: str, method: Method) -> str:
        """The key of one of its methods. A task has no address, and another contact's may have the same text."""
        is_task = method.kind is MethodKind.TASK
        return f"{self.included_from or tree}/{self.id}: {method.address}" if is_task else method.address

    def staffed_by(self, officer: Officer) -> "Contact":
        """The contact while that officer is on duty: it uses the officer's phone and language."""
        methods = (
            replace(method, address=officer.phone, extension=None, replies=officer.replies, links=officer.links)
            if method.kind in RINGING
            else method
            for method in self.methods
        )
        return extended(
            StaffedContact, replace(self, methods=tuple(methods), language=officer.language), unstaffed=self
        )

    def without(self, addresses: Collection[str | None]) -> "Contact":
        """The contact as if it had none of those numbers and addresses."""

        def kept(methods: tuple[Method, ...]) -> tuple[Method, ...]:
            return tuple(each for each in methods if each.address not in addresses)

        return replace(self, methods=kept(self.methods), when_closed=kept(self.when_closed))

    def only_at(self, address: str) -> "Contact":
        """The contact as if that number or address, present or former, were the only one, at any hour."""
        return replace(
            self, methods=tuple(each for each in self.all_methods if each.address == address), when_closed=()
        )

    def is_same_recipient(self, other: "Contact") -> bool:
        """Whether both are the same recipient: defined in one included file, or sharing a number or address."""
        return bool(self.identities & other.identities)

    @cached_property
    def identities(self) -> frozenset[tuple[str, str | None]]:
        """What identifies the recipient: its own lines and mailboxes, and the shared file that it is defined in.

        Whoever only relays to it is not it. The same number with another extension is another line.
        """
        own = {(each.address, each.extension) for each in self.own_methods}
        return frozenset(own if self.included_from is None else {*own, (self.included_from, self.id)})

    @cached_property
    def own_methods(self) -> tuple[Method, ...]:
        """Methods with an address that reach the contact itself, without relays."""
        return tuple(each for each in self.at_hand if each.kind is not MethodKind.TASK and not each.relays)

    @cached_property
    def numbers(self) -> frozenset[str]:
        return frozenset(method.address for method in self.at_hand if method.kind in RINGING)

    @property
    def rung_by(self) -> frozenset[MethodKind]:
        """The methods for asking and alarming it: those that ring, or written ones where it has no telephone."""
        return RINGING if self.numbers else WRITTEN

    @cached_property
    def asked_at(self) -> frozenset[str]:
        """The numbers at which it is asked and alarmed, or its mailboxes where it has no telephone."""
        return frozenset(method.address for method in self.at_hand if method.kind in self.rung_by)

    @cached_property
    def at_hand(self) -> tuple[Method, ...]:
        """The methods that it has now, with `when_closed` behind its own."""
        return self.methods + self.when_closed


@value
class StaffedContact(Contact):
    """A contact while somebody is on duty for it."""

    unstaffed: Contact = field(kw_only=True)

    @property
    def at_all_times(self) -> tuple[Contact, ...]:
        return self, self.unstaffed
