"""What happened and what may be said of it: types, severities, people, consent, and the incident itself."""

from collections.abc import Iterable
from dataclasses import field
from datetime import datetime
from enum import StrEnum
from functools import cached_property

from alertnet.core.codec import value


class Severity(StrEnum):
    """How grave, most grave first; only a person lowers it."""

    CRITICAL = "critical"
    SERIOUS = "serious"
    MODERATE = "moderate"
    WATCH = "watch"

    @cached_property
    def rank(self) -> int:
        """0 for critical to 3 for watch: the order in which work is done."""
        return _RANKS[self]


class Scope(StrEnum):
    """How far news may travel, narrowest first: the consent of those concerned and the reach of a contact."""

    INTERNAL = "internal"
    NATIONAL = "national"
    INTERNATIONAL = "international"
    PUBLIC = "public"

    @cached_property
    def rank(self) -> int:
        """0 for internal to 3 for public."""
        return _RANKS[self]

    def allows(self, other: "Scope") -> bool:
        """Whether consent to this scope covers a contact of the other."""
        return other.rank <= self.rank


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
    """What somebody affected is to the network."""

    ACCOMPANIER = "accompanier"
    DEFENDER = "defender"
    ORGANISATION = "organisation"
    COMMUNITY = "community"
    OTHER = "other"


class Certainty(StrEnum):
    """How sure the report is (CAP 1.2 certainty, in the field's words)."""

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
"""Types after which somebody else may hold the team's phones: nothing is sent there on our own account."""

ASKS = ("call_authority", "visit", "observe", "protect", "inform_headquarters", "medical_help", "other")


@value
class IncidentType:
    """One row of the taxonomy: its code, the number keyed on a phone, and its default severity."""

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
    """One of the people concerned, as the report or `people:` of teams.yaml has them. `code` is a pseudonym."""

    code: str
    kind: PersonKind = PersonKind.OTHER
    nationality: str | None = None
    name: str | None = None
    contact: str | None = None
    consent: Scope | None = None
    exclude: tuple[str, ...] = ()
    organisation: str | None = None
    """The code of the organisation that this person belongs to."""


def affected_of(nationalities: Iterable[str], organisation: str | None = None) -> tuple[Affected, ...]:
    """Those whom a case that is only thought of concerns: one of each nationality, of that organisation."""
    known = tuple(Affected(each, nationality=each, organisation=organisation) for each in nationalities)
    return known or ((Affected(organisation, organisation=organisation),) if organisation else ())


@value
class Facts:
    """All that decides who is told and what may be said: an incident without its progress."""

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
    """The number (E.164) that raised it, which hears nothing of it; None when raised by API."""
    also_from: tuple[str, ...] = ()
    """The numbers of other reports that were merged into it: they hear nothing of it either."""
    also_accused: tuple[Perpetrator, ...] = ()
    """Whom other reports of it accuse: nobody who belongs to them is told."""
    team: str | None = None
    field_language: str | None = None
    """The language of whoever raised it by SMS."""
    field_timezone: str | None = None
    field_callback: str | None = None
    """What its team has in place of the tree's."""
    field_silent: bool = False
    """Nothing that we begin may reach the phone that raised it: it is silent, or somebody else may hold it."""
    field_borrowed: bool = False
    """It was written on a borrowed phone: nothing that we begin reaches that, and coordinators may call it."""
    field_low_since: datetime | None = None
    """Since when the battery of that phone is known to run low: each level has one message to it at most."""
    withdrawn: bool = False
    """The team has asked to call it off: nothing that we begin reaches its phones, a coordinator speaks with it."""
    lone_text: bool = False
    """So far somebody has only written: no coordinator has said yet whether it is an incident, nobody else hears."""
    duress: bool = False
    """Somebody stands beside the team: to be named to coordinators who have proved who they are, and to nobody else."""
    hidden_from_phone: bool = False
    """The PIN for duress opened it by itself: no reply to the phone, which has reported nothing, may tell of it."""

    @property
    def rank(self) -> int:
        """The order in which it is served, most severe first; a drill comes after all that is real."""
        return self.severity.rank + (len(Severity) if self.drill else 0)

    @property
    def leaves_phone_alone(self) -> bool:
        """Whether nothing is written on our own account to the phone that raised it: somebody else may hold it."""
        return self.field_silent or self.field_borrowed or self.leaves_all_alone

    @property
    def leaves_all_alone(self) -> bool:
        """Whether that holds for the phones of all reports that were merged into it as well."""
        return self.duress or self.withdrawn or self.type in IN_CUSTODY


def consent_of(facts: Facts) -> Scope:
    """The narrowest of the incident's consent and that of its people; consent recorded nowhere narrows nothing."""
    return narrowest([facts.consent, *(person.consent for person in facts.people if person.consent is not None)])


@value
class Wider:
    """Consent wider than what holds, of the incident or one of its people: a coordinator has yet to apply it (A8)."""

    scope: Scope
    person: str | None
    given_by: str
    how: str
    at: datetime


@value
class Proposed:
    """What news would change of an incident, once a coordinator has seen who would be told then: else it stays."""

    type: str | None = None
    severity: Severity | None = None
    people: tuple[Affected, ...] = ()
    """Those who are named anew, or otherwise than before."""
    perpetrator: Perpetrator | None = None


@value
class Merged:
    """The reports that were merged into an incident, and what was known without them: a split goes back to that."""

    parts: dict[str, str] = field(hash=False)
    """Their references by id, in the order in which they were merged."""
    own: Facts
    joined: Facts
    """What was known of all of them together: whatever differs from it now has changed since."""


@value
class Incident:
    """An incident on the record. `trees` and `templates` are hashes of what was in force when it opened (A8).

    A coordinator who re-resolves it exchanges the trees.
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
    """The incident that it was joined to, as a text that came while none was open."""
    part_of: str | None = None
    """The incident that it was merged into, which now acts for its reference, codes and links."""
    merged: Merged | None = None
    warnings: tuple[str, ...] = ()
    """What the answer says beside the plan: nobody to tell, a code that differs from the record."""
    wider: tuple[Wider, ...] = ()
    """The latest of the incident and of each person."""
    proposed: Proposed | None = None
    replanned_at: datetime | None = None
    """When a coordinator last applied edited trees or wider consent."""
    held_at: datetime | None = None
    """Since when somebody holds on to it: it is not purged, however old it is."""
    purged_at: datetime | None = None
    """When what it held was given up: from then on nothing of it is shown but that there was it, and when."""

    @property
    def every_id(self) -> tuple[str, ...]:
        """Its id and those of the reports that were merged into it: what was sent and answered stands with each."""
        return (self.id, *self.merged.parts) if self.merged else (self.id,)


REF_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ"
REF_CHARACTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
