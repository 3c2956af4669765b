"""A contact: a role in an organisation that can be told, by which methods, and how much it may know."""

from dataclasses import field, replace
from datetime import date, timedelta
from enum import StrEnum
from functools import cached_property

from alertnet.core.codec import value
from alertnet.core.directory.availability import Hours, Span
from alertnet.core.directory.on_call import Duty, Officer
from alertnet.core.directory.when import EVERY_INCIDENT, When
from alertnet.core.incident import Scope, Severity


class Role(StrEnum):
    """What a contact is to the network."""

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
"""Roles whose contacts are at least of international scope, whatever their tree says."""

OF_A_COUNTRY = frozenset({Role.EMBASSY, Role.MINISTRY})
"""Roles whose contacts act by the country in which it happened, and for their nationals."""

OF_THE_STATE = frozenset({Role.AUTHORITY, Role.MINISTRY})
"""Roles that may turn out to be the perpetrator's employer."""


class Disclosure(StrEnum):
    """How much a contact may read, least first."""

    MINIMAL = "minimal"
    LIMITED = "limited"
    FULL = "full"


class MethodKind(StrEnum):
    """A kind of method by which somebody is reached."""

    SMS = "sms"
    CALL = "call"
    EMAIL = "email"
    TASK = "task"


RINGING = frozenset({MethodKind.SMS, MethodKind.CALL})
"""The methods of a telephone, which alarms and repeats use."""

WRITTEN = frozenset({MethodKind.SMS, MethodKind.EMAIL})
"""The methods that can be read again."""


@value
class Method:
    """A method by which a contact is reached; `after` counts from the start of the level."""

    kind: MethodKind
    address: str
    """E.164 for sms and call, addr-spec for email, the words of the task for task."""
    after: timedelta = timedelta()
    extension: str | None = None
    """Digits and `w` (half a second each) dialled after the call is answered (Twilio SendDigits)."""
    relays: bool = False
    """`acknowledges_as: relay`: an answer from this address passes on, it never acknowledges."""
    replies: bool = True
    """Whether an SMS to this number can be answered."""
    links: bool = True
    """Whether an SMS to this number may hold a link."""


@value
class Contact:
    """A contact as its tree has it. `scope` is already the effective one."""

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
    """None: always."""
    holidays: tuple[str, ...] = ()
    """The countries whose holidays close it."""
    closed: frozenset[date] = frozenset()
    when_closed: tuple[Method, ...] = ()
    """What is used in place of its sms, call and task methods while it is closed."""
    hold: bool = True
    """Whether it is due again at its next opening, where a level has found all of its telephones closed."""
    answers: bool = True
    """Whether an answer is expected of it; False: it is told once, without a code, and counts for no rule."""
    quiet: dict[Severity, Span] = field(default_factory=dict, hash=False)
    """The spans of the day in which incidents of a severity do not ring it."""
    duty: Duty | None = None
    """Whose telephones its sms and call methods ring; its own numbers serve when nobody is on duty."""
    when: When = EVERY_INCIDENT
    """The places and organisations that it is told of."""
    pgp: str | None = None
    """Its public OpenPGP key in ASCII armor: mail to it is encrypted."""
    ask: dict[str, str] = field(default_factory=dict, hash=False)
    """What it is asked to do, whichever level tells it: see `Level.ask`."""
    included_from: str | None = None
    """The shared file that it stands in: whoever else includes it has the same recipient."""
    former: bool = False
    """It left the tree while an incident ran on it: nobody tells it anything new, what it was told stays on record."""
    former_methods: tuple[Method, ...] = ()
    """Methods that it had when an incident told it, and has no more."""

    @property
    def is_coordinator(self) -> bool:
        """Whether alarms and decisions go to this contact."""
        return self.role is Role.COORDINATOR and not self.former

    @property
    def called(self) -> str:
        """What it is called in a line of text: a coordinator by its function, others by their organisation."""
        return self.name if self.is_coordinator and self.name else self.organisation

    @cached_property
    def all_methods(self) -> tuple[Method, ...]:
        """All it has or had, those for when it is closed behind the others: a method goes by its index here."""
        return self.methods + self.when_closed + self.former_methods

    @cached_property
    def addresses(self) -> frozenset[str]:
        """All numbers and mail addresses."""
        return frozenset(method.address for method in self.at_hand if method.kind is not MethodKind.TASK)

    @cached_property
    def left(self) -> frozenset[str]:
        """The numbers and addresses that are its own no more: nothing goes there, and no answer counts from there."""
        return frozenset(method.address for method in self.former_methods) - self.addresses

    def address_in(self, tree: str, method: Method) -> str:
        """What tells a method of it from those of others: a task has no address, and its words may be another's."""
        is_task = method.kind is MethodKind.TASK
        return f"{self.included_from or tree}/{self.id}: {method.address}" if is_task else method.address

    def staffed_by(self, officer: Officer) -> "Contact":
        """The contact while that officer is on duty: rung on the officer's phone, and spoken to in its language."""
        methods = (
            replace(method, address=officer.phone, extension=None, replies=officer.replies, links=officer.links)
            if method.kind in RINGING
            else method
            for method in self.methods
        )
        return replace(self, methods=tuple(methods), language=officer.language)

    def is_same_recipient(self, other: "Contact") -> bool:
        """Whether the two are one in several trees: out of one included file, or with a number or address in common."""
        return bool(self.identities & other.identities)

    @cached_property
    def identities(self) -> frozenset[tuple[str, str | None]]:
        """What two contacts have in common if they are one: a line or mailbox of their own, or the file they stand in.

        Whoever only relays to both is neither of them, and an extension is a line of its own.
        """
        own = {(each.address, each.extension) for each in self.own_methods}
        return frozenset(own if self.included_from is None else {*own, (self.included_from, self.id)})

    @cached_property
    def own_methods(self) -> tuple[Method, ...]:
        """Those that reach itself by an address, and not whoever passes on to it."""
        return tuple(each for each in self.at_hand if each.kind is not MethodKind.TASK and not each.relays)

    @cached_property
    def numbers(self) -> frozenset[str]:
        """The telephone numbers alone."""
        return frozenset(method.address for method in self.at_hand if method.kind in RINGING)

    @property
    def rung_by(self) -> frozenset[MethodKind]:
        """The methods by which it is asked and alarmed: those that ring, or mail where it has no telephone."""
        return RINGING if self.numbers else WRITTEN

    @cached_property
    def asked_at(self) -> frozenset[str]:
        """The numbers at which it is asked and alarmed, or the mailboxes where it has no telephone."""
        return frozenset(method.address for method in self.at_hand if method.kind in self.rung_by)

    @cached_property
    def at_hand(self) -> tuple[Method, ...]:
        """The methods that are its own now, those for when it is closed behind the others."""
        return self.methods + self.when_closed
