"""Draws an incident's timeline: who was told and answered when, and in grey what comes if nobody acts."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

from alertnet.core.incident import Tone
from alertnet.flows.desk.chronicle import ROUTINE, Payload, sentence_of
from alertnet.flows.desk.names import MESSAGES, METHODS, Names
from alertnet.messages.drawings.time_axis import Mark, TimeAxis
from alertnet.store.views.timeline_view import Entry

METHOD_SIGNS = {"sms": "S", "call": "C", "email": "M", "task": "T"}
SIGNS = {
    "incident_opened": "!",
    "incident_reopened": "!",
    "incident_closed": "■",
    "level_opened": "▸",
    "escalation_unanswered": "!",
    "go_asked": "?",
    "decision_raised": "?",
    "alarm_raised": "!",
    "task_raised": "?",
    "decision": "→",
    "updated": "i",
    "report_received": "…",
    "withdrawal_asked": "…",
    "sms_received": "…",
    "mail_received": "…",
    "attempt_failed": "✗",
    "received": "~",
    "acknowledged": "✓",
    "relayed": ">",
    "declined": "–",
    "acknowledgement_revoked": "✗",
    "wrong_person": "✗",
    "action_reported": "★",
}
"""The signs of timeline entries besides messages; entries not listed here are not drawn."""
BY_SOMEBODY = frozenset({"report_received", "withdrawal_asked", "sms_received", "mail_received"})
ANSWERS = frozenset({"received", "acknowledged", "relayed", "declined", "action_reported"})
LEGEND = (
    "S SMS, C call, M mail, T task; in squares answers: ✓ takes charge, > passed on, – can’t act, ★ has acted; "
    "✗ not reached; pale: what comes if nobody answers"
)
MOST_COLUMNS = 60

When = Callable[[datetime], str]
"""Formats a moment as it is written below the picture."""


def draw(past: Iterable[Entry], ahead: Iterable[Entry], names: Names, zone: str, **size: int) -> TimeAxis:
    """The picture of those entries."""
    ref, say, when = names.locked.incident.ref, names.say, partial(names.clock, zone=ZoneInfo(zone))
    marks = [*_marks(past, names, when, planned=False), *_marks(ahead, names, when, planned=True)]
    title = f"{ref}: {say('who was told and answered when')}"
    return TimeAxis(title, say(LEGEND), marks, when, say("now"), **{"most": MOST_COLUMNS, **size})


def _marks(entries: Iterable[Entry], names: Names, when: When, *, planned: bool) -> Iterator[Mark]:
    for entry in entries:
        kind, payload, at = entry.kind, entry.payload, entry.at
        if kind == "attempt_sent" and payload.get("message") not in ROUTINE:
            method, message = str(payload.get("method")), str(payload.get("message"))
            sign, answers, tone = METHOD_SIGNS.get(method, "S"), False, Tone.TOLD
            said = f"{names.say(MESSAGES.get(message, message))}, {names.say(METHODS.get(method, method))}"
        elif kind in SIGNS:
            tone, said, _ = sentence_of(kind)(payload, names)
            sign, answers = SIGNS[kind], kind in ANSWERS
        else:
            continue
        row = _row(kind, payload, names)
        yield Mark(at, row, sign, tone.value, f"{when(at)} {row}: {said}", answers, planned)


def _row(kind: str, payload: Payload, names: Names) -> str:
    if payload.get("contact"):
        return names.contact(payload.get("tree"), str(payload["contact"]))
    if kind in BY_SOMEBODY and payload.get("by"):
        return names.contact(None, str(payload["by"]))
    return names.say("The incident")
