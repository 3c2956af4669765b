"""What is sent to whom and how it fares: kinds, prompts and answers, the life of an attempt, and what holds of each.

The checks refuse only what no flow can bring about. A column that is not given is not asked for.
"""

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Any

from alertnet.core.directory.contact import RINGING, WRITTEN, Contact, MethodKind
from alertnet.core.errors import COUNT, MOMENT, is_moment, must_hold


class Kind(StrEnum):
    """Why a message is sent. Only alerts and reminders are alerts: the rest may leave after an acknowledgement."""

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
    """A number or address is tried before the night."""

    @property
    def is_alert(self) -> bool:
        """Whether an acknowledgement or a stop cancels it (A4)."""
        return self in ALERTS


RINGS_FOR = timedelta(seconds=30)
"""After this a call that nobody picks up has failed: about six rings, and most voicemails take over before."""

ALERTS = frozenset({Kind.ALERT, Kind.REMINDER})
"""What tells contacts of an incident."""

ASKING = frozenset({Kind.DECISION, Kind.ALARM, Kind.TASK})
"""What is asked of coordinators until one of them answers."""

URGENT = ALERTS | ASKING
"""What rings, or wants an answer."""

CLASSES = 3
"""How many ranks each severity has, of what is real and of drills."""


def send_rank(rank: int, kind: Kind, *, again: bool = False) -> int:
    """The order in which a message is sent: by its incident's rank; then urgent and new, `again`, and the rest."""
    if kind not in URGENT:
        return rank * CLASSES + 2
    return rank * CLASSES + (1 if again or kind is Kind.REMINDER else 0)


FIELD = "field"
"""Whom a message is for that goes to the phone that raised the incident, where that is no team's."""


def is_in_field(contact: str) -> bool:
    """Whether that name stands for a phone of the field, as `team/member` does: no tree has it, and none can bar it."""
    return contact == FIELD or "/" in contact


def is_repeat(rank: int) -> bool:
    """Whether a message of that rank was said before."""
    return rank % CLASSES == 1


class AttemptStatus(StrEnum):
    """The life of one attempt; a late receipt may still better a failure."""

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
    """Why an attempt failed, in our words; the provider's code stands beside it."""

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

    @property
    def is_stale(self) -> bool:
        """Whether the address itself is bad, so that no repeat uses it again."""
        return self in (Failure.INVALID, Failure.OPTED_OUT, Failure.WRONG_PERSON)


class PromptKind(StrEnum):
    """What a prompt is; its notifications have the kind of the same name."""

    ALARM = "alarm"
    """Coordinators are to take something on."""
    DECISION = "decision"
    """Coordinators are to say whether a level opens, or whether something is true."""
    TASK = "task"
    """Coordinators are to call a contact that no machine reaches."""
    FIELD_STATUS = "field_status"
    """The phone that raised the incident is to hear how it fares."""


def methods_to_prompt(kind: PromptKind, contact: Contact) -> frozenset[MethodKind]:
    """The methods by which a coordinator is asked or alarmed the first time: later it is only rung.

    A task is written too, for its words to be copied; so is an alarm to whoever has a key: encrypted mail carries what
    it asks to read.
    """
    is_written = kind is PromptKind.TASK or (kind is PromptKind.ALARM and contact.pgp is not None)
    return RINGING | WRITTEN if is_written else contact.rung_by


class PromptAnswer(StrEnum):
    """What ended a prompt, or put it off."""

    ACKNOWLEDGED = "acknowledged"
    """Of an alarm: somebody has it. Of a task, as the next two: what the contact said."""
    RELAYED = "relayed"
    DECLINED = "declined"
    GO = "go"
    HOLD = "hold"
    """It is asked again, after a longer pause."""
    REFUSE = "refuse"
    TAKEN = "taken"
    """A coordinator is calling: the others are left in peace meanwhile."""
    NO_ANSWER = "no_answer"
    WRONG_PERSON = "wrong_person"
    HOURS = "hours"
    """The contact of a task has closed: its methods for that take over."""
    OPENED = "opened"
    """Of the alarm for a text, as the next two: it is an incident."""
    JOINED = "joined"
    SET_ASIDE = "set_aside"
    OVERTAKEN = "overtaken"
    """There is nothing left to decide or to do."""
    REPEATED = "repeated"
    """A newer alarm says the same."""
    CLOSED = "closed"
    """The incident was closed over it; a reopening asks anew."""
    MERGED = "merged"
    """The incident acts no more for itself: the one that it was merged into does; a split asks anew."""
    NOBODY_YET = "nobody_yet"
    """The field was told that nobody has answered."""
    TOLD = "told"
    """The field was told that a coordinator has it."""
    SILENT = "silent"
    """The field is to be left alone."""


DECISIONS = (PromptAnswer.GO, PromptAnswer.HOLD, PromptAnswer.REFUSE)
"""What can be said to a decision."""
TEXT_DECISIONS = (PromptAnswer.OPENED, PromptAnswer.JOINED, PromptAnswer.SET_ASIDE)
"""What can be decided on a text that came while no incident was open."""
CALL_FAILURES = (PromptAnswer.NO_ANSWER, PromptAnswer.WRONG_PERSON)
"""Why a call came to nothing that a task asked for."""


_STATUSES = frozenset(each.value for each in AttemptStatus)
_UNSETTLED = frozenset(each.value for each in UNSETTLED)
_FAILURES = frozenset({None, *(each.value for each in Failure)})
_METHODS = frozenset(each.value for each in MethodKind)
_KINDS = frozenset(each.value for each in Kind)
_PROMPTS = frozenset(each.value for each in PromptKind)
_ANSWERS = frozenset(each.value for each in PromptAnswer)
_QUEUED, _SENDING, _FAILED = AttemptStatus.QUEUED.value, AttemptStatus.SENDING.value, AttemptStatus.FAILED.value


def check_attempt(id: str, attempt: Mapping[Any, Any]) -> None:
    """Refuse what can't become of an attempt: without a due time it would be forgotten (A5).

    Raises:
        Inconsistent: says which column, what it is, and what is allowed.
    """
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
    """Refuse what can't be said to anybody.

    Raises:
        Inconsistent: says which column, what it is, and what is allowed.
    """
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
    """Refuse what coordinators can't be asked: unanswered it has a due time, or it would fall silent (A2).

    Raises:
        Inconsistent: says which column, what it is, and what is allowed.
    """
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
    """Whether it is none, or can be a moment of ours."""
    return value is None or is_moment(value)
