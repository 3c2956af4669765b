"""The form of `teams.yaml`: the field teams, and the codes of those accompanied."""

from pydantic import Field

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
    YesNo,
    Zone,
)


class MemberForm(Form):
    name: Line
    phone: Number
    language: Language | None = None
    silent: YesNo = False


class TeamForm(Form):
    country: Country
    language: Language
    members: Named[MemberForm]
    consent: OneScope = Scope.INTERNAL
    timezone: Zone | None = None
    callback: Number | None = None


class StaffForm(Form):
    """One who takes turns of duty and is in no field team."""

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
    """`teams.yaml`: the field teams, the staff, and the codes of those accompanied."""

    teams: dict[Slug, TeamForm] = Field(default_factory=dict)
    staff: dict[Slug, StaffForm] = Field(default_factory=dict)
    people: dict[Code, PersonForm] = Field(default_factory=dict)
