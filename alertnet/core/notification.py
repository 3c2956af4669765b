"""Notifications, prompts and attempts: their kinds, answers and statuses, and the invariants of each.

The checks refuse only what no flow can produce. A column that is not given is not checked.
"""

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Any

from alertnet.core.directory.contact import RINGING, WRITTEN, Contact, MethodKind
from alertnet.core.directory.usable_methods import ADDRESSED
from alertnet.core.errors import COUNT, MOMENT, is_moment, must_hold
from alertnet.core.incident import Severity


class Kind(StrEnum):
    """Why a message is sent. Only alerts and reminders are alerts; the others may leave after an acknowledgement."""

    ALERT = "alert"
    REMINDER = "reminder"
    DECISION = "decision"
    ALARM = "alarm"
    NOTICE = "notice"
    TASK = "task"
    RECORDED = "recorded"
    DECLINED = "declined"
    NOT_UNDERSTOOD = "not_understood"
    ALREADY_CLOSED = "already_closed"
    RECEIPT = "receipt"
    FIELD_STATUS = "field_status"
    UPDATE = "update"
    CORRECTION = "correction"
    STAND_DOWN = "stand_down"
    ACTION_REMINDER = "action_reminder"
    TEST = "test"
    """A number or address is tested before it is needed."""

    @property
    def is_alert(self) -> bool:
        """Whether an acknowledgement or a stop cancels it (A4)."""
        return self in ALERTS


RINGS_FOR = timedelta(seconds=30)
"""A call that nobody answers fails after this: about six rings; most voicemails answer before."""

ALERTS = frozenset({Kind.ALERT, Kind.REMINDER})
"""The kinds that tell contacts of an incident."""

ASKING = frozenset({Kind.DECISION, Kind.ALARM, Kind.TASK})
"""The kinds that ask coordinators until one of them answers."""

URGENT = ALERTS | ASKING
"""The kinds that ring, or want an answer."""

CLASSES = 3
"""How many ranks each severity has, for real incidents and for drills."""


ANNOUNCED_BY = {Kind.ALARM: RINGING, Kind.NOTICE: WRITTEN}
"""How coordinators are told of what is about no incident: of an alarm by each of these, of a notice by the first."""


def send_rank(rank: int, kind: Kind, *, again: bool = False, behind: bool = False) -> int:
    """The order of sending: by the incident's rank; then urgent and new, then repeats (`again`), then the rest.

    What is urgent and new goes one rank before its class, beside the rest of what is graver, unless it is of a drill or
    stays `behind` that of others.
    """
    if kind not in URGENT:
        return rank * CLASSES + 2
    if again or kind is Kind.REMINDER:
        return rank * CLASSES + 1
    return rank * CLASSES - (0 if behind or rank >= len(Severity) else 1)


FIRST_OF_DRILLS = len(Severity) * CLASSES
"""Every rank of a real incident is below this, and none of a drill's."""

FIELD = "field"
"""The recipient of a message to the phone that raised the incident, if it belongs to no team."""


def is_in_field(contact: str) -> bool:
    """Whether that name stands for a phone of the field, such as `team/member`; no tree has it, and none can bar it."""
    return contact == FIELD or "/" in contact


def is_repeat(rank: int) -> bool:
    return rank % CLASSES == 1


class AttemptStatus(StrEnum):
    """The status of an attempt; a late receipt may still turn a failure into a success."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"
    UNKNOWN = "unknown"
    CANCELLED = "cancelled"


UNSETTLED = frozenset({AttemptStatus.QUEUED, AttemptStatus.SENDING, AttemptStatus.UNKNOWN})
UNDER_WAY = UNSETTLED | {AttemptStatus.SENT}


class Failure(StrEnum):
    """Why an attempt failed, in our terms; the provider's code is stored beside it."""

    UNDELIVERED = "undelivered"
    INVALID = "invalid"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    NO_CODE = "no_code"
    BOUNCED = "bounced"
    OPTED_OUT = "opted_out"
    WRONG_PERSON = "wrong_person"
    EXPIRED = "expired"
    FILTERED = "filtered"
    OUR_ACCOUNT = "our_account"
    OUTCOME_UNKNOWN = "outcome_unknown"

    def stale_kinds(self, method: MethodKind) -> tuple[MethodKind, ...]:
        """The kinds of method for which the address is bad, so that no repeat uses it again."""
        if self is Failure.WRONG_PERSON:
            return ADDRESSED
        return (method,) if self in (Failure.INVALID, Failure.OPTED_OUT) else ()


class PromptKind(StrEnum):
    """The kinds of prompts; a prompt's notifications have the kind of the same name."""

    ALARM = "alarm"
    """Coordinators must take something on."""
    DECISION = "decision"
    """Coordinators must decide whether a level opens, or whether something is true."""
    TASK = "task"
    """Coordinators must call a contact that the program does not reach."""
    FIELD_STATUS = "field_status"
    """The phone that raised the incident is to hear how it goes."""


def methods_to_prompt(kind: PromptKind, contact: Contact) -> frozenset[MethodKind]:
    """The methods by which a coordinator is first asked or alarmed; later only ringing ones are used.

    A task is also written, so that its words can be copied. An alarm is also mailed to a contact with a key, since
    encrypted mail may contain what it asks to read.
    """
    is_written = kind is PromptKind.TASK or (kind is PromptKind.ALARM and contact.pgp is not None)
    return RINGING | WRITTEN if is_written else contact.rung_by


class PromptAnswer(StrEnum):
    """What ended a prompt, or put it off."""

    ACKNOWLEDGED = "acknowledged"
    """For an alarm: somebody took it on. For a task, as the next two: the contact's answer."""
    RELAYED = "relayed"
    DECLINED = "declined"
    GO = "go"
    HOLD = "hold"
    """It is asked again after a longer pause."""
    REFUSE = "refuse"
    TAKEN = "taken"
    """A coordinator is calling; meanwhile the others are not rung."""
    NO_ANSWER = "no_answer"
    WRONG_PERSON = "wrong_person"
    HOURS = "hours"
    """The contact of a task has closed; its `when_closed` methods take over."""
    OPENED = "opened"
    """For the alarm about a text, as the next two: it is an incident."""
    JOINED = "joined"
    SET_ASIDE = "set_aside"
    OVERTAKEN = "overtaken"
    """Nothing is left to decide or do."""
    REPEATED = "repeated"
    """A newer alarm says the same."""
    CLOSED = "closed"
    """The incident was closed; reopening asks again."""
    MERGED = "merged"
    """The incident was merged into another, which now acts for it; a split asks again."""
    NOBODY_YET = "nobody_yet"
    """The field was told that nobody has answered."""
    TOLD = "told"
    """The field was told that a coordinator has it."""
    SILENT = "silent"
    """The field must be left alone."""


DECISIONS = (PromptAnswer.GO, PromptAnswer.HOLD, PromptAnswer.REFUSE)
"""The possible answers to a decision."""
TEXT_DECISIONS = (PromptAnswer.OPENED, PromptAnswer.JOINED, PromptAnswer.SET_ASIDE)
"""The possible decisions on a text that came while no incident was open."""
CALL_FAILURES = (PromptAnswer.NO_ANSWER, PromptAnswer.WRONG_PERSON)
"""Why a call for a task failed."""


_STATUSES = frozenset(each.value for each in AttemptStatus)
_UNSETTLED = frozenset(each.value for each in UNSETTLED)
_FAILURES = frozenset({None, *(each.value for each in Failure)})
_METHODS = frozenset(each.value for each in MethodKind)
_KINDS = frozenset(each.value for each in Kind)
_PROMPTS = frozenset(each.value for each in PromptKind)
_ANSWERS = frozenset(each.value for each in PromptAnswer)
_QUEUED, _SENDING, _FAILED = AttemptStatus.QUEUED.value, AttemptStatus.SENDING.value, AttemptStatus.FAILED.value


def check_attempt(id: str, attempt: Mapping[Any, Any]) -> None:
    """Refuse (`must_hold`) an impossible attempt; without a due time it would be forgotten (A5)."""
    get = attempt.get
    status, due_at, lease, failure = get("status", ...), get("due_at", ...), get("lease", ...), get("failure", ...)
    must_hold(
        "attempt",
        (id,),
        (
            status is ... or status in _STATUSES or ("status", status, "the status of an attempt"),
            due_at is not None or status not in _UNSETTLED or ("due_at", due_at, f"a moment while {status}"),
            due_at is None or due_at is ... or is_moment(due_at) or ("due_at", due_at, MOMENT),
            lease is not None or status != _SENDING or ("lease", lease, "one while sending"),
            lease is None or lease is ... or status != _QUEUED or ("lease", lease, "none while queued"),
            failure is not None or status != _FAILED or ("failure", failure, "the reason why it failed"),
            failure is ... or failure in _FAILURES or ("failure", failure, "a reason"),
            get("method", "sms") in _METHODS or ("method", get("method"), "a method"),
            not get("is_alert") or get("incident_id") is not None or ("incident_id", None, "that of the alert"),
            get("checks", 0) >= 0 or ("checks", get("checks"), COUNT),
            get("delays", 0) >= 0 or ("delays", get("delays"), COUNT),
            get("wrong_keys", 0) >= 0 or ("wrong_keys", get("wrong_keys"), COUNT),
            _is_none_or_moment(get("created_at")) or ("created_at", get("created_at"), MOMENT),
            _is_none_or_moment(get("changed_at")) or ("changed_at", get("changed_at"), MOMENT),
        ),
    )


def check_notification(id: str, notification: Mapping[Any, Any]) -> None:
    """Refuse an impossible notification, likewise."""
    get = notification.get
    must_hold(
        "notification",
        (id,),
        (
            get("kind", "alert") in _KINDS or ("kind", get("kind"), "a kind of message"),
            get("method", "sms") in _METHODS or ("method", get("method"), "a method"),
            get("status", _QUEUED) in _STATUSES or ("status", get("status"), "the status of an attempt"),
            get("round", 0) >= 0 or ("round", get("round"), COUNT),
            _is_none_or_moment(get("planned_at")) or ("planned_at", get("planned_at"), MOMENT),
            _is_none_or_moment(get("expires_at")) or ("expires_at", get("expires_at"), MOMENT),
        ),
    )


def check_prompt(id: str, alarm: Mapping[Any, Any]) -> None:
    """Refuse an impossible prompt, likewise; an unanswered one needs a due time, or it would fall silent (A2)."""
    get = alarm.get
    level, contacts, due_at, answer = get("level"), get("contacts"), get("due_at", ...), get("answer", ...)
    must_hold(
        "alarm",
        (id,),
        (
            get("kind", "alarm") in _PROMPTS or ("kind", get("kind"), "alarm, decision, task or field_status"),
            get("asked", 0) >= 0 or ("asked", get("asked"), COUNT),
            level is None or level >= 0 or ("level", level, COUNT),
            contacts is None or contacts >= 0 or ("contacts", contacts, COUNT),
            answer is None or answer is ... or answer in _ANSWERS or ("answer", answer, "what ends a prompt"),
            due_at is not None or answer is not None or ("due_at", due_at, "a moment until it is answered"),
            due_at is None or due_at is ... or is_moment(due_at) or ("due_at", due_at, MOMENT),
            _is_none_or_moment(get("raised_at")) or ("raised_at", get("raised_at"), MOMENT),
            _is_none_or_moment(get("automatic_at")) or ("automatic_at", get("automatic_at"), MOMENT),
            _is_none_or_moment(get("answered_at")) or ("answered_at", get("answered_at"), MOMENT),
        ),
    )


def _is_none_or_moment(value: object) -> bool:
    return value is None or is_moment(value)
