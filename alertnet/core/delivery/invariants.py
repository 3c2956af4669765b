"""What holds of every notification, attempt and alarm that is kept: asked of all of it, or of what is to change.

Only what no flow can bring about is refused. A column that is not given is not asked for.
"""

from collections.abc import Mapping
from typing import Any

from alertnet.core.directory.contact import MethodKind
from alertnet.core.errors import is_moment, must_hold
from alertnet.core.notification import UNSETTLED, AttemptStatus, Failure, Kind, PromptAnswer, PromptKind

MOMENT = "a moment with its zone, 1970 to 2199"
COUNT = "0 or more"

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
            (status is ... or status in _STATUSES, "status", status, "the status of an attempt"),
            (due_at is not None or status not in _UNSETTLED, "due_at", due_at, f"a moment while {status}"),
            (due_at in (None, ...) or is_moment(due_at), "due_at", due_at, MOMENT),
            (lease is not None or status != _SENDING, "lease", lease, "one while sending"),
            (lease in (None, ...) or status != _QUEUED, "lease", lease, "none while queued"),
            (failure is not None or status != _FAILED, "failure", failure, "the reason why it failed"),
            (failure is ... or failure in _FAILURES, "failure", failure, "a reason"),
            (get("method", "sms") in _METHODS, "method", get("method"), "a method"),
            (not get("is_alert") or get("incident_id") is not None, "incident_id", None, "that of the alert"),
            (get("checks", 0) >= 0, "checks", get("checks"), COUNT),
            (get("delays", 0) >= 0, "delays", get("delays"), COUNT),
            (get("wrong_keys", 0) >= 0, "wrong_keys", get("wrong_keys"), COUNT),
            (_is_none_or_moment(get("created_at")), "created_at", get("created_at"), MOMENT),
            (_is_none_or_moment(get("changed_at")), "changed_at", get("changed_at"), MOMENT),
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
            (get("kind", "alert") in _KINDS, "kind", get("kind"), "a kind of message"),
            (get("method", "sms") in _METHODS, "method", get("method"), "a method"),
            (get("status", _QUEUED) in _STATUSES, "status", get("status"), "the status of an attempt"),
            (get("round", 0) >= 0, "round", get("round"), COUNT),
            (_is_none_or_moment(get("planned_at")), "planned_at", get("planned_at"), MOMENT),
            (_is_none_or_moment(get("expires_at")), "expires_at", get("expires_at"), MOMENT),
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
            (get("kind", "alarm") in _PROMPTS, "kind", get("kind"), "alarm, decision, task or field_status"),
            (get("asked", 0) >= 0, "asked", get("asked"), COUNT),
            (level is None or level >= 0, "level", level, COUNT),
            (contacts is None or contacts >= 0, "contacts", contacts, COUNT),
            (answer in (None, ...) or answer in _ANSWERS, "answer", answer, "what ends a prompt"),
            (due_at is not None or answer is not None, "due_at", due_at, "a moment until it is answered"),
            (due_at in (None, ...) or is_moment(due_at), "due_at", due_at, MOMENT),
            (_is_none_or_moment(get("raised_at")), "raised_at", get("raised_at"), MOMENT),
            (_is_none_or_moment(get("automatic_at")), "automatic_at", get("automatic_at"), MOMENT),
            (_is_none_or_moment(get("answered_at")), "answered_at", get("answered_at"), MOMENT),
        ),
    )


def _is_none_or_moment(value: object) -> bool:
    """Whether it is none, or can be a moment of ours."""
    return value is None or is_moment(value)
