"""The form of `teams.yaml`: field teams, staff, and codes of the people accompanied."""

from typing import Annotated, Literal

from pydantic import Field

from alertnet.core.directory.languages import phrase
from alertnet.core.directory.routine import Risk
from alertnet.core.incident import PersonKind, Scope
from alertnet.trees.forms.tree_form import (
    Code,
    Country,
    Form,
    Language,
    Line,
    Named,
    Number,
    OneKind,
    OneScope,
    Slug,
    Some,
    Wait,
    YesNo,
    Zone,
    read_by,
)
from alertnet.trees.reading import values

TimeOfDay = Annotated[int, read_by(values.time_of_day)]
Weekday = Annotated[int, read_by(values.weekday)]
OneRisk = Annotated[Risk, read_by(values.one_of(phrase("unknown risk"), Risk))]
CountsAsOk = Annotated[Literal["ok"], read_by(values.one_of(phrase("unknown meaning of a missed call"), ("ok",)))]


class MemberForm(Form):
    name: Line
    phone: Number
    language: Language | None = None
    silent: YesNo = False


class JourneysForm(Form):
    """Settings for the journeys that members announce."""

    risk: OneRisk = Risk.LOW
    incident_after: Wait | None = None
    missed_call: CountsAsOk | None = None


class RoutineForm(JourneysForm):
    """The times at which a team, or each of some members, checks in."""

    daily: Some[TimeOfDay]
    days: list[Weekday] = Field(default_factory=list)
    members: list[Slug] = Field(default_factory=list)


class TeamForm(Form):
    country: Country
    language: Language
    members: Named[MemberForm]
    consent: OneScope = Scope.INTERNAL
    timezone: Zone | None = None
    callback: Number | None = None
    journeys: JourneysForm = JourneysForm()
    routines: dict[Slug, RoutineForm] = Field(default_factory=dict)


class StaffForm(Form):
    """A person who takes turns of duty without being in a field team."""

    name: Line
    phone: Number
    language: Language


class PersonForm(Form):
    kind: OneKind = PersonKind.OTHER
    nationality: Country | None = None
    consent: OneScope | None = None
    exclude: list[Line] = Field(default_factory=list)
    organisation: Code | None = None


class FieldForm(Form):
    """`teams.yaml`: field teams, staff, and codes of the people accompanied."""

    teams: dict[Slug, TeamForm] = Field(default_factory=dict)
    staff: dict[Slug, StaffForm] = Field(default_factory=dict)
    people: dict[Code, PersonForm] = Field(default_factory=dict)
