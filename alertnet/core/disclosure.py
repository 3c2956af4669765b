"""The values that messages may contain: templates can name no others, so none can reveal more (A9)."""

import re
from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from enum import StrEnum
from typing import Any

from alertnet.core.codec import replace, value
from alertnet.core.directory.contact import READ_THE_COUNTRY, Contact, Disclosure, Method, MethodKind
from alertnet.core.directory.contact_tree import Level
from alertnet.core.directory.languages import FALLBACK
from alertnet.core.incident import ASKS, Affected, CloseReason, Facts, Scope, Severity, consent_of
from alertnet.core.notification import Kind


class Subject(StrEnum):
    """The subject of an alarm, notice, decision or receipt."""

    VERIFY = "verify"
    LEVEL = "level"
    CONFIRM = "confirm"
    CHANGE = "change"
    """News would change who is told."""
    TASK = "task"
    UNANSWERED = "unanswered"
    TOO_FEW = "too_few"
    """The same where somebody has taken charge, who must not read that nobody has."""
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
    REVOKED = "revoked"
    ACTION = "action"
    """An action was reported in free text. For a chosen action there is one of the next, named after it."""
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
    CALL_CUT = "call_cut"
    """A member's call raised an alarm, and ended before it was known of what."""
    READ_FIRST = "read_first"
    """News that must be read before anybody is called. It replaces duress, which no SMS, call or column may name."""
    UNKNOWN_NUMBER = "unknown_number"
    FLOOD = "flood"
    NOBODY = "nobody"
    GO = "go"
    HOLD = "hold"
    REFUSED = "refused"
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
    """In a receipt: the language in which the field is written to from now on."""
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
    MAILBOX_UNREAD = "mailbox_unread"
    MAILBOX_READ = "mailbox_read"
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
    NOT_PURGED = "not_purged"
    RESTORED = "restored"
    LOST_REPORTS = "lost_reports"
    LOST_INCIDENT = "lost_incident"
    LOST_ANSWER = "lost_answer"
    CLOSED = "closed"
    REOPENED = "reopened"

    @classmethod
    def _missing_(cls, value: object) -> "Subject | None":
        # Earlier versions stored this subject in clear.
        return cls.READ_FIRST if value == DURESS else None


FIELD_NEWS = frozenset({Subject.NEWS, Subject.VERIFIED, Subject.TYPE_KNOWN, Subject.SOS_AGAIN, Subject.WITHDRAWAL})
"""News that a text from the field adds to an incident; under duress it is all shown as `READ_FIRST`."""

ABOUT_NOBODY = frozenset({Subject.UNANSWERED, Subject.TOO_FEW, Subject.READ_FIRST})
"""Subjects whose words are the same whatever they are about: an SMS can't tell two of an incident apart."""

IN_FLOODS = frozenset({Subject.NOT_UNDERSTOOD, Subject.INBOUND_CALL, Subject.MISSED_CALL})
"""Subjects that anybody with a known number can trigger at will; they count against the limit of notices (B9)."""


_TO_DO = {
    "provider": (Subject.SMS_FAILS, Subject.CALLS_FAIL, Subject.MAIL_FAILS, Subject.PROVIDER_AWAY),
    "way_in": (Subject.REPORTS_LOST, Subject.INBOUND_SILENT),
    "mailbox": (Subject.MAILBOX_UNREAD,),
    "machines": (Subject.LATE, Subject.WORKER_GONE, Subject.STOOD_STILL),
    "trees": (Subject.TREES_BROKEN, Subject.LAST_EDITION),
    "purge": (Subject.NOT_PURGED,),
    "lost": (Subject.RESTORED, Subject.LOST_REPORTS, Subject.LOST_INCIDENT, Subject.LOST_ANSWER),
    "opted_out": (Subject.OPTED_OUT,),
    "codes": (Subject.WRONG_CODES, Subject.LOCKED_OUT, Subject.FOREIGN_CODE),
    "pins": (Subject.WRONG_PINS,),
    "number": (Subject.WRONG_PERSON,),
    "flood": (Subject.FLOOD,),
    "stranger": (Subject.UNKNOWN_NUMBER,),
    "overdue": (Subject.CHECK_IN_MISSED,),
    "call_back": (Subject.INBOUND_CALL, Subject.MISSED_CALL),
    "action": (Subject.ACTION_MISSING,),
    "withdrawal": (Subject.WITHDRAWAL,),
    "same_event": (Subject.SAME_EVENT,),
}
TO_DO = {subject: what for what, subjects in _TO_DO.items() for subject in subjects}
"""What to do about a subject, for those that call for something; its page explains it."""


CALL_COORDINATOR = "other"
"""The one of `ASKS` that asks to call a coordinator."""


@value
class Further:
    """Something told in another message: a further notice, or, with kind and code, a further matter to answer."""

    ref: str
    subject: Subject | None
    about: str | None = None
    kind: Kind | None = None
    code: str | None = None


class NoRef(StrEnum):
    """What stands in place of a reference in words about no incident."""

    TEXT = "SMS"
    CALL = "TEL"
    MAIL = "MAIL"
    TEST = "TEST"
    OURSELVES = "SYSTEM"
    BACKUP = "DB"


@value
class Said:
    """The content of one message. It has no field for a person, a place, a route or free text."""

    sender: str
    """Who calls: at most 12 GSM-7 characters."""
    organisation: str
    """The sender's full name, spoken and in mail: the tree's title."""
    ref: str
    callback: str
    timezone: str
    """IANA time zone of the recipient; all times below are shown in it."""
    type: str = "other"
    severity: Severity = Severity.SERIOUS
    drill: bool = False
    also: bool = False
    """Another incident is open for the same number."""
    code: str | None = None
    """The written code (4 digits), or that of the decision; None where the number can't answer."""
    link: str | None = None
    expects_answer: bool = True
    """Whether an answer is expected. If not, the message says what has happened and whom to call."""
    answerable: bool = True
    """Whether the number that the SMS leaves from can take replies from the recipient."""
    silent: bool = False
    """Nothing more will be written to that phone; the message says so, and that it may call."""
    subject: Subject | None = None
    about: str | None = None
    """The id of the contact or level that the message is about."""
    level: int | None = None
    """The place of the level that a decision would open, from 1."""
    contacts: int | None = None
    """How many contacts that level would tell; `names` holds their ids."""
    tree: str | None = None
    """The title of the level's tree."""
    why: tuple[str, ...] = ()
    """Why the level waits for a go: values of `core.resolution.resolve.Waiting`."""
    next_level: str | None = None
    """The name of the next level, for a coordinator who has answered; `tree` and `automatic_at` belong to it."""
    automatic_at: datetime | None = None
    """When it goes on without a decision."""
    at: datetime | None = None
    """When the answer, report or incident was recorded."""
    due_at: datetime | None = None
    """By when an action is expected."""
    reason: CloseReason | None = None
    names: tuple[str, ...] = ()
    """What was understood of the field's message, as type names and codes only; or a list for the coordinators."""
    open_codes: tuple[str, ...] = ()
    """The open codes of this number, in the reply to an answer without a code."""
    spoken_code: str | None = None
    """Three digits, valid in this call only."""
    awaited: str | None = None
    """What is awaited of the field, told to the field only: a place by its code, and when."""
    more: tuple[Further, ...] = ()
    """What else came for the coordinator in the meantime, or is open for it."""
    titles: dict[str, str] = field(default_factory=dict, hash=False)
    """The tree's titles by language, where it has several: translations of `organisation`."""
    ask: dict[str, str] = field(default_factory=dict, hash=False)
    """What the recipient is asked to do, by language: one of `ASKS` or free text.

    As the next two, for mail and pages; a call says it too where it is one of `ASKS`.
    """
    country: str | None = None
    """Where it happened (ISO 3166-1 alpha-2), for embassies, ministries, delegations of the EU, and the UN."""
    nationals: bool = False
    """Whether one of the recipient's nationals is affected, where it may know."""
    tree_language: str = ""
    """The language of its tree, used for recipients whose own language has no messages. No template names it."""

    def named(self, kind: Kind) -> Further:
        """What it is about, as another message names it."""
        return Further(self.ref, self.subject, self.about, kind, self.code)


def sent_by(said: Said, method: Method) -> Said:
    """The content as it goes by that method: the number of an SMS may take no replies or no links."""
    if method.kind is not MethodKind.SMS or (method.replies and method.links):
        return said
    return replace(said, answerable=said.answerable and method.replies, link=said.link if method.links else None)


def addressed(said: Said, facts: Facts, contact: Contact, level: Level | None, *, reads: bool = False) -> Said:
    """Add what the contact is asked to do, where it happened, and whether one of its nationals is affected.

    An incident's ask in free text may name somebody. So only contacts who read the details (`reads`) get it; others are
    asked to call a coordinator, and coordinators nothing.
    """
    is_told = contact.role in READ_THE_COUNTRY
    ask = ask_of(contact, level) or ask_of_incident(facts, reads=reads, otherwise=CALL_COORDINATOR)
    return replace(
        said,
        ask={} if contact.is_coordinator and CALL_COORDINATOR in ask.values() else ask,
        country=facts.country if is_told else None,
        nationals=is_told and _concerns_nationals(facts, contact),
    )


def ask_on_page(asked: Mapping[str, str], contact: Contact) -> dict[str, str]:
    """What an alert's page asks, by language: where nothing is asked, it is to call a coordinator."""
    return dict(asked) if asked or contact.is_coordinator else {FALLBACK: CALL_COORDINATOR}


def ask_of(contact: Contact, level: Level | None) -> dict[str, str]:
    """What the contact's tree asks of it, by language.

    The contact's own ask goes before its level's, and both before the incident's.
    """
    return contact.ask or (level.ask if level else {})


def ask_of_incident(facts: Facts, *, reads: bool = False, otherwise: str | None = None) -> dict[str, str]:
    """What the incident's report asks, by language.

    Free text that may not be read is replaced by the code `otherwise`.
    """
    ask = facts.ask if reads or facts.ask in ASKS else facts.ask and otherwise
    return {FALLBACK: ask} if ask else {}


def _concerns_nationals(facts: Facts, contact: Contact) -> bool:
    """Whether one of the contact's nationals is affected, and consent and the tree let the contact know it."""
    may_know = contact.disclosure is not Disclosure.MINIMAL and consent_of(facts).allows(Scope.INTERNATIONAL)
    is_theirs = any(person.nationality == contact.represents for person in facts.people)
    return contact.represents is not None and may_know and is_theirs


DURESS = "duress"
"""How duress is written, always encrypted: in what a report's PIN proved; by earlier versions as kind and subject."""

_INSTEAD_OF_DURESS = {"pin": "true"}
_OF_COORDINATORS = frozenset(
    ("position", "left_out", "text", "note", "words", "given_by", "how", "people", "perpetrator", "spared", "openly")
)
"""Parts of an entry that only coordinators see.

They are what people wrote and said, what an edit changes for whom, where somebody is, whose consent it is, who is
accused, and unusable data from a device.
"""
_CODE = re.compile(r"[LPC]\d{1,3}")
"""What a report says of place, people and consent."""


def without_secrets(kind: str, payload: Mapping[str, Any] | None) -> tuple[str, dict[str, Any] | None]:
    """A timeline entry for readers who are not coordinators.

    It is as if the true PIN had been given, and tells nothing that anybody wrote, nor the place or the people.
    """
    neutral = Subject.NEWS.value
    if payload is None:
        return neutral if kind == DURESS else kind, None
    shown = {
        name: _INSTEAD_OF_DURESS.get(name, neutral) if value == DURESS else value
        for name, value in payload.items()
        if name not in _OF_COORDINATORS and (kind, name) != ("incident_reopened", "reason")
    }
    if "understood" in shown:
        shown["understood"] = [each for each in shown["understood"] if not _CODE.fullmatch(each)]
    return neutral if kind == DURESS else kind, shown


@value
class Details:
    """The details of an incident for those who may read them: paragraphs of free text, then codes."""

    texts: tuple[str, ...] = ()
    place: str | None = None
    people: tuple[Affected, ...] = ()

    def with_texts(self, *texts: str | None) -> "Details":
        """These details with the given texts before the others; empty ones are left out."""
        return replace(self, texts=(*filter(None, texts), *self.texts))


NO_DETAILS = Details()


def details_of(facts: Facts, disclosure: Disclosure) -> Details:
    """The details that a contact with that disclosure may read once it has proved who it is.

    People are shown as codes.
    """
    if disclosure is Disclosure.MINIMAL:
        return NO_DETAILS
    if disclosure is Disclosure.LIMITED:
        return NO_DETAILS.with_texts(facts.summary)
    people = tuple(replace(person, name=None) for person in facts.people)
    return Details(place=facts.place, people=people).with_texts(facts.summary, facts.details)


@value
class ReceivedText:
    """A text or action of a contact (`tree` and `contact`), or a text of somebody else, word for word.

    `sender`: who it is from, as an id or a name. `number`: where the sender can be called back (E.164); None where
    somebody else may hold that phone. `understood`: for a report of the field, its type and codes. `action`: what a
    contact reports to have done.
    """

    at: datetime
    sender: str
    words: str
    """Empty if a report had only codes, or an action no note."""
    tree: str | None = None
    contact: str | None = None
    number: str | None = None
    understood: tuple[str, ...] = ()
    is_verified: bool = False
    action: str | None = None
    arrived_at: datetime | None = None
    """When it reached us, if that was long after it was sent."""
    attached: int = 0
    """How many pictures or recordings came with it."""
