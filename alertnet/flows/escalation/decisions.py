"""Reads coordinators' decisions from the history, and refuses one that did not know of another's."""

from collections.abc import Iterable
from typing import Any

from alertnet.core.codec import from_plain
from alertnet.core.errors import WrongState
from alertnet.core.escalation.decisions import Decision
from alertnet.core.notification import PromptAnswer
from alertnet.flows.unit.locked_incident import LockedIncident
from alertnet.store.db.session import Session
from alertnet.store.records import timeline
from alertnet.store.views import timeline_view

DECIDED, REOPENED = "decision", "incident_reopened"
USER = "user "
"""Precedes the name of a console user in fields that say who did something."""


def decisions_of(session: Session, ids: Iterable[str]) -> list[Decision]:
    """The decisions on those incidents, oldest first, without erased ones."""
    found = [each for id in ids for each in timeline.of_kind(session, id, DECIDED)]
    known = [(at, payload) for at, payload in sorted(found, key=lambda each: each[0]) if payload]
    return [from_plain(Decision, {"heard_at": at.isoformat(), **payload}) for at, payload in known]


def must_have_seen(
    locked: LockedIncident, seen: int, by: str, decision: PromptAnswer, tree: str | None, level: str | None
) -> None:
    """Refuse a decision on a level that somebody else has decided otherwise since the page was made.

    `seen`: the last entry of the history that the page knew of.
    """
    for each in _since(locked, DECIDED, seen, by) if level is not None else ():
        if (each.get("tree"), each.get("level")) == (tree, level) and each["decision"] != decision:
            decided, name = each["decision"], each["by"].removeprefix(USER)
            raise WrongState(
                f"level {level}", f"{decided} by {name}", "somebody was faster: look at it before you decide"
            )


def must_have_seen_reopening(locked: LockedIncident, seen: int, by: str) -> None:
    """Refuse to close what somebody else has reopened since the page was made."""
    if _since(locked, REOPENED, seen, by):
        raise WrongState(f"incident {locked.incident.ref}", "open again", "look at it before you close it")


def _since(locked: LockedIncident, kind: str, seen: int, by: str) -> list[dict[str, Any]]:
    """What the history has of that kind after that entry, by others."""
    entries, _ = timeline_view.entries(locked.tx.session, locked.incident.id, seen, None)
    found = [each["payload"] or {} for each in entries if each["kind"] == kind]
    return [payload for payload in found if payload.get("by") != by]
