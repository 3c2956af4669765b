"""The bodies of requests (B5), and the facts that a report makes."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal, Self

from pydantic import Field, ModelWrapValidatorHandler, model_validator
from pydantic.json_schema import SkipJsonSchema

from alertnet.core.directory.contact_tree import EVERYWHERE, ContactTree, Team
from alertnet.core.directory.countries import COUNTRIES
from alertnet.core.directory.routine import Risk, Terms
from alertnet.core.escalation.quorum import Action, AnswerKind
from alertnet.core.inbound.journey import MOST_LEGS, Gap, Journey, Kind, Leg, Status
from alertnet.core.inbound.sms_grammar import FieldVerb
from alertnet.core.incident import (
    TYPES,
    Affected,
    Certainty,
    CloseReason,
    Facts,
    IncidentStatus,
    Perpetrator,
    PersonKind,
    Scope,
    Severity,
    affected_of,
)
from alertnet.core.monitoring.drills import MOST_MONTHS
from alertnet.web.api.fields import (
    NO_CONTROLS,
    Country,
    Duration,
    Instant,
    Line,
    Name,
    Names,
    Narrative,
    Note,
    Strict,
    TypeCode,
    Words,
    Zone,
    one_of,
    set_apart,
    words_of,
)


class Decision(StrEnum):
    """What a coordinator says of a level, or of an incident that nobody has verified."""

    GO = "go"
    HOLD = "hold"
    REFUSE = "refuse"


class Person(Strict):
    """One of those affected, by a pseudonym."""

    code: Annotated[str, Field(max_length=32, pattern=NO_CONTROLS)]
    kind: Annotated[PersonKind, one_of(PersonKind)] = PersonKind.OTHER
    nationality: Country | None = None
    name: Line | None = None
    contact: Name | None = None

    def affected(self) -> Affected:
        """The person as the core has it."""
        return Affected(self.code, self.kind, self.nationality, self.name, self.contact)


People = Annotated[list[Person], Field(max_length=100)]


class Report(Strict):
    """An incident that is raised."""

    type: TypeCode
    country: Country
    severity: Annotated[Severity, one_of(Severity)] | None = None
    occurred_at: Instant | None = None
    place: Line | None = None
    summary: Line | None = None
    details: Narrative | None = None
    people: People = Field(default_factory=list)
    perpetrator: Annotated[Perpetrator, one_of(Perpetrator)] = Perpetrator.UNKNOWN
    ask: Line | None = None
    consent: Annotated[Scope, one_of(Scope)] = Scope.INTERNAL
    exclude: Names = Field(default_factory=list)
    certainty: Annotated[Certainty, one_of(Certainty)] = Certainty.OBSERVED
    drill: bool = False

    def facts(self, team: str | None) -> Facts:
        """The facts as reported; the severity is that of the type where none was given."""
        return Facts(
            type=self.type,
            severity=self.severity or TYPES[self.type].severity,
            country=self.country,
            consent=self.consent,
            people=tuple(person.affected() for person in self.people),
            perpetrator=self.perpetrator,
            exclude=tuple(self.exclude),
            drill=self.drill,
            certainty=self.certainty,
            occurred_at=self.occurred_at,
            place=self.place,
            summary=self.summary,
            details=self.details,
            ask=self.ask,
            team=team,
        )


class DrillPlan(Report):
    """A drill; `at`: when it begins by itself, at once unless given, and then again after so many months each."""

    drill: Literal[True] = True
    at: Instant | None = None
    every_months: Annotated[int, Field(ge=1, le=MOST_MONTHS)] | None = None


class Case(Strict):
    """Something that might happen, and what people would do. `country`: one that the tree serves unless given."""

    type: TypeCode
    country: Country | None = None
    severity: Annotated[Severity, one_of(Severity)] | None = None
    consent: Annotated[Scope, one_of(Scope)] = Scope.INTERNAL
    nationality: Annotated[list[Country], Field(max_length=20)] = Field(default_factory=list)
    perpetrator: Annotated[Perpetrator, one_of(Perpetrator)] = Perpetrator.UNKNOWN
    exclude: Names = Field(default_factory=list)
    place: Line | None = None
    organisation: Line | None = None
    """The code of the organisation of those affected."""
    at: Instant | None = None
    answers: Names = Field(default_factory=list)
    """Who acknowledges, and how long after the opening: `embassy-es@12m`."""
    no_go: bool = False
    hours: Annotated[float, Field(gt=0, le=72)] = 24.0
    messages: bool = False

    def facts(self, tree: ContactTree) -> Facts:
        """The facts of an incident that this would be."""
        served = sorted(tree.countries - {EVERYWHERE}) or sorted(COUNTRIES)
        return Facts(
            type=self.type,
            severity=self.severity or TYPES[self.type].severity,
            country=self.country or served[0],
            consent=self.consent,
            people=affected_of(self.nationality, self.organisation),
            perpetrator=self.perpetrator,
            exclude=tuple(self.exclude),
            place=self.place,
        )


class News(Strict):
    """What has become known since; a field that is absent stays as it was."""

    text: Words
    severity: Annotated[Severity, one_of(Severity)] | None = None
    type: TypeCode | None = None
    people: People | None = None
    perpetrator: Annotated[Perpetrator, one_of(Perpetrator)] | None = None


class Verdict(Strict):
    """A decision on a level, or without tree and level on whether the incident is verified."""

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
    """What a contact did. `tree` is needed where several trees have a contact of that id."""

    contact: Name
    action: Annotated[Action, one_of(Action)]
    tree: Name | None = None
    at: Instant | None = None
    note: Note | None = None


class Consent(Strict):
    """Consent of the incident, or of some of its people."""

    scope: Annotated[Scope, one_of(Scope)]
    given_by: Line
    how: Line
    at: Instant | None = None
    people: Names = Field(default_factory=list)


class Reresolution(Strict):
    """`apply: false` shows what would change; `apply: true` does it, if `expected` is the hash of what was shown."""

    apply: bool
    expected: Annotated[str, Field(max_length=64)] | None = None


class Exclusion(Strict):
    """Contact ids, organisations or roles that are spared from now on."""

    contacts: Annotated[list[Name], Field(min_length=1, max_length=100)]


class Merging(Strict):
    """The reference of the incident that acts for both from now on."""

    into: Name


class Splitting(Strict):
    """The references of those that were merged into it and are to be incidents of their own again."""

    reports: Annotated[list[Name], Field(min_length=1, max_length=20)]


class Closing(Strict):
    """Why an incident is closed."""

    reason: Annotated[CloseReason, one_of(CloseReason)]
    text: Words | None = None


class Reopening(Strict):
    """Why an incident is reopened."""

    reason: Line
    text: Words | None = None


class Said(StrEnum):
    """What is heard of a journey."""

    OK = "ok"
    ARRIVED = "arrived"
    EXTEND = "extend"

    @property
    def verb(self) -> FieldVerb:
        """The same as the field types it."""
        return {Said.OK: FieldVerb.CHECK_IN, Said.ARRIVED: FieldVerb.ARRIVE, Said.EXTEND: FieldVerb.EXTEND}[self]


class Stage(Strict):
    """A place, by when it is expected to be reached, and the zone in which that is told; the team's unless given."""

    to: Line
    expected_at: Instant
    timezone: Zone | None = None


class Unheard(Strict):
    """A span in which nothing can be heard, as there is no coverage: it does not count as silence."""

    begins_at: Instant
    ends_at: Instant


class Plan(Strict):
    """A journey that is announced; what is not given is as `teams.yaml` has it for the team. `people`: codes."""

    team: Name
    legs: Annotated[list[Stage], Field(min_length=1, max_length=MOST_LEGS)]
    risk: Annotated[Risk, one_of(Risk)] | None = None
    incident_after: Duration | None = None
    member: Name | None = None
    people: Names = Field(default_factory=list)
    consent: Annotated[Scope, one_of(Scope)] | None = None
    gaps: Annotated[list[Unheard], Field(max_length=MOST_LEGS)] = Field(default_factory=list)

    def journey(self, team: Team, zone: str, now: datetime) -> Journey:
        """The journey that this announces at that moment, of that team, whose clocks are those of the zone."""
        usual, risk = team.terms, self.risk or team.terms.risk
        incident_after = usual.incident_after if risk is usual.risk else risk.incident_after
        return Journey(
            kind=Kind.JOURNEY,
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
    """What was heard of a journey; `until`: with `extend`, when it is expected instead."""

    kind: Annotated[Said, one_of(Said)]
    until: Instant | None = None


class Roll(Strict):
    """Whom to ask whether they are safe: a team, a country, or without either the whole network.

    `text`: why, for those who read the figures; it is in no message. `raise_incidents`: one for each who does not
    answer within `incident_after`.
    """

    team: Name | None = None
    country: Country | None = None
    text: Line | None = None
    raise_incidents: bool = False
    incident_after: Duration = Risk.LOW.incident_after


class JourneyPage(Strict):
    """Which journeys to list, those that are not over unless given; `cursor` is the `next` of the page before."""

    status: Annotated[Status, one_of(Status)] | None = None
    cursor: Annotated[str, Field(max_length=200)] | None = None


class Position(Strict):
    """Where a device is, WGS 84; `accuracy`: in metres."""

    latitude: Annotated[float, Field(ge=-90, le=90)]
    longitude: Annotated[float, Field(ge=-180, le=180)]
    accuracy: Annotated[float, Field(ge=0, le=100_000)] | None = None

    def in_words(self) -> str:
        """As coordinators read it: 4.60971, -74.08175 (20 m)."""
        place = f"{self.latitude:.5f}, {self.longitude:.5f}"
        return place if self.accuracy is None else f"{place} ({self.accuracy:.0f} m)"


class DeviceAlarm(Strict):
    """What a device tells; `at`: when it was pressed, now unless given. Without a type it is a cry for help.

    Nothing in it is a reason to refuse it (A12): what can't be used is `left_out`, in words for coordinators.
    """

    type: TypeCode | None = None
    at: Instant | None = None
    position: Position | None = None
    text: Line | None = None
    left_out: SkipJsonSchema[Words | None] = None

    @model_validator(mode="wrap")
    @classmethod
    def _leave_out(cls, given: Any, validate: ModelWrapValidatorHandler[Self]) -> Self:
        if not isinstance(given, dict):
            given = {"body": given.decode(errors="replace") if isinstance(given, bytes) else given}
        usable, unusable = set_apart(given, validate)
        return validate({"left_out": words_of(unusable)} | usable)


class Binding(Strict):
    """Whose text it is that came from an unknown number."""

    team: Name
    member: Name


class Page(Strict):
    """Which incidents to list; `cursor` is the `next` of the page before."""

    status: Annotated[IncidentStatus, one_of(IncidentStatus)] | None = None
    cursor: Annotated[str, Field(max_length=200)] | None = None
