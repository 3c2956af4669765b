"""What is sent to whom and how it fares: kinds, prompts and their answers, the life of an attempt, provider answers."""

from enum import StrEnum

from alertnet.core.incident import Severity


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

    @property
    def is_alert(self) -> bool:
        """Whether an acknowledgement or a stop cancels it (A4)."""
        return self in (Kind.ALERT, Kind.REMINDER)


URGENT = frozenset({Kind.ALERT, Kind.REMINDER, Kind.DECISION, Kind.ALARM, Kind.TASK})
"""What rings, or wants an answer."""

CLASSES = 3
"""How many ranks each severity has."""


def send_rank(severity: Severity, kind: Kind, *, again: bool = False) -> int:
    """The order in which a message is sent: by severity; then what is urgent and new, what is `again`, and the rest."""
    if kind not in URGENT:
        return severity.rank * CLASSES + 2
    return severity.rank * CLASSES + (1 if again or kind is Kind.REMINDER else 0)


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
    OVERTAKEN = "overtaken"
    """There is nothing left to decide or to do."""
    REPEATED = "repeated"
    """A newer alarm says the same."""
    CLOSED = "closed"
    """The incident was closed over it; a reopening asks anew."""
    NOBODY_YET = "nobody_yet"
    """The field was told that nobody has answered."""
    TOLD = "told"
    """The field was told that a coordinator has it."""
    SILENT = "silent"
    """The field is to be left alone."""


DECISIONS = (PromptAnswer.GO, PromptAnswer.HOLD, PromptAnswer.REFUSE)
"""What can be said to a decision."""
CALL_FAILURES = (PromptAnswer.NO_ANSWER, PromptAnswer.WRONG_PERSON)
"""Why a call came to nothing that a task asked for."""
