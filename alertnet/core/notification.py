"""Notifications, prompts and attempts: their kinds, answers and statuses."""

from datetime import timedelta
from enum import StrEnum

from alertnet.core.directory.contact import RINGING, WRITTEN, Contact, MethodKind
from alertnet.core.directory.usable_methods import ADDRESSED
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
