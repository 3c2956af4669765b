"""The request bodies of the API (B5) but those that raise an alarm, and their conversion into values of the core."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from alertnet.core.directory.contact_tree import EVERYWHERE, ContactTree, Team
from alertnet.core.directory.countries import COUNTRIES
from alertnet.core.directory.durations import duration_text
from alertnet.core.directory.routine import Risk, Terms
from alertnet.core.escalation.quorum import Action, AnswerKind
from alertnet.core.inbound.field_words import FieldVerb
from alertnet.core.inbound.on_the_road.journey import MOST_LEGS, Gap, Journey, JourneyKind, Leg, Status
from alertnet.core.incident import TYPES, CloseReason, Facts, Perpetrator, Scope, Severity, affected_of
from alertnet.web.api.cursor import Cursor
from alertnet.web.api.fields import (
    Country,
    Duration,
    Filled,
    Instant,
    Line,
    Name,
    Names,
    Note,
    Strict,
    TypeCode,
    Words,
    Zone,
    one_of,
)
from alertnet.web.api.incidents import People


class Decision(StrEnum):
    """A coordinator's decision on a level, or on an incident that nobody has verified."""

    GO = "go"
    HOLD = "hold"
    REFUSE = "refuse"


class Case(Strict):
    """A case to play through, and how people would answer. `country` defaults to one that the tree serves."""

    type: TypeCode
    country: Country | None = None
    severity: Annotated[Severity, one_of(Severity)] | None = None
    consent: Annotated[Scope, one_of(Scope)] = Scope.INTERNAL
    nationality: Annotated[list[Country], Field(max_length=20)] = Field(default_factory=list)
    people: People = Field(default_factory=list)
    perpetrator: Annotated[Perpetrator, one_of(Perpetrator)] = Perpetrator.UNKNOWN
    exclude: Names = Field(default_factory=list)
    place: Line | None = None
    organisation: Line | None = None
    """The code of the organisation of the people affected."""
    at: Instant | None = None
    answers: Names = Field(default_factory=list)
    """Who acknowledges, and how long after the opening: `embassy-es@12m`."""
    no_go: bool = False
    hours: Annotated[float, Field(gt=0, le=72)] = 24.0
    messages: bool = False

    def facts(self, tree: ContactTree) -> Facts:
        served = sorted(tree.countries - {EVERYWHERE}) or sorted(COUNTRIES)
        return Facts(
            type=self.type,
            severity=self.severity or TYPES[self.type].severity,
            country=self.country or served[0],
            consent=self.consent,
            people=(
                *affected_of(self.nationality, self.organisation),
                *(person.affected() for person in self.people),
            ),
            perpetrator=self.perpetrator,
            exclude=tuple(self.exclude),
            place=self.place,
        )


class News(Strict):
    """News of an incident; an absent field leaves the fact as it was."""

    text: Words
    severity: Annotated[Severity, one_of(Severity)] | None = None
    type: TypeCode | None = None
    people: People | None = None
    perpetrator: Annotated[Perpetrator, one_of(Perpetrator)] | None = None


class Verdict(Strict):
    """A decision on a level; without tree and level, on whether the incident is verified."""

    decision: Annotated[Decision, one_of(Decision)]
    tree: Name | None = None
    level: Name | None = None


class Vouched(Strict):
    """An answer that a coordinator heard and vouches for."""

    tree: Name
    contact: Name
    kind: Annotated[AnswerKind, one_of(AnswerKind)]
    heard_at: Instant | None = None
    note: Note | None = None


class Deed(Strict):
    """An action of a contact. `tree` is required where several trees have a contact of that id."""

    contact: Name
    action: Annotated[Action, one_of(Action)]
    tree: Name | None = None
    at: Instant | None = None
    note: Note | None = None


class Consent(Strict):
    """Consent for the incident, or for some of its people."""

    scope: Annotated[Scope, one_of(Scope)]
    given_by: Line
    how: Line
    at: Instant | None = None
    people: Names = Field(default_factory=list)


class Reresolution(Strict):
    """A re-resolution: `apply: false` shows what would change.

    `apply: true` does it if `expected` is the hash shown.
    """

    apply: bool
    expected: Annotated[str, Field(max_length=64)] | None = None


class Exclusion(Strict):
    """Contact ids, organisations or roles to exclude from now on."""

    contacts: Annotated[list[Name], Field(min_length=1, max_length=100)]


class Merging(Strict):
    """A merge: the reference of the incident that stays and acts for both."""

    into: Name


class Splitting(Strict):
    """A split: the references of merged reports that become incidents of their own again."""

    reports: Annotated[list[Name], Field(min_length=1, max_length=20)]


class Closing(Strict):
    """The reason for closing an incident."""

    reason: Annotated[CloseReason, one_of(CloseReason)]
    text: Words | None = None


class Reopening(Strict):
    """The reason for reopening an incident."""

    reason: Line
    text: Words | None = None


class Said(StrEnum):
    """What was heard of a journey."""

    OK = "ok"
    ARRIVED = "arrived"
    EXTEND = "extend"

    @property
    def verb(self) -> FieldVerb:
        """The verb by which members say it in an SMS."""
        return {Said.OK: FieldVerb.CHECK_IN, Said.ARRIVED: FieldVerb.ARRIVE, Said.EXTEND: FieldVerb.EXTEND}[self]


class Stage(Strict):
    """A leg of a journey: the place, when it should be reached, and the zone of its times in messages.

    Without a `timezone`, the team's applies.
    """

    to: Line
    expected_at: Instant
    timezone: Zone | None = None


class Unheard(Strict):
    """A span without coverage, in which silence does not count."""

    begins_at: Instant
    ends_at: Instant


class Plan(Strict):
    """A journey to announce. What is absent is taken from the team in `teams.yaml`; `people` are codes."""

    team: Name
    legs: Annotated[list[Stage], Field(min_length=1, max_length=MOST_LEGS)]
    risk: Annotated[Risk, one_of(Risk)] | None = None
    incident_after: Duration | None = None
    member: Name | None = None
    people: Names = Field(default_factory=list)
    consent: Annotated[Scope, one_of(Scope)] | None = None
    gaps: Annotated[list[Unheard], Field(max_length=MOST_LEGS)] = Field(default_factory=list)

    def journey(self, team: Team, zone: str, now: datetime) -> Journey:
        """The journey, with `zone` for the times of legs that give none."""
        usual, risk = team.terms, self.risk or team.terms.risk
        incident_after = usual.incident_after if risk is usual.risk else risk.incident_after
        return Journey(
            kind=JourneyKind.JOURNEY,
            team=team.id,
            member=self.member,
            country=team.country,
            consent=self.consent or team.consent,
            legs=tuple(Leg(leg.to, leg.expected_at, leg.timezone or zone) for leg in self.legs),
            terms=Terms(risk, self.incident_after or incident_after, usual.missed_call),
            began_at=now,
            people=tuple(self.people),
            gaps=tuple(Gap(gap.begins_at, gap.ends_at) for gap in self.gaps),
        )


class CheckIn(Strict):
    """A check-in. `until` is the new expected moment, only with `extend`."""

    kind: Annotated[Said, one_of(Said)]
    until: Instant | None = None


class Roll(Strict):
    """A roll call: ask a team, a country, or without either the whole network whether they are safe.

    `text` is the reason, shown with the figures and never sent. With `raise_incidents` each person who does not answer
    within `incident_after` raises an incident.
    """

    team: Name | None = None
    country: Country | None = None
    text: Line | None = None
    raise_incidents: bool = False
    # Clients that are generated send the default which the schema says.
    incident_after: Duration = Field(
        Risk.LOW.incident_after, json_schema_extra={"default": duration_text(Risk.LOW.incident_after)}
    )


class JourneyPage(Filled):
    """Which journeys to list, by default those that are not over. `cursor` is the `next` of the page before."""

    status: Annotated[Status, one_of(Status)] | None = None
    cursor: Cursor = None


class Binding(Strict):
    """The member to whom a text from an unknown number belongs."""

    team: Name
    member: Name
