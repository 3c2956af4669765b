"""The form of `contact_trees/*.yaml`: every key of B1 and its allowed values. Checks across keys are in `checks`."""

from collections.abc import Callable
from datetime import date, timedelta
from functools import cached_property
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from alertnet.core.directory.availability import Hours, Span
from alertnet.core.directory.contact import RINGING, Contact, Disclosure, MethodKind, Role
from alertnet.core.directory.contact_tree import EVERYWHERE, ActionDue, ContactTree, Level, Otherwise, Quota, Then
from alertnet.core.directory.languages import FALLBACK, phrase
from alertnet.core.incident import TYPES, Perpetrator, PersonKind, Scope, Severity
from alertnet.trees.reading import values
from alertnet.trees.reading.calendar import holidays_of, opening_hours
from alertnet.trees.reading.fault import NotAllowed

T = TypeVar("T")

NEVER = "never"


def read_by(parse: Callable[[str], Any]) -> BeforeValidator:
    """A validator that reads a single value by that function."""

    def read(raw: Any) -> Any:
        if not isinstance(raw, str):
            raise NotAllowed(phrase("needs a single value, not a list or mapping"))
        return parse(raw)

    return BeforeValidator(read)


def _whom(raw: Any) -> Any:
    if isinstance(raw, dict) and len(raw) == 1 and raw.keys() <= {"role", "group"}:
        [(kind, name)] = raw.items()
        raise NotAllowed(
            phrase(
                'a colon with a space behind it makes a mapping: write "{kind}:{name}", in quotes', kind=kind, name=name
            )
        )
    return raw


def by_language(parse: Callable[[str], str]) -> BeforeValidator:
    """A validator that takes a single value as one for all languages."""

    def read(raw: Any) -> Any:
        if isinstance(raw, str):
            return {FALLBACK: parse(raw)}
        if not isinstance(raw, dict):
            raise NotAllowed(phrase("needs a single value, or one for each language"))
        return raw

    return BeforeValidator(read)


Slug = Annotated[str, read_by(values.slug)]
Code = Annotated[str, read_by(values.person_code)]
Place = Annotated[str, read_by(values.place)]
Line = Annotated[str, read_by(values.line)]
Number = Annotated[str, read_by(values.number)]
Mail = Annotated[str, read_by(values.mail_address)]
KeyFile = Annotated[str, read_by(values.key_file)]
Task = Annotated[str, read_by(values.task)]
Extension = Annotated[str, read_by(values.extension)]
Sender = Annotated[str, read_by(values.sender)]
Language = Annotated[str, read_by(values.language)]
Zone = Annotated[str, read_by(values.zone)]
Country = Annotated[str, read_by(values.country)]
Served = Annotated[str, read_by(values.served)]
Wait = Annotated[timedelta, read_by(values.wait)]
Delay = Annotated[timedelta, read_by(values.duration)]
Count = Annotated[int, read_by(values.whole(1, 99))]
YesNo = Annotated[bool, read_by(values.yes_or_no)]
HasPin = Annotated[bool, read_by(values.has_pin)]
Day = Annotated[date, read_by(values.day)]
ClosedDays = Annotated[str, read_by(values.closed_days)]
ToNotify = Annotated[str, read_by(values.to_notify), BeforeValidator(_whom)]
OpeningHours = Annotated[Hours, read_by(opening_hours)]
HolidaysOf = Annotated[str, read_by(holidays_of)]
NightSpan = Annotated[Span, read_by(values.span)]
WeeklyMoment = Annotated[tuple[int, int], read_by(values.weekly_moment)]
Acknowledge = Annotated[Quota, read_by(values.quota)]
OneScope = Annotated[Scope, read_by(values.one_of(phrase("unknown scope"), Scope))]
OneRole = Annotated[Role, read_by(values.one_of(phrase("unknown role"), Role))]
OneDisclosure = Annotated[Disclosure, read_by(values.one_of(phrase("unknown disclosure"), Disclosure))]
OneSeverity = Annotated[Severity, read_by(values.one_of(phrase("unknown severity"), Severity))]
OneType = Annotated[str, read_by(values.one_of(phrase("unknown type"), (EVERYWHERE, *TYPES)))]
OneKind = Annotated[PersonKind, read_by(values.one_of(phrase("unknown kind"), PersonKind))]
OnePerpetrator = Annotated[Perpetrator, read_by(values.perpetrator)]
OneThen = Annotated[Then, read_by(values.one_of(phrase("unknown continuation"), Then))]
OneOtherwise = Annotated[Otherwise, read_by(values.one_of(phrase("unknown continuation"), Otherwise))]
Confirmer = Annotated[
    Literal["coordinator"], read_by(values.one_of(phrase("unknown role that confirms"), ("coordinator",)))
]
Match = Annotated[Literal["match"], read_by(values.one_of(phrase("unknown rule"), ("match",)))]
Relay = Annotated[Literal["relay"], read_by(values.one_of(phrase("unknown kind of acknowledgement"), ("relay",)))]
Files = Annotated[
    list[Annotated[str, read_by(values.included)]], BeforeValidator(lambda raw: [raw] if isinstance(raw, str) else raw)
]
"""One name, or a list of them."""
Title = Annotated[
    dict[Language, Line],
    Field(min_length=1),
    by_language(values.line),
]
"""One for all, or one per language."""
Ask = Annotated[
    dict[Language, Annotated[str, read_by(values.ask)]],
    Field(min_length=1),
    by_language(values.ask),
]
"""A code or a text: one for all, or one per language."""
Quiet = Annotated[dict[OneSeverity, NightSpan], BeforeValidator(lambda raw: {} if raw == NEVER else raw)]
"""Hours by severity, or `never`, which overrides the role's default."""
Acknowledged = Annotated[
    Literal["acknowledged"], read_by(values.one_of(phrase("unknown condition"), ("acknowledged",)))
]
AskOrProceed = Annotated[Literal["ask", "proceed"], read_by(values.one_of(phrase("unknown rule"), ("ask", "proceed")))]
Some = Annotated[list[T], Field(min_length=1)]
Named = Annotated[dict[Slug, T], Field(min_length=1)]


class Form(BaseModel):
    """A mapping in the file that allows only its own keys."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class ServesForm(Form):
    countries: Some[Served]
    places: Some[Place] | None = None


class StartForm(Form):
    after: Delay = timedelta()
    unless: Acknowledged | None = None


class MethodForm(Form):
    """A method with exactly one of sms, call, email and task."""

    sms: Number | None = None
    call: Number | None = None
    email: Mail | None = None
    task: Task | None = None
    after: Delay = timedelta()
    extension: Extension | None = None
    acknowledges_as: Relay | None = None

    @cached_property
    def addresses(self) -> list[tuple[MethodKind, str]]:
        """The kinds that are given, with their addresses."""
        given = ((MethodKind.SMS, self.sms), (MethodKind.CALL, self.call), (MethodKind.EMAIL, self.email))
        return [(kind, address) for kind, address in (*given, (MethodKind.TASK, self.task)) if address]

    @model_validator(mode="after")
    def _has_one_address(self) -> Self:
        if len(self.addresses) != 1:
            raise NotAllowed(phrase("a method needs exactly one address"), ("sms", "call", "email", "task"))
        if self.extension and not self.call:
            raise NotAllowed(phrase("an extension can only be dialled in a call"), ("call",))
        if self.acknowledges_as and self.task:
            raise NotAllowed(
                phrase("the coordinator says what came of a task: acknowledges_as is for"), ("sms", "call", "email")
            )
        return self


class DutyForm(Form):
    """A rota of members and staff in teams.yaml, named by `member` or `team/member`."""

    rota: list[Line]
    change: WeeklyMoment
    since: Day | None = None


class ContactWhenForm(Form):
    place: Some[Place] | None = None
    organisation: Some[Code] | None = None


class DefaultsForm(Form):
    """Defaults for contacts of one role."""

    scope: OneScope | None = None
    disclosure: OneDisclosure = Contact.disclosure
    language: Language | None = None
    timezone: Zone | None = None
    priority: YesNo = Contact.priority
    pin: HasPin = Contact.pin
    drills: YesNo = Contact.drills
    hold: YesNo = Contact.hold
    answers: YesNo = Contact.answers
    hours: OpeningHours | None = None
    holidays: list[HolidaysOf] = Field(default_factory=list)
    closed: list[ClosedDays] = Field(default_factory=list)
    quiet: Quiet = Field(default_factory=dict)
    when: ContactWhenForm = ContactWhenForm()


class ContactForm(DefaultsForm):
    role: OneRole
    organisation: Line
    methods: Some[MethodForm]
    name: Line | None = None
    represents: Country | None = None
    belongs_to: OnePerpetrator | None = None
    deputy: Slug | None = None
    verified: Day | None = None
    when_closed: list[MethodForm] = Field(default_factory=list)
    duty: DutyForm | None = None
    pgp: KeyFile | None = None
    ask: Ask = Field(default_factory=dict)
    groups: list[Slug] = Field(default_factory=list)

    @model_validator(mode="after")
    def _is_called_by_the_right_ones(self) -> Self:
        kinds = {kind for method in (*self.methods, *self.when_closed) for kind, _ in method.addresses}
        if self.role is Role.ICRC and kinds - {MethodKind.TASK}:
            raise NotAllowed(
                phrase("a contact with role icrc is called by a coordinator alone, never by a machine"), ("task",)
            )
        if self.role is Role.COORDINATOR and MethodKind.TASK in kinds:
            raise NotAllowed(phrase("a coordinator does the tasks, and can't be one"), ("sms", "call", "email"))
        return self

    @model_validator(mode="after")
    def _has_methods_for_what_it_has(self) -> Self:
        if self.pgp and not any(method.email for method in self.methods):
            raise NotAllowed(phrase("a contact with pgp needs a mail address to write to"), ("email",))
        if self.duty and not any(kind in RINGING for method in self.methods for kind, _ in method.addresses):
            raise NotAllowed(phrase("a duty needs numbers that serve when nobody is on it"), ("sms", "call"))
        return self


class WhenForm(ContactWhenForm):
    severity: Some[OneSeverity] | None = None
    type: Some[OneType] | None = None
    nationality: Match | None = None


class NeedsGoForm(Form):
    unless_severity: Some[OneSeverity] | None = None
    proceed_after: Wait | None = None


class RepeatForm(Form):
    every: Wait
    times: Count


class ActionDueForm(Form):
    after: Wait
    otherwise: OneOtherwise = ActionDue.otherwise


class LevelForm(Form):
    name: Line
    notify: Some[ToNotify]
    acknowledge: Acknowledge = Level.acknowledge
    wait: Wait = Level.wait
    when: WhenForm = WhenForm()
    needs_go: NeedsGoForm | None = None
    repeat: RepeatForm | None = None
    then: OneThen | None = None
    action_due: ActionDueForm | None = None
    confirm: Confirmer | None = None
    ask: Ask = Field(default_factory=dict)


class SharedForm(Form):
    """A file of contacts that trees include."""

    contacts: Named[ContactForm]
    include: Files = Field(default_factory=list)


class TreeForm(Form):
    tree: Slug
    title: Title
    scope: OneScope
    serves: ServesForm
    timezone: Zone
    language: Language
    sender: Sender
    callback: Number
    contacts: Named[ContactForm] = Field(default_factory=dict)
    include: Files = Field(default_factory=list)
    defaults: dict[OneRole, DefaultsForm] = Field(default_factory=dict)
    levels: Some[LevelForm]
    last_resort: Some[Slug]
    start: StartForm = StartForm()
    rounds: Count = ContactTree.rounds
    unknown_perpetrator: AskOrProceed = "ask"

    @model_validator(mode="after")
    def _has_contacts(self) -> Self:
        if not self.contacts and not self.include:
            raise NotAllowed(
                phrase("a tree needs contacts of its own, or a file that it includes"), ("contacts", "include")
            )
        return self
