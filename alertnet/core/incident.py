"""Incidents and their facts: types, severities, people, consent, the incident itself, and a line of its timeline."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import field
from datetime import datetime
from enum import StrEnum
from functools import cached_property

from alertnet.core.codec import value


class Severity(StrEnum):
    """The severity of an incident, most severe first; only a person lowers it."""

    CRITICAL = "critical"
    SERIOUS = "serious"
    MODERATE = "moderate"
    WATCH = "watch"

    @cached_property
    def rank(self) -> int:
        """0 for critical to 3 for watch; work is done in this order."""
        return _RANKS[self]


class Scope(StrEnum):
    """How far news may travel, narrowest first: the consent of those affected, and the scope of a contact."""

    INTERNAL = "internal"
    NATIONAL = "national"
    INTERNATIONAL = "international"
    PUBLIC = "public"

    @cached_property
    def rank(self) -> int:
        """0 for internal to 3 for public."""
        return _RANKS[self]

    def allows(self, other: "Scope") -> bool:
        """Whether consent to this scope covers contacts of the other."""
        return other.rank <= self.rank


def gravest(*severities: Severity) -> Severity:
    """The most severe of at least one."""
    return min(severities, key=lambda severity: severity.rank)


_RANKS = {each: rank for kind in (Severity, Scope) for rank, each in enumerate(kind)}


def narrowest(scopes: "list[Scope]") -> Scope:
    """The narrowest of at least one scope."""
    return min(scopes, key=lambda scope: scope.rank)


class IncidentStatus(StrEnum):
    """An incident is open until a coordinator closes it."""

    OPEN = "open"
    CLOSED = "closed"


class Perpetrator(StrEnum):
    """The alleged perpetrator as a category, never a name."""

    ARMY = "army"
    POLICE = "police"
    INTELLIGENCE = "intelligence"
    PARAMILITARY = "paramilitary"
    ARMED_GROUP = "armed_group"
    COMPANY = "company"
    OFFICIAL = "official"
    UNKNOWN = "unknown"
    NONE = "none"


class PersonKind(StrEnum):
    """What an affected person is to the network."""

    ACCOMPANIER = "accompanier"
    DEFENDER = "defender"
    ORGANISATION = "organisation"
    COMMUNITY = "community"
    OTHER = "other"


class Certainty(StrEnum):
    """How certain the report is (CAP 1.2 certainty, in the field's words)."""

    OBSERVED = "observed"
    LIKELY = "likely"
    POSSIBLE = "possible"
    UNVERIFIED = "unverified"


class CloseReason(StrEnum):
    """Why an incident was closed."""

    RESOLVED = "resolved"
    SAFE_ARRIVAL = "safe_arrival"
    RELEASED = "released"
    FALSE_ALARM = "false_alarm"
    DUPLICATE = "duplicate"
    HANDED_OVER = "handed_over"
    UNRESOLVED = "unresolved"


IN_CUSTODY = frozenset({"arrest", "abduction", "disappearance", "missed_check_in"})
"""Types in which somebody else may hold the team's phones; nothing that we begin is sent there."""

ASKS = ("call_authority", "visit", "observe", "protect", "inform_headquarters", "medical_help", "other")


@value
class IncidentType:
    """One row of the taxonomy: its code, the number pressed on a phone, and its default severity."""

    code: str
    number: int
    severity: Severity


def _types() -> dict[str, IncidentType]:
    critical, serious, moderate, watch = Severity
    rows = [
        ("killing", 10, critical),
        ("attempted_killing", 11, critical),
        ("disappearance", 12, critical),
        ("abduction", 13, critical),
        ("arrest", 20, critical),
        ("assault", 21, serious),
        ("sexual_violence", 22, critical),
        ("torture", 23, critical),
        ("death_threat", 30, serious),
        ("threat", 31, moderate),
        ("surveillance", 32, moderate),
        ("digital_attack", 33, moderate),
        ("raid", 40, serious),
        ("break_in", 41, moderate),
        ("eviction", 42, serious),
        ("checkpoint", 43, moderate),
        ("armed_presence", 44, serious),
        ("combat", 45, serious),
        ("crowd_repression", 46, serious),
        ("criminalisation", 50, moderate),
        ("defamation", 51, watch),
        ("immigration", 52, serious),
        ("missed_check_in", 60, serious),
        ("accident", 70, serious),
        ("other", 99, moderate),
    ]
    return {row[0]: IncidentType(*row) for row in rows}


TYPES = _types()
TYPES_BY_NUMBER = {kind.number: kind for kind in TYPES.values()}


@value
class Affected:
    """An affected person, as given by the report or by `people:` in teams.yaml. `code` is a pseudonym."""

    code: str
    kind: PersonKind = PersonKind.OTHER
    nationality: str | None = None
    name: str | None = None
    contact: str | None = None
    consent: Scope | None = None
    exclude: tuple[str, ...] = ()
    organisation: str | None = None
    """The code of the organisation that this person belongs to."""


def affected_of(nationalities: Iterable[str], organisation: str | None) -> tuple[Affected, ...]:
    """The people affected in a hypothetical case: one of each nationality, of that organisation."""
    known = tuple(Affected(each, nationality=each, organisation=organisation) for each in nationalities)
    return known or ((Affected(organisation, organisation=organisation),) if organisation else ())


@value
class Facts:
    """Everything that decides who is told and what may be said: an incident without its progress."""

    type: str
    severity: Severity
    country: str
    consent: Scope = Scope.INTERNAL
    people: tuple[Affected, ...] = ()
    perpetrator: Perpetrator = Perpetrator.UNKNOWN
    exclude: tuple[str, ...] = ()
    verified: bool = True
    drill: bool = False
    certainty: Certainty = Certainty.OBSERVED
    occurred_at: datetime | None = None
    place: str | None = None
    summary: str | None = None
    details: str | None = None
    ask: str | None = None
    raised_from: str | None = None
    """The number (E.164) that raised it, which is told nothing of it; None if raised by API."""
    also_from: tuple[str, ...] = ()
    """Numbers of other reports merged into it; they are told nothing of it either."""
    also_accused: tuple[Perpetrator, ...] = ()
    """Perpetrators named in other reports of it; nobody who belongs to them is told."""
    team: str | None = None
    field_language: str | None = None
    """The language of the person who raised it by SMS."""
    field_timezone: str | None = None
    field_callback: str | None = None
    """The team's zone and callback number, which replace the tree's."""
    field_silent: bool = False
    """Nothing that we begin may reach the phone that raised it: it is silent, or somebody else may hold it."""
    field_borrowed: bool = False
    """It was written on a borrowed phone: nothing that we begin is sent there, but coordinators may call it."""
    field_low_since: datetime | None = None
    """Since when the phone's battery is known to be low; it then gets at most one message for each level."""
    withdrawn: bool = False
    """The team asked to call it off: nothing that we begin reaches its phones, and a coordinator speaks with it."""
    lone_text: bool = False
    """Only one text so far: no coordinator has said yet that it is an incident, and nobody else is told."""
    duress: bool = False
    """The team is under duress; only coordinators who have proved who they are may be told so."""
    hidden_from_phone: bool = False
    """The duress PIN alone opened it: no reply to the phone, which reported nothing, may reveal it."""
    behind: bool = False
    """Its API key raises so many that what others raise of the same severity leaves before it (B9)."""

    @property
    def bare(self) -> "Facts":
        """What may be kept for good: nothing that tells of whom, where or by whom."""
        return Facts(
            self.type,
            self.severity,
            self.country,
            consent=self.consent,
            verified=self.verified,
            drill=self.drill,
            team=self.team,
            lone_text=self.lone_text,
        )

    @property
    def rank(self) -> int:
        """The order in which incidents are handled, most severe first; drills come after everything real."""
        return self.severity.rank + (len(Severity) if self.drill else 0)

    @property
    def leaves_phone_alone(self) -> bool:
        """Whether nothing that we begin is written to the phone that raised it, since somebody else may hold it."""
        return self.field_silent or self.field_borrowed or self.leaves_all_alone

    @property
    def leaves_all_alone(self) -> bool:
        """Whether the same holds for the phones of all merged reports."""
        return self.duress or self.withdrawn or self.type in IN_CUSTODY


def consent_of(facts: Facts) -> Scope:
    """The narrowest consent of the incident and its people; people without recorded consent don't narrow it."""
    return narrowest([facts.consent, *(person.consent for person in facts.people if person.consent is not None)])


@value
class Wider:
    """Wider consent than holds now, for the incident or one person; a coordinator has yet to apply it (A8)."""

    scope: Scope
    person: str | None
    given_by: str
    how: str
    at: datetime


@value
class Proposed:
    """Changes that news proposes; a coordinator applies them after seeing who would then be told."""

    type: str | None = None
    severity: Severity | None = None
    people: tuple[Affected, ...] = ()
    """People who are new, or described differently than before."""
    perpetrator: Perpetrator | None = None


@value
class Merged:
    """The reports merged into an incident, and its facts without them, to which a split returns."""

    parts: dict[str, str] = field(hash=False)
    """Their references by id, in the order of merging."""
    own: Facts
    joined: Facts
    """The facts of all of them together; any difference from the present facts has come since."""


@value
class Incident:
    """An incident on record. `trees` and `templates` are hashes of those in force when it opened (A8).

    A coordinator who re-resolves it replaces the trees.
    """

    id: str
    ref: str
    status: IncidentStatus
    facts: Facts
    trees: dict[str, str] = field(hash=False)
    templates: str
    opened_at: datetime
    closed_at: datetime | None = None
    close_reason: CloseReason | None = None
    merged_into: str | None = None
    """The incident that it was joined to, being a text that came while none was open."""
    part_of: str | None = None
    """The incident that it was merged into, which now acts for its reference, codes and links."""
    merged: Merged | None = None
    warnings: tuple[str, ...] = ()
    """Warnings in the answer beside the plan: nobody to tell, a code that differs from the record."""
    wider: tuple[Wider, ...] = ()
    """The latest of the incident and of each person."""
    proposed: Proposed | None = None
    replanned_at: datetime | None = None
    """When a coordinator last applied edited trees or wider consent."""
    held_at: datetime | None = None
    """Since when somebody holds it back from purging; it is then never purged, however old."""
    purged_at: datetime | None = None
    """When its content was erased; from then on only the fact and time of it are shown."""

    @property
    def every_id(self) -> tuple[str, ...]:
        """Its id and those of the merged reports; messages and answers are stored under each of these."""
        return (self.id, *self.merged.parts) if self.merged else (self.id,)


REF_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ"
REF_CHARACTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
_BETWEEN = re.compile(r"[\W_]+")
_BESIDE_LETTERS = re.compile(r"(?<!\d)[\W_]+|[\W_]+(?!\d)")
_ZEROS_IN_FRONT = re.compile(r"(?<!\d)0+(?=\d)")


class Tone(StrEnum):
    """The sort of a line of the timeline, or of a state, for its colour and sign."""

    ALARM = "alarm"
    TOLD = "told"
    ASKED = "asked"
    ANSWERED = "answered"
    TROUBLE = "trouble"
    QUIET = "quiet"


@value
class Line:
    """A line of an incident's timeline, or of what comes, as people read it.

    `kind`: of its entry, or of the first of several told together.
    """

    at: datetime
    tone: Tone
    text: str
    detail: str = ""
    kind: str = ""


def as_ref(text: str) -> str:
    """A reference as it is kept, however somebody typed it: `a7k3m`, `A 7K3M` and `A-7K3M` are one."""
    bare = _BETWEEN.sub("", text).upper()
    return f"{bare[:1]}-{bare[1:]}"


def as_code(text: str) -> str:
    """A code of a person or place as it is compared, however somebody typed it: `l12`, `L-12` and `L012` are one.

    `L1-2` is another, since what stands between two digits may be a part of the code.
    """
    bare = _BESIDE_LETTERS.sub("", unicodedata.normalize("NFKC", text)).upper()
    return _ZEROS_IN_FRONT.sub("", "".join(str(unicodedata.decimal(each, each)) for each in bare))
