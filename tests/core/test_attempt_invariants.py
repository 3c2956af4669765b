"""An attempt, a notification or an alarm that can't be is refused by the name of what is wrong (A2, A5, A11)."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from alertnet.core.errors import Inconsistent
from alertnet.core.notification import check_attempt, check_notification, check_prompt
from tests.core.cast import NOW

LONG_AGO = NOW.replace(year=1969)
ATTEMPT = {
    "status": "queued",
    "due_at": NOW,
    "lease": None,
    "failure": None,
    "method": "sms",
    "is_alert": True,
    "incident_id": "i1",
    "checks": 0,
    "delays": 0,
    "wrong_keys": 0,
    "created_at": NOW,
    "changed_at": NOW,
}
NOTIFICATION = {
    "kind": "alert",
    "method": "sms",
    "status": "queued",
    "round": 1,
    "planned_at": NOW,
    "expires_at": None,
}
ALARM = {
    "kind": "alarm",
    "asked": 1,
    "level": None,
    "contacts": None,
    "due_at": NOW,
    "answer": None,
    "raised_at": NOW,
    "automatic_at": None,
    "answered_at": None,
}
Check = Callable[[str, Mapping[Any, Any]], None]
SOUND: dict[str, tuple[Check, Mapping[str, Any]]] = {
    "attempt": (check_attempt, ATTEMPT),
    "notification": (check_notification, NOTIFICATION),
    "alarm": (check_prompt, ALARM),
}
BROKEN: list[tuple[str, str, Mapping[str, Any]]] = [
    ("attempt", "status", {"status": "lost"}),
    ("attempt", "due_at", {"due_at": None}),
    ("attempt", "due_at", {"due_at": LONG_AGO}),
    ("attempt", "lease", {"status": "sending"}),
    ("attempt", "lease", {"lease": "x"}),
    ("attempt", "failure", {"status": "failed", "due_at": None}),
    ("attempt", "failure", {"failure": "bad luck"}),
    ("attempt", "method", {"method": "fax"}),
    ("attempt", "incident_id", {"incident_id": None}),
    ("attempt", "checks", {"checks": -1}),
    ("attempt", "delays", {"delays": -1}),
    ("attempt", "wrong_keys", {"wrong_keys": -1}),
    ("attempt", "created_at", {"created_at": LONG_AGO}),
    ("attempt", "changed_at", {"changed_at": LONG_AGO}),
    ("notification", "kind", {"kind": "gossip"}),
    ("notification", "method", {"method": "fax"}),
    ("notification", "status", {"status": "lost"}),
    ("notification", "round", {"round": -1}),
    ("notification", "planned_at", {"planned_at": LONG_AGO}),
    ("notification", "expires_at", {"expires_at": LONG_AGO}),
    ("alarm", "kind", {"kind": "notice"}),
    ("alarm", "asked", {"asked": -1}),
    ("alarm", "level", {"level": -1}),
    ("alarm", "contacts", {"contacts": -1}),
    ("alarm", "due_at", {"due_at": None}),
    ("alarm", "due_at", {"due_at": LONG_AGO}),
    ("alarm", "raised_at", {"raised_at": LONG_AGO}),
    ("alarm", "automatic_at", {"automatic_at": LONG_AGO}),
    ("alarm", "answered_at", {"answered_at": LONG_AGO}),
]


@pytest.mark.parametrize(("thing", "field", "change"), BROKEN, ids=[f"{it[0]}.{it[1]}={it[2]}" for it in BROKEN])
def test_what_can_not_be_is_refused_by_name(thing: str, field: str, change: Mapping[str, Any]) -> None:
    """A11: the report says which row, which column, and what could have been there."""
    check, sound = SOUND[thing]

    with pytest.raises(Inconsistent) as refused:
        check("x1", {**sound, **change})

    assert (refused.value.thing, refused.value.id, refused.value.field) == (thing, "x1", field)
    assert refused.value.value == change.get(field)
    assert refused.value.allowed


@pytest.mark.parametrize("thing", SOUND)
def test_what_the_broken_ones_were_made_of_is_sound(thing: str) -> None:
    """A11: only what can't be is put aside; of what changes only that is asked."""
    check, sound = SOUND[thing]

    check("x1", sound)
    for name, value in sound.items():
        check("x1", {name: value} if name not in ("due_at", "is_alert") else {"due_at": NOW})


@pytest.mark.parametrize(
    "change",
    [
        {"status": "delivered", "due_at": None},
        {"due_at": None, "lease": None},
        {"due_at": NOW, "lease": "x"},
        {"status": "cancelled", "lease": "x", "failure": "undelivered"},
        {"status": "sent", "due_at": NOW, "lease": "x"},
    ],
    ids=str,
)
def test_an_attempt_at_rest_or_in_question_is_sound(change: Mapping[str, Any]) -> None:
    """A4, A5: what was cancelled on its way keeps its lease, and what is settled needs no due time."""
    check_attempt("x1", change)
    with pytest.raises(Inconsistent):
        check_attempt("x1", {**change, "checks": -1})
