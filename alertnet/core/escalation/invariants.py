"""The invariants of a stored escalation, checked when it is read and again before it is written.

Only states that no plan, event or edit can produce are refused; what is merely odd is left to `advance`.
"""

from datetime import datetime

from alertnet.core.errors import COUNT, MOMENT, Inconsistent, is_moment, must_hold
from alertnet.core.escalation.state import (
    AT_REST,
    LAST_RESORT,
    ContactProgress,
    LevelRun,
    LevelStatus,
    OpenDecision,
    State,
    Status,
)

_WAITING = (Status.WAITING_FOR_GO, Status.STOPPED)

LEVEL = "-1 for last resort, 0 or more"
ONCE = "each once"


def check_escalation(id: str, state: State, due_at: datetime | None) -> None:
    """Refuse (`Inconsistent`) an impossible state of an escalation, or a due time that does not fit it (A2)."""
    try:
        _check_due(id, state, due_at)
        _check_state(id, state)
        _check_levels(id, state)
        if state.question is not None:
            _check_open_decision(id, state.question)
        for run in state.runs:
            _check_run(id, state, run)
            for progress in run.turns:
                _check_progress(id, run, progress)
    except (AttributeError, TypeError) as fault:
        raise Inconsistent("escalation", id, "state", type(fault).__name__, "fields of their own types") from fault


def _check_due(id: str, state: State, due_at: datetime | None) -> None:
    status = state.status
    must_hold(
        "escalation",
        (id,),
        (
            due_at is not None or status in AT_REST or ("due_at", due_at, f"a moment while {status.value}"),
            due_at is not None
            or status is Status.STOPPED
            or state.action_due_at is None
            or ("due_at", due_at, "a moment while an action is due"),
            due_at is None or status is not Status.STOPPED or ("due_at", due_at, "none once stopped"),
            due_at is None or is_moment(due_at) or ("due_at", due_at, MOMENT),
        ),
    )


def _check_state(id: str, state: State) -> None:
    status, round_due, action_due = state.status, state.round_due_at, state.action_due_at
    onward, unverified, stopped = state.onward_from, state.unverified_since, state.stopped_at
    on_hold, told_more = state.on_hold_since, state.told_more_at
    acknowledged = status is Status.ACKNOWLEDGED
    was_acknowledged = acknowledged or state.stopped_from is Status.ACKNOWLEDGED
    must_hold(
        "escalation",
        (id, "state"),
        (
            isinstance(status, Status) or ("status", status, "a status"),
            state.round >= 1 or ("round", state.round, "1 or more"),
            is_moment(state.start_at) or ("start_at", state.start_at, MOMENT),
            onward is None or is_moment(onward) or ("onward_from", onward, MOMENT),
            on_hold is None or is_moment(on_hold) or ("on_hold_since", on_hold, MOMENT),
            told_more is None or is_moment(told_more) or ("told_more_at", told_more, MOMENT),
            round_due is None or is_moment(round_due) or ("round_due_at", round_due, MOMENT),
            round_due is None or not acknowledged or ("round_due_at", round_due, "none once acknowledged"),
            action_due is None or is_moment(action_due) or ("action_due_at", action_due, MOMENT),
            action_due is None or was_acknowledged or ("action_due_at", action_due, "none unless acknowledged"),
            state.met_index is not None or not acknowledged or ("met_index", None, "the level that acknowledged"),
            unverified is None or is_moment(unverified) or ("unverified_since", unverified, MOMENT),
            unverified is None
            or status in _WAITING
            or ("unverified_since", unverified, "none unless it waits for a go"),
            state.question is None or status in _WAITING or ("question", "asked", "none unless it waits for a go"),
            stopped is None or is_moment(stopped) or ("stopped_at", stopped, MOMENT),
            stopped is None or status is Status.STOPPED or ("stopped_at", stopped, "none unless stopped"),
            state.stopped_from is None
            or status is Status.STOPPED
            or ("stopped_from", state.stopped_from, "none unless stopped"),
            state.stopped_from is not Status.STOPPED or ("stopped_from", state.stopped_from, "what it was before"),
        ),
    )


def _check_levels(id: str, state: State) -> None:
    indexes = [run.index for run in state.runs]
    met, missed, unverified = state.met_index, state.missed_index, state.unverified_index
    must_hold(
        "escalation",
        (id, "state"),
        (
            len(set(indexes)) == len(indexes) or ("runs", indexes, "the latest of each level"),
            state.passed >= -1 or ("passed", state.passed, "-1 before the first, 0 or more"),
            not state.goes or min(state.goes) >= 0 or ("goes", state.goes, COUNT),
            not state.refused or min(state.refused) >= 0 or ("refused", state.refused, COUNT),
            not state.held or min(state.held) >= 0 or ("held", state.held, COUNT),
            not state.overdue or min(state.overdue) >= 0 or ("overdue", state.overdue, COUNT),
            met is None or met >= LAST_RESORT or ("met_index", met, LEVEL),
            missed is None or missed >= LAST_RESORT or ("missed_index", missed, LEVEL),
            unverified is None or unverified >= 0 or ("unverified_index", unverified, COUNT),
        ),
    )


def _check_open_decision(id: str, question: OpenDecision) -> None:
    asked_at, automatic_at = question.asked_at, question.automatic_at
    must_hold(
        "escalation",
        (id, "state", "question"),
        (
            question.index >= 0 or ("index", question.index, COUNT),
            is_moment(asked_at) or ("asked_at", asked_at, MOMENT),
            automatic_at is None
            or (is_moment(automatic_at) and automatic_at >= asked_at)
            or ("automatic_at", automatic_at, "not before it was asked"),
        ),
    )


def _check_run(id: str, state: State, run: LevelRun) -> None:
    contacts = [progress.contact for progress in run.turns]
    must_hold(
        "escalation",
        (id, "state.runs", run.index),
        (
            run.index >= LAST_RESORT or ("index", run.index, LEVEL),
            1 <= run.round <= state.round or ("round", run.round, "1 to the escalation's round"),
            is_moment(run.opened_at) or ("opened_at", run.opened_at, MOMENT),
            is_moment(run.ends_at) or ("ends_at", run.ends_at, MOMENT),
            isinstance(run.status, LevelStatus) or ("status", run.status, "a status of a level"),
            run.met_at is None or is_moment(run.met_at) or ("met_at", run.met_at, MOMENT),
            run.met_at is None or run.status is LevelStatus.MET or ("met_at", run.met_at, "none unless met"),
            len(set(contacts)) == len(contacts) or ("turns", contacts, ONCE),
        ),
    )


def _check_progress(id: str, run: LevelRun, progress: ContactProgress) -> None:
    closed_from, edited_at, skipped_at = progress.closed_from, progress.edited_at, progress.skipped_at
    methods, moments = [use.method for use in progress.uses], [use.at for use in progress.uses]
    numbers = [pause.address for pause in progress.pauses]
    must_hold(
        "escalation",
        (id, "state.runs", run.index, "turns", progress.contact),
        (
            progress.contact != "" or ("contact", progress.contact, "the id of a contact"),
            is_moment(progress.starts_at) or ("starts_at", progress.starts_at, MOMENT),
            progress.repeats >= 0 or ("repeats", progress.repeats, COUNT),
            not methods or min(methods) >= 0 or ("uses", methods, COUNT),
            not moments or (is_moment(min(moments)) and is_moment(max(moments))) or ("uses", moments, MOMENT),
            not numbers or (len(set(numbers)) == len(numbers) and "" not in numbers) or ("pauses", numbers, ONCE),
            not numbers
            or all(is_moment(pause.until) for pause in progress.pauses)
            or ("pauses", [pause.until for pause in progress.pauses], MOMENT),
            not progress.failed or min(progress.failed) >= 0 or ("failed", progress.failed, COUNT),
            not progress.handed_over or min(progress.handed_over) >= 0 or ("handed_over", progress.handed_over, COUNT),
            not progress.skipped or min(progress.skipped) >= 0 or ("skipped", progress.skipped, COUNT),
            progress.contact not in progress.stands_for or ("stands_for", progress.stands_for, "others than itself"),
            closed_from is None or is_moment(closed_from) or ("closed_from", closed_from, MOMENT),
            skipped_at is None or is_moment(skipped_at) or ("skipped_at", skipped_at, MOMENT),
            edited_at is None or is_moment(edited_at) or ("edited_at", edited_at, MOMENT),
        ),
    )
