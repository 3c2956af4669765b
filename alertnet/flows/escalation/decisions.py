"""Coordinators' decisions as the history has them: on a level, on the incident or an answer, on all that comes next."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from alertnet.core.codec import from_plain, value
from alertnet.core.disclosure import Subject
from alertnet.core.errors import WrongState
from alertnet.core.escalation.state import Event, ToldMore, Undecided
from alertnet.core.notification import PromptAnswer
from alertnet.flows.unit.locked_incident import LockedIncident
from alertnet.store.db.session import Session
from alertnet.store.records import timeline
from alertnet.store.views import timeline_view

DECIDED, REOPENED = "decision", "incident_reopened"
USER = "user "
"""Precedes the name of a console user in fields that say who did something."""


@value
class Decision:
    """One decision, as it is recorded: on a level of a tree, or on that subject; without both, on all that comes next.

    `by`: who decided; on all that comes next, a contact of that tree. `heard_at`: when it was said.
    """

    decision: PromptAnswer
    heard_at: datetime
    by: str = ""
    tree: str = ""
    level: str | None = None
    subject: str | None = None

    @property
    def is_of_rest(self) -> bool:
        """Whether it is about all that comes next, wherever the answer of its giver counts."""
        return self.level is None and self.subject is None

    def counted_in(self, locked: LockedIncident) -> set[tuple[str, str]]:
        """(tree, contact) of its giver, wherever a decision on all that comes next counts."""
        return locked.recipient(self.tree, self.by).names


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

    Raises:
        WrongState: names what was decided, and by whom.
    """
    for each in _since(locked, DECIDED, seen, by) if level is not None else ():
        if (each.get("tree"), each.get("level")) == (tree, level) and each["decision"] != decision:
            decided, name = each["decision"], each["by"].removeprefix(USER)
            raise WrongState(
                f"level {level}", f"{decided} by {name}", "somebody was faster: look at it before you decide"
            )


def must_have_seen_reopening(locked: LockedIncident, seen: int, by: str) -> None:
    """Refuse to close what somebody else has reopened since the page was made.

    Raises:
        WrongState: it is open again.
    """
    if _since(locked, REOPENED, seen, by):
        raise WrongState(f"incident {locked.incident.ref}", "open again", "look at it before you close it")


def _since(locked: LockedIncident, kind: str, seen: int, by: str) -> list[dict[str, Any]]:
    """What the history has of that kind after that entry, by others."""
    entries, _ = timeline_view.entries(locked.tx.session, locked.incident.id, seen, None)
    found = [each["payload"] or {} for each in entries if each["kind"] == kind]
    return [payload for payload in found if payload.get("by") != by]


def holders(locked: LockedIncident) -> dict[str, set[tuple[str, str]]]:
    """By tree, the (tree, contact) of those who have held all that comes next since it was last let go on."""
    holding: dict[str, set[tuple[str, str]]] = {}
    for each in decisions_of(locked.tx.session, locked.incident.every_id):
        if each.is_of_rest:
            for tree, _ in each.counted_in(locked):
                is_hold = each.decision is PromptAnswer.HOLD
                holding[tree] = {*holding.get(tree, ()), (each.tree, each.by)} if is_hold else set()
        elif each.level is not None and each.decision is PromptAnswer.GO:
            holding[each.tree] = set()
    return holding


def kept_back_by(locked: LockedIncident, involved: set[tuple[str, str]]) -> list[Decision]:
    """What those coordinators, (tree, contact), have held, put off or refused, as far as it holds.

    Of all that comes next it is known which tree's coordinator holds it; of a level or question only by what name.
    """
    # The latest decision of each thing is the one that holds.
    decided = decisions_of(locked.tx.session, locked.incident.every_id)
    latest = {(each.subject, each.tree, each.level): each for each in decided}
    names = {id for _, id in involved}
    theirs = [each for each in latest.values() if each.by in names and each.decision is not PromptAnswer.GO]
    return [each for each in theirs if not each.is_of_rest or each.counted_in(locked) & involved]


def undone(locked: LockedIncident, tree: str, decisions: Sequence[Decision]) -> Iterator[Event]:
    """What happens to an escalation when these decisions hold no longer."""
    levels = {planned.level.name: planned.index for planned in locked.plans[tree].levels}
    for each in decisions:
        if each.subject == Subject.VERIFY:
            yield ToldMore()
        elif each.level in levels and each.tree == tree:
            yield Undecided(levels[each.level])
        elif each.is_of_rest and tree in dict(each.counted_in(locked)):
            yield Undecided()
