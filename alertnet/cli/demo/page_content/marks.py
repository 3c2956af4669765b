"""Marks that show the state of each contact, level and tree in an incident."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta, tzinfo

from alertnet.cli.demo.page_content.names import PartyNames, ring_key
from alertnet.core.directory.contact_tree import ContactTree, Network
from alertnet.core.escalation.state import AT_REST, LevelStatus, Status
from alertnet.core.forecast.simulation import Noted
from alertnet.core.incident import Tone
from alertnet.core.notification import ALERTS
from alertnet.flows.desk.names import REASONS
from alertnet.flows.unit.locked_incident import LockedIncident
from alertnet.sandbox.page import Mark
from alertnet.store.records.escalations import Escalation
from alertnet.store.views.shapes import IncidentView

ANSWERS = {
    "received": Mark(Tone.TOLD, "heard the call"),
    "acknowledged": Mark(Tone.ANSWERED, "takes charge"),
    "relayed": Mark(Tone.ANSWERED, "passed it on"),
    "declined": Mark(Tone.TROUBLE, "can’t act"),
}
NOT_VERIFIED = Mark(Tone.ASKED, "waits: is it true?")
TREES = {
    Status.SCHEDULED: Mark(Tone.QUIET, "begins later"),
    Status.WAITING_FOR_GO: Mark(Tone.ASKED, "waits for a coordinator"),
    Status.RUNNING: Mark(Tone.ALARM, "nobody has answered yet"),
    Status.ACKNOWLEDGED: Mark(Tone.ANSWERED, "acknowledged"),
    Status.UNANSWERED: Mark(Tone.ALARM, "nobody answered: round again"),
    Status.STOPPED: Mark(Tone.QUIET, "stopped"),
}


def mark_contacts(view: IncidentView, names: PartyNames) -> dict[str, Mark]:
    """Marks by party: told, answered, not reached or left out."""
    marks: dict[str, Mark] = {}
    for pruned in view["pruned"]:
        _put(
            marks, names, pruned["tree"], pruned["contact"], Mark(Tone.QUIET, f"left out: {REASONS[pruned['reason']]}")
        )
    for each in view["notifications"]:
        if each["tree"] and each["kind"] in ALERTS:
            failed = each["status"] == "failed"
            mark = Mark(Tone.TROUBLE, "not reached") if failed else Mark(Tone.TOLD, "told")
            if not failed or names.party(each["tree"], each["contact"]) not in marks:
                _put(marks, names, each["tree"], each["contact"], mark)
    # An answer outranks having listened, which may be of the same moment.
    for answer in sorted(view["acknowledgements"], key=lambda each: each["kind"] != "received"):
        if answer["revoked_at"] is None:
            _put(marks, names, answer["tree"], answer["contact"], ANSWERS[answer["kind"]])
    return marks


def mark_trees(locked: LockedIncident, names: PartyNames) -> tuple[Mark, ...]:
    """A mark for each tree with an escalation, and for those that told nobody."""
    marks = [(names.tree(tree), _of_tree(locked.escalation_of(tree))) for tree in sorted(locked.plans)]
    return tuple(Mark(mark.tone, f"{title}: {mark.text}") for title, mark in marks)


def mark_levels(locked: LockedIncident, foretold: Sequence[Noted], zone: tzinfo) -> dict[str, Mark]:
    """Marks by ring (level): open, answered, waiting, left out, or when it will open."""
    marks: dict[str, Mark] = {}
    for tree, plan in locked.plans.items():
        escalation = locked.escalation_of(tree)
        opens, asks = (dict(_noted(foretold, tree, kind)) for kind in ("level_opened", "go_asked"))
        for planned in plan.levels:
            told = escalation is not None and planned.contacts
            mark = _of_level(escalation, planned.index) if escalation and told else Mark(Tone.QUIET, "left out")
            if mark is None and planned.level.name in asks:
                mark = Mark(Tone.ASKED, f"at {asks[planned.level.name].astimezone(zone):%H:%M} a go is asked for")
            elif mark is None and planned.level.name in opens:
                mark = Mark(Tone.QUIET, f"at {opens[planned.level.name].astimezone(zone):%H:%M}, if nobody answers")
            marks[ring_key(tree, planned.index)] = mark or _later(locked, escalation)
    return marks


def mark_plan(network: Network) -> dict[str, Mark]:
    """Marks by ring without an incident: when each level would open."""
    return {key: mark for tree in network.trees.values() for key, mark in _planned(tree)}


def _planned(tree: ContactTree) -> Iterator[tuple[str, Mark]]:
    for index, at in enumerate(tree.level_starts[:-1]):
        minutes = at // timedelta(minutes=1)
        yield ring_key(tree.id, index), Mark(Tone.QUIET, f"after {minutes} min" if minutes else "at once")


def _of_tree(escalation: Escalation | None) -> Mark:
    if escalation is None:
        return Mark(Tone.QUIET, "tells nobody")
    state = escalation.state
    if state.status is Status.RUNNING and any(run.status is LevelStatus.MET for run in state.runs):
        return Mark(Tone.TOLD, "answered so far, and goes on")
    return TREES[state.status]


def _of_level(escalation: Escalation, index: int) -> Mark | None:
    state = escalation.state
    run = next((each for each in state.runs if each.index == index), None)
    if state.question is not None and state.question.index == index:
        return Mark(Tone.ASKED, "waits for a go")
    if state.unverified_index == index and run is None:
        return NOT_VERIFIED
    if run is None:
        return None
    if run.status is LevelStatus.MET:
        return Mark(Tone.ANSWERED, "answered")
    return Mark(Tone.QUIET, "was told") if state.status in AT_REST else Mark(Tone.ALARM, "told, no answer yet")


def _later(locked: LockedIncident, escalation: Escalation | None) -> Mark:
    if escalation is None or not locked.is_open or escalation.state.status is Status.ACKNOWLEDGED:
        return Mark(Tone.QUIET, "not needed")
    return Mark(Tone.QUIET, "later") if locked.facts.verified else NOT_VERIFIED


def _noted(foretold: Sequence[Noted], tree: str, kind: str) -> Iterator[tuple[str, datetime]]:
    """The levels in entries of that kind; each level's earliest moment comes last."""
    for note in reversed(foretold):
        if note.tree == tree and note.kind == kind:
            yield str(note.payload["level"]), note.at


def _put(marks: dict[str, Mark], names: PartyNames, tree: str, contact: str, mark: Mark) -> None:
    party = names.party(tree, contact)
    if party is not None:
        marks[party] = mark
