"""What can't be is refused by name, and what any story brings about is not (A2, A11)."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given

from alertnet.core.directory.contact_tree import ContactTree
from alertnet.core.errors import Inconsistent, put_down
from alertnet.core.escalation.advance import advance, stop
from alertnet.core.escalation.invariants import check_escalation
from alertnet.core.escalation.state import (
    ContactProgress,
    LevelRun,
    LevelStatus,
    MethodUse,
    OpenDecision,
    Pause,
    Replanned,
    State,
    Status,
)
from alertnet.core.replan.state_migration import migrate_state
from alertnet.core.replan.tree_migration import retire, succeed
from alertnet.core.resolution.resolve import resolve
from tests.core.cast import NOW, minutes
from tests.core.playback import Playback
from tests.core.strategies import TREES, Story, named, stories

WITHOUT_ZONE = NOW.replace(tzinfo=None)
LONG_AGO = NOW.replace(year=1969)
PROGRESS = ContactProgress("ana", NOW, True, uses=(MethodUse(0, NOW),), stands_for=("desk",))
RUN = LevelRun(0, 1, NOW, NOW + minutes(10), (PROGRESS, ContactProgress("desk", NOW, True)))
RUNNING = State(Status.RUNNING, NOW, passed=0, onward_from=NOW, runs=(RUN,))
ASKED = replace(RUNNING, status=Status.WAITING_FOR_GO, question=OpenDecision(1, NOW, NOW + minutes(20)))
ACKNOWLEDGED = replace(RUNNING, status=Status.ACKNOWLEDGED, met_index=0, action_due_at=NOW + minutes(60))
STOPPED = stop(RUNNING, NOW)
SOUND = {"running": RUNNING, "asked": ASKED, "acknowledged": ACKNOWLEDGED}


def of_run(**values: Any) -> State:
    return replace(RUNNING, runs=(replace(RUN, **values),))


def of_progress(**values: Any) -> State:
    return of_run(turns=(replace(PROGRESS, **values),))


def of_question(**values: Any) -> State:
    assert ASKED.question is not None
    return replace(ASKED, question=replace(ASKED.question, **values))


def running(**values: Any) -> State:
    return replace(RUNNING, **values)


BROKEN: list[tuple[str, State, Any]] = [
    ("status", running(status="running"), "running"),
    ("round", running(round=0, runs=()), 0),
    ("start_at", running(start_at=WITHOUT_ZONE), WITHOUT_ZONE),
    ("onward_from", running(onward_from=LONG_AGO), LONG_AGO),
    ("told_more_at", running(told_more_at=WITHOUT_ZONE), WITHOUT_ZONE),
    ("round_due_at", running(round_due_at=WITHOUT_ZONE), WITHOUT_ZONE),
    ("round_due_at", replace(ACKNOWLEDGED, round_due_at=NOW), NOW),
    ("action_due_at", replace(ACKNOWLEDGED, action_due_at=LONG_AGO), LONG_AGO),
    ("action_due_at", running(action_due_at=NOW), NOW),
    ("met_index", replace(ACKNOWLEDGED, met_index=None), None),
    ("met_index", replace(ACKNOWLEDGED, met_index=-2), -2),
    ("missed_index", running(missed_index=-2), -2),
    ("unverified_since", replace(ASKED, question=None, unverified_since=LONG_AGO), LONG_AGO),
    ("unverified_since", running(unverified_since=NOW), NOW),
    ("unverified_index", replace(ASKED, question=None, unverified_index=-1), -1),
    ("question", replace(ASKED, status=Status.RUNNING), "asked"),
    ("stopped_at", replace(STOPPED, stopped_at=WITHOUT_ZONE), WITHOUT_ZONE),
    ("stopped_at", running(stopped_at=NOW), NOW),
    ("stopped_from", running(stopped_from=Status.SCHEDULED), Status.SCHEDULED),
    ("stopped_from", replace(STOPPED, stopped_from=Status.STOPPED), Status.STOPPED),
    ("runs", running(runs=(RUN, RUN)), [0, 0]),
    ("passed", running(passed=-2), -2),
    ("goes", running(goes=(0, -1)), (0, -1)),
    ("refused", running(refused=(-1,)), (-1,)),
    ("held", running(held=(-1,)), (-1,)),
    ("overdue", running(overdue=(-1,)), (-1,)),
    ("question.index", of_question(index=-1), -1),
    ("question.asked_at", of_question(asked_at=LONG_AGO), LONG_AGO),
    ("question.automatic_at", of_question(automatic_at=WITHOUT_ZONE), WITHOUT_ZONE),
    ("question.automatic_at", of_question(automatic_at=NOW - minutes(1)), NOW - minutes(1)),
    ("runs.-2.index", of_run(index=-2), -2),
    ("runs.0.round", of_run(round=2), 2),
    ("runs.0.opened_at", of_run(opened_at=WITHOUT_ZONE), WITHOUT_ZONE),
    ("runs.0.ends_at", of_run(ends_at=LONG_AGO), LONG_AGO),
    ("runs.0.status", of_run(status="shut"), "shut"),
    ("runs.0.met_at", of_run(status=LevelStatus.MET, met_at=LONG_AGO), LONG_AGO),
    ("runs.0.met_at", of_run(met_at=NOW), NOW),
    ("runs.0.turns", of_run(turns=(PROGRESS, PROGRESS)), ["ana", "ana"]),
    ("runs.0.turns..contact", of_progress(contact=""), ""),
    ("runs.0.turns.ana.starts_at", of_progress(starts_at=WITHOUT_ZONE), WITHOUT_ZONE),
    ("runs.0.turns.ana.repeats", of_progress(repeats=-1), -1),
    ("runs.0.turns.ana.pauses", of_progress(pauses=(Pause("+1", NOW), Pause("+1", NOW))), ["+1", "+1"]),
    ("runs.0.turns.ana.pauses", of_progress(pauses=(Pause("+1", LONG_AGO),)), [LONG_AGO]),
    ("runs.0.turns.ana.uses", of_progress(uses=(MethodUse(-1, NOW),)), [-1]),
    ("runs.0.turns.ana.uses", of_progress(uses=(MethodUse(0, LONG_AGO),)), [LONG_AGO]),
    ("runs.0.turns.ana.failed", of_progress(failed=(-1,)), (-1,)),
    ("runs.0.turns.ana.handed_over", of_progress(handed_over=(-1,)), (-1,)),
    ("runs.0.turns.ana.skipped", of_progress(skipped=(-1,)), (-1,)),
    ("runs.0.turns.ana.stands_for", of_progress(stands_for=("ana",)), ("ana",)),
    ("runs.0.turns.ana.closed_from", of_progress(closed_from=WITHOUT_ZONE), WITHOUT_ZONE),
    ("runs.0.turns.ana.edited_at", of_progress(edited_at=LONG_AGO), LONG_AGO),
]


@pytest.mark.parametrize(("field", "state", "value"), BROKEN, ids=[f"{name}={value}" for name, _, value in BROKEN])
def test_a_state_that_can_not_be_is_refused_by_the_name_of_what_is_wrong(field: str, state: State, value: Any) -> None:
    """A11: what is put aside is reported so that somebody can mend it."""
    due_at = None if state.status is Status.STOPPED else NOW
    if field == "status":
        with pytest.raises(Inconsistent, match="escalation e1: state"):
            check_escalation("e1", state, due_at)
        return

    with pytest.raises(Inconsistent) as refused:
        check_escalation("e1", state, due_at)

    fault = refused.value
    assert (fault.thing, fault.id, fault.field, fault.value) == ("escalation", "e1", f"state.{field}", value)
    assert put_down(fault) == f"escalation e1: state.{field} is {value!r} (allowed: {fault.allowed})"


@pytest.mark.parametrize(
    ("state", "due_at"),
    [(RUNNING, None), (ACKNOWLEDGED, None), (STOPPED, NOW), (RUNNING, WITHOUT_ZONE), (RUNNING, LONG_AGO)],
    ids=["none while running", "none while an action is due", "one once stopped", "without a zone", "long ago"],
)
def test_a_due_time_that_does_not_go_with_its_state_is_refused(state: State, due_at: datetime | None) -> None:
    """A2: what goes on has a due time, and what is stopped none."""
    with pytest.raises(Inconsistent, match="escalation e1: due_at is "):
        check_escalation("e1", state, due_at)


@pytest.mark.parametrize("state", SOUND.values(), ids=SOUND)
def test_what_the_broken_ones_were_made_of_is_sound(state: State) -> None:
    """A11: only what can't be is put aside."""
    check_escalation("e1", state, NOW)
    check_escalation("e1", stop(state, NOW), None)


def test_a_field_of_another_type_is_refused() -> None:
    """A11: a row can hold anything."""
    with pytest.raises(Inconsistent, match=r"escalation e1: state is 'TypeError'"):
        check_escalation("e1", running(round="two"), NOW)


def test_of_other_faults_only_the_name_is_put_down() -> None:
    """A9: their text may hold a number or words."""
    assert put_down(ValueError("+573005550101")) == "ValueError"


@given(stories())
def test_whatever_happens_in_a_story_is_sound(story: Story) -> None:
    """A2, A11: a false alarm here would cost a true one."""
    played = Playback(story).at_due_times()
    assert played.taken
    for each in played.taken:
        check_escalation("e1", each.step.state, each.step.due_at)
        check_escalation("e1", stop(each.step.state, each.now), None)


@given(stories(only_events=True), TREES)
def test_what_is_carried_over_to_another_tree_is_sound(story: Story, other: ContactTree) -> None:
    """A8, A11: neither an edited tree nor a retired one makes of an escalation what can't be."""
    last = Playback(replace(story, tree=named(story.tree))).at_due_times().taken[-1]
    for tree, places in (succeed(last.plan, named(other)), retire(last.plan)):
        (after,) = resolve(last.known, [tree])
        step = advance(
            after, migrate_state(last.step.state, last.plan, after, places, last.now), last.now, [Replanned()]
        )
        check_escalation("e1", step.state, step.due_at)
