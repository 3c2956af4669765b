"""What may be said: the only values that a message can name, so that no template lets slip what it never had (A9)."""

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from enum import StrEnum
from typing import Any

from alertnet.core.codec import replace, value
from alertnet.core.directory.contact import OF_A_COUNTRY, Contact, Disclosure
from alertnet.core.directory.contact_tree import Level
from alertnet.core.directory.languages import FALLBACK
from alertnet.core.incident import ASKS, Affected, CloseReason, Facts, Scope, Severity, consent_of
from alertnet.core.notification import Kind


class Subject(StrEnum):
    """What an alarm, a notice, a decision or a receipt is about."""

    VERIFY = "verify"
    LEVEL = "level"
    CONFIRM = "confirm"
    CHANGE = "change"
    """News would change who is told."""
    TASK = "task"
    UNANSWERED = "unanswered"
    NOT_UNDERSTOOD = "not_understood"
    OPTED_OUT = "opted_out"
    WRONG_CODES = "wrong_codes"
    LOCKED_OUT = "locked_out"
    WRONG_PINS = "wrong_pins"
    FOREIGN_CODE = "foreign_code"
    WRONG_PERSON = "wrong_person"
    ACKNOWLEDGED = "acknowledged"
    RELAYED = "relayed"
    DECLINED = "declined"
    ACTION = "action"
    """What was done was told in words alone; one of the next where it was chosen, each called after its action."""
    ACTION_CALLED_AUTHORITY = "action_called_authority"
    ACTION_RAISED_WITH_MINISTRY = "action_raised_with_ministry"
    ACTION_VISITED = "action_visited"
    ACTION_OBSERVED = "action_observed"
    ACTION_STATEMENT = "action_statement"
    ACTION_REFERRED = "action_referred"
    ACTION_PROTECTION_MEASURES = "action_protection_measures"
    ACTION_NONE = "action_none"
    MORE_ANSWERS = "more_answers"
    ACTION_MISSING = "action_missing"
    INBOUND_CALL = "inbound_call"
    MISSED_CALL = "missed_call"
    READ_FIRST = "read_first"
    """News that must be read before anybody is called: said in place of duress, which no SMS, call or column names."""
    UNKNOWN_NUMBER = "unknown_number"
    FLOOD = "flood"
    NOBODY = "nobody"
    GO = "go"
    HOLD = "hold"
    NEWS = "news"
    VERIFIED = "verified"
    TYPE_KNOWN = "type_known"
    SOS_AGAIN = "sos_again"
    SAME_EVENT = "same_event"
    MERGED = "merged"
    SPLIT = "split"
    RECORDING_LOST = "recording_lost"
    WITHDRAWAL = "withdrawal"
    NOT_WITHDRAWN = "not_withdrawn"
    LOW_BATTERY = "low_battery"
    TESTED = "tested"
    LANGUAGE = "language"
    """Of a receipt: in which language the field is written to from now on."""
    CHECKED_IN = "checked_in"
    NOT_COUNTED = "not_counted"
    CHECK_IN_DUE = "check_in_due"
    ROLL_CALL = "roll_call"
    CHECK_IN_MISSED = "check_in_missed"
    BLIND = "blind"
    ON_DUTY = "on_duty"
    OFF_DUTY = "off_duty"
    DUTY_BEGINS = "duty_begins"
    DRILL_COMES = "drill_comes"
    DRILL_SKIPPED = "drill_skipped"
    SMS_FAILS = "sms_fails"
    SMS_WORKS = "sms_works"
    CALLS_FAIL = "calls_fail"
    CALLS_WORK = "calls_work"
    MAIL_FAILS = "mail_fails"
    MAIL_WORKS = "mail_works"
    REPORTS_LOST = "reports_lost"
    REPORTS_ARRIVE = "reports_arrive"
    INBOUND_SILENT = "inbound_silent"
    INBOUND_WORKS = "inbound_works"
    LATE = "late"
    ON_TIME = "on_time"
    WORKER_GONE = "worker_gone"
    WORKERS_BACK = "workers_back"
    PROVIDER_AWAY = "provider_away"
    PROVIDERS_BACK = "providers_back"
    TREES_BROKEN = "trees_broken"
    TREES_MENDED = "trees_mended"
    LAST_EDITION = "last_edition"
    STOOD_STILL = "stood_still"
    RESTORED = "restored"
    LOST_REPORTS = "lost_reports"
    LOST_INCIDENT = "lost_incident"
    LOST_ANSWER = "lost_answer"
    CLOSED = "closed"
    REOPENED = "reopened"

    @classmethod
    def _missing_(cls, value: object) -> "Subject | None":
        # What earlier versions have put down in clear.
        return cls.READ_FIRST if value == DURESS else None


FIELD_NEWS = frozenset({Subject.NEWS, Subject.VERIFIED, Subject.TYPE_KNOWN, Subject.SOS_AGAIN, Subject.WITHDRAWAL})
"""What a text of the field adds to an incident: under duress all of it is said as `READ_FIRST`."""

IN_FLOODS = frozenset({Subject.NOT_UNDERSTOOD, Subject.INBOUND_CALL, Subject.MISSED_CALL})
"""What anybody with a known number can make ring, as often as it likes: counted with the notices (B9)."""


_TO_DO = {
    "provider": (Subject.SMS_FAILS, Subject.CALLS_FAIL, Subject.MAIL_FAILS, Subject.PROVIDER_AWAY),
    "way_in": (Subject.REPORTS_LOST, Subject.INBOUND_SILENT),
    "machines": (Subject.LATE, Subject.WORKER_GONE, Subject.STOOD_STILL),
    "trees": (Subject.TREES_BROKEN, Subject.LAST_EDITION),
    "lost": (Subject.RESTORED, Subject.LOST_REPORTS, Subject.LOST_INCIDENT, Subject.LOST_ANSWER),
    "opted_out": (Subject.OPTED_OUT,),
    "codes": (Subject.WRONG_CODES, Subject.LOCKED_OUT, Subject.FOREIGN_CODE),
    "pins": (Subject.WRONG_PINS,),
    "number": (Subject.WRONG_PERSON,),
    "flood": (Subject.FLOOD,),
    "call_back": (Subject.INBOUND_CALL, Subject.MISSED_CALL),
    "action": (Subject.ACTION_MISSING,),
    "withdrawal": (Subject.WITHDRAWAL,),
    "same_event": (Subject.SAME_EVENT,),
}
TO_DO = {subject: what for what, subjects in _TO_DO.items() for subject in subjects}
"""What is to be done about a subject, where something is: its page says it in words."""


@value
class Further:
    """What is told in another message: one more notice, or with kind and code one more matter to be answered."""

    ref: str
    subject: Subject | None
    about: str | None = None
    kind: Kind | None = None
    code: str | None = None


@value
class Said:
    """The words of one message. There is no field for a person, a place, a route or free text."""

    sender: str
    """Who calls: at most 12 GSM-7 characters."""
    organisation: str
    """The sender's full name as spoken and in mail: the tree's title."""
    ref: str
    callback: str
    timezone: str
    """IANA zone of the recipient: every instant below is shown in it."""
    type: str = "other"
    severity: Severity = Severity.SERIOUS
    drill: bool = False
    also: bool = False
    """Another incident is open for the same number."""
    code: str | None = None
    """The written code (4 digits), or the decision's own; None where the number can't answer."""
    link: str | None = None
    expects_answer: bool = True
    """Whether an answer is expected: of some it is not, and they are told what has happened and whom to call."""
    answerable: bool = True
    """Whether the number that the SMS leaves from takes replies from there."""
    silent: bool = False
    """Nothing more is written to that phone: it is told so, and may call."""
    subject: Subject | None = None
    about: str | None = None
    """The id of the contact or level that the notice, alarm or decision is about."""
    level: int | None = None
    """1-based place of the level that a decision would open."""
    contacts: int | None = None
    """How many contacts that level would tell; `names` are theirs, by id."""
    tree: str | None = None
    """The title of the tree that the level stands in."""
    why: tuple[str, ...] = ()
    """Why it waits for a go: of `core.resolution.resolve.Waiting`."""
    next_level: str | None = None
    """The name of the level that comes next, for a coordinator who has answered; `tree` and `automatic_at` are its."""
    automatic_at: datetime | None = None
    """When it proceeds without a decision."""
    at: datetime | None = None
    """When the answer, report or incident was recorded."""
    due_at: datetime | None = None
    """By when an action is expected."""
    reason: CloseReason | None = None
    names: tuple[str, ...] = ()
    """What the field's message was understood to say: type names and codes only; or a list for the coordinators."""
    open_codes: tuple[str, ...] = ()
    """The open codes of this number, for a reply to an answer without one."""
    spoken_code: str | None = None
    """Three digits, valid in this call alone."""
    awaited: str | None = None
    """What is awaited of the field, to itself alone: a place by its code, and when."""
    more: tuple[Further, ...] = ()
    """What else came for the coordinator meanwhile, or is open for it."""
    titles: dict[str, str] = field(default_factory=dict, hash=False)
    """The tree's titles by language, where it has several: `organisation` in the words of the recipient."""
    ask: dict[str, str] = field(default_factory=dict, hash=False)
    """What the recipient is asked to do, by language: one of `ASKS` or a text; like the next two for mail and pages."""
    country: str | None = None
    """Where it happened (ISO 3166-1 alpha-2), for an embassy or ministry."""
    nationals: bool = False
    """Whether one of the recipient's nationals is affected, where it may know."""
    tree_language: str = ""
    """What its tree speaks: said to those whose own language has no messages. No template names it."""


def by_sms(said: Said, *, replies: bool, links: bool) -> Said:
    """The words as an SMS to a number that takes no replies, or no links, can say them."""
    if replies and links:
        return said
    return replace(said, answerable=said.answerable and replies, link=said.link if links else None)


def addressed(said: Said, facts: Facts, contact: Contact, level: Level | None, *, reads: bool = False) -> Said:
    """The words with what that contact is asked, where it happened, and whether to one of its nationals.

    An incident's ask in free text may name somebody: it is for those who read the details (`reads`), others are asked
    to call.
    """
    is_told = contact.role in OF_A_COUNTRY
    return replace(
        said,
        ask=ask_of(contact, level) or ask_of_incident(facts, reads=reads, otherwise="other"),
        country=facts.country if is_told else None,
        nationals=is_told and _concerns_nationals(facts, contact),
    )


def ask_of(contact: Contact, level: Level | None) -> dict[str, str]:
    """What its tree asks of the contact, by language, and before what the incident asks: its own before its level's."""
    return contact.ask or (level.ask if level else {})


def ask_of_incident(facts: Facts, *, reads: bool = False, otherwise: str | None = None) -> dict[str, str]:
    """What the incident's report asks, by language, and in place of a free text that may not be read that code."""
    ask = facts.ask if reads or facts.ask in ASKS else facts.ask and otherwise
    return {FALLBACK: ask} if ask else {}


def _concerns_nationals(facts: Facts, contact: Contact) -> bool:
    """Whether it concerns one of them, and those affected and the tree let the contact know."""
    may_know = contact.disclosure is not Disclosure.MINIMAL and consent_of(facts).allows(Scope.INTERNATIONAL)
    is_theirs = any(person.nationality == contact.represents for person in facts.people)
    return contact.represents is not None and may_know and is_theirs


DURESS = "duress"
"""How it is written where it is sealed: in what a report's PIN proved, and by earlier versions as kind and subject."""

_INSTEAD_OF_DURESS = {"pin": "true"}
_OF_COORDINATORS = frozenset({"position", "left_out"})
"""What of an entry coordinators alone see: where somebody is, and what a device told that can't be used."""


def without_duress(kind: str, payload: Mapping[str, Any] | None) -> tuple[str, dict[str, Any] | None]:
    """An entry of the timeline as after a true PIN: what those see of it who may not coordinate."""
    neutral = Subject.NEWS.value
    if payload is None:
        return neutral if kind == DURESS else kind, None
    shown = {
        name: _INSTEAD_OF_DURESS.get(name, neutral) if value == DURESS else value
        for name, value in payload.items()
        if name not in _OF_COORDINATORS
    }
    return neutral if kind == DURESS else kind, shown


@value
class Details:
    """What is known of an incident, for whoever may read it: free text in paragraphs, then codes."""

    texts: tuple[str, ...] = ()
    place: str | None = None
    people: tuple[Affected, ...] = ()

    def with_texts(self, *texts: str | None) -> "Details":
        """The same behind those of the texts that there are."""
        return replace(self, texts=(*filter(None, texts), *self.texts))


NO_DETAILS = Details()


def details_of(facts: Facts, disclosure: Disclosure) -> Details:
    """What a contact of that disclosure that has proved who it is may read: people are codes for everybody."""
    if disclosure is Disclosure.MINIMAL:
        return NO_DETAILS
    if disclosure is Disclosure.LIMITED:
        return NO_DETAILS.with_texts(facts.summary)
    people = tuple(replace(person, name=None) for person in facts.people)
    return Details(place=facts.place, people=people).with_texts(facts.summary, facts.details)
