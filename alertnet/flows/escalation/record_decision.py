"""Coordinators' decisions (go, hold or refuse) on one level of a tree, or on the whole incident (verify)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial

from alertnet.core.disclosure import Subject
from alertnet.core.errors import BadInput, Unknown, WrongState
from alertnet.core.escalation.apply_events import is_under_way
from alertnet.core.escalation.decisions import decided_since
from alertnet.core.escalation.quorum import AnswerKind, Via
from alertnet.core.escalation.state import Event, Go, Hold, InHand, PlanChanged, Refuse, Status
from alertnet.core.notification import PromptAnswer, PromptKind
from alertnet.core.replan.difference import NEWS_WOULD_CHANGE, as_proposed
from alertnet.flows.escalation.decisions import DECIDED, decisions_of
from alertnet.flows.escalation.escalate import apply_news, for_all, move
from alertnet.flows.escalation.record_response import Recorded, Response, confirm, counted_in, respond, take_back
from alertnet.flows.notifications import prompts
from alertnet.flows.unit.locked_incident import LockedIncident, Recipient
from alertnet.store.records import prompts as prompt_store
from alertnet.store.records.prompts import Prompt

EVENTS: dict[PromptAnswer, Callable[..., Event]] = {
    PromptAnswer.GO: Go,
    PromptAnswer.HOLD: Hold,
    PromptAnswer.REFUSE: Refuse,
}


def decide(
    locked: LockedIncident,
    decision: PromptAnswer,
    *,
    tree: str | None = None,
    level: str | None = None,
    by: str | None = None,
) -> None:
    """Decide on a level: go opens it unless the escalation is stopped, hold ends its automatic time, refuse skips it.

    A level that is open can be refused, and no longer held.

    Without tree and level the decision is about the incident: a go verifies it, or else accepts a change that news
    proposes.
    """
    locked.must_be_open()
    if tree is None and level is None:
        about_incident = _decide_change if locked.facts.verified and locked.incident.proposed else _verify
        about_incident(locked, decision, by)
        return
    if tree is None or level is None:
        raise BadInput("level" if level is None else "tree", None, "tree and level together, or neither")
    _decide_level(locked, decision, tree, level, by)


def decide_prompt(locked: LockedIncident, prompt: Prompt, decision: PromptAnswer, by: str | None) -> None:
    """Decide what one prompt asks, by its code, link or call; a prompt of a merged part is decided for the whole.

    Refused once it was decided or overtaken.
    """
    if not (prompt.is_open or prompt.answer == PromptAnswer.MERGED):
        raise WrongState("the question", prompt.answer or "over", "it was decided before")
    if prompt.subject == Subject.VERIFY:
        decide(locked, decision, by=by)
        return
    if prompt.subject == Subject.CHANGE:
        _decide_change(locked, decision, by)
        return
    tree = locked.tree_of(prompt.escalation)
    if prompt.subject == Subject.CONFIRM:
        _confirm(locked, prompt, tree, decision, by)
        return
    decide(locked, decision, tree=tree, level=prompt.about, by=by)


def was_opened(locked: LockedIncident, prompt: Prompt) -> bool:
    """Whether the level that was asked about has been opened, be it by itself at its time."""
    if prompt.kind != PromptKind.DECISION or prompt.subject != Subject.LEVEL:
        return False
    state = locked.states.get(locked.tree_of(prompt.escalation))
    return state is not None and any(run.index == prompt.level_index for run in state.runs)


def _decide_change(locked: LockedIncident, decision: PromptAnswer, by: str | None) -> None:
    """Decide on a change that news proposes. Go applies it, hold asks again later, refuse leaves all as it is."""
    proposed = locked.incident.proposed
    if proposed is None:
        raise WrongState("the change", "over", "nothing is proposed any more")
    locked.record(DECIDED, decision=decision.value, subject=Subject.CHANGE.value, by=by)
    if decision is PromptAnswer.HOLD:
        _answer_about(locked, Subject.CHANGE, decision, by)
        return
    end_change(locked, decision, by)
    if decision is PromptAnswer.GO:
        apply_news(locked, as_proposed(locked.facts, proposed), by=by)


def end_change(locked: LockedIncident, answer: PromptAnswer, by: str | None) -> None:
    """End a proposed change: decided, or overtaken by later news."""
    if locked.incident.proposed is None:
        return
    _answer_about(locked, Subject.CHANGE, answer, by)
    warnings = tuple(each for each in locked.incident.warnings if not each.startswith(NEWS_WOULD_CHANGE))
    locked.incident = replace(locked.incident, proposed=None, warnings=warnings)
    locked.save_facts()


def _answer_about(locked: LockedIncident, subject: Subject, answer: PromptAnswer, by: str | None) -> None:
    """Answer all open prompts of the incident on that subject."""
    prompts.answer_each(locked, lambda prompt: prompt.subject == subject, answer, by)


def answer_whether_genuine(locked: LockedIncident, answer: PromptAnswer, by: str | None) -> None:
    """Answer whether the report is genuine. A go also takes the place of an earlier refusal, which holds no more."""
    _answer_about(locked, Subject.VERIFY, answer, by)
    if answer is PromptAnswer.GO:
        for refused in prompt_store.refused_about(locked.tx.session, locked.incident.id, Subject.VERIFY):
            prompts.answer_prompt(locked, refused, answer, by)


def hold_rest(recipient: Recipient, via: Via, address: str | None, at: datetime | None = None) -> Recorded:
    """Let a coordinator take charge and hold every later level wherever its answer counts, until a go.

    `at`: when it was said, if that was before now; after a go or an answer to the contrary since, nothing is held.
    """
    response = Response(AnswerKind.ACKNOWLEDGED, via, address, at=at)
    hold = partial(decide_rest, recipient, PromptAnswer.HOLD, at)
    return respond(recipient, response, replying=via is Via.SMS, also=hold)


def is_on_hold(recipient: Recipient) -> bool:
    """Whether what comes next is on hold where the coordinator's answer counts."""
    states = recipient.locked.states
    return any(each.tree in states and states[each.tree].on_hold_since is not None for each in recipient.same)


def decide_rest(recipient: Recipient, decision: PromptAnswer, at: datetime | None = None) -> None:
    """Hold what comes next, or let it go on, wherever the coordinator's answer counts; `at`: as in `hold_rest`."""
    locked, tree, by = recipient.locked, recipient.tree, recipient.id
    since = decided_since(decisions_of(locked.tx.session, [locked.incident.id]), locked.plans, at) if at else ()
    trees = [each.tree for each in counted_in(recipient) if each.tree not in since]
    if not trees:
        return
    said = {"heard_at": at.isoformat()} if at else {}
    locked.record(DECIDED, decision=decision.value, tree=tree, by=by, **said)
    prompts.answer_each(
        locked, lambda each: each.subject == Subject.LEVEL and locked.tree_of(each.escalation) in trees, decision, by
    )
    move(locked, {id: [EVENTS[decision]()] for id in trees})


def _confirm(locked: LockedIncident, prompt: Prompt, tree: str, decision: PromptAnswer, by: str | None) -> None:
    """Decide on an answer. Go counts it, hold asks about it again, refuse tells the contact again."""
    locked.record(
        DECIDED, decision=decision.value, subject=Subject.CONFIRM.value, tree=tree, contact=prompt.about, by=by
    )
    prompts.answer_prompt(locked, prompt.id, decision, by)
    if decision is PromptAnswer.GO:
        confirm(locked.recipient(tree, prompt.contact))
    elif decision is PromptAnswer.REFUSE:
        take_back(locked.recipient(tree, prompt.contact))


def _verify(locked: LockedIncident, decision: PromptAnswer, by: str | None) -> None:
    if locked.facts.verified:
        raise WrongState(f"incident {locked.incident.ref}", "verified", "name a tree and a level")
    locked.record(DECIDED, decision=decision.value, subject=Subject.VERIFY.value, by=by)
    answer_whether_genuine(locked, decision, by)
    if decision is PromptAnswer.GO:
        locked.change_facts(replace(locked.facts, verified=True))
        move(locked, for_all(locked, PlanChanged()))
    else:
        move(locked, for_all(locked, InHand()))


def _decide_level(locked: LockedIncident, decision: PromptAnswer, tree: str, level: str, by: str | None) -> None:
    escalation = locked.escalation_of(tree)
    if escalation is None:
        raise Unknown("escalation of tree", tree, [each.tree for each in locked.escalations])
    if escalation.state.status is Status.STOPPED:
        raise WrongState(f"escalation {tree}", "stopped", "it can't be decided on")
    levels = locked.plans[tree].levels
    planned = next((each for each in levels if each.level.name == level), None)
    if planned is None:
        raise Unknown(f"level of tree {tree}", level, [each.level.name for each in levels])
    if decision is PromptAnswer.GO and not planned.contacts:
        raise WrongState(f"level {level}", "empty", "all of its contacts are pruned")
    if decision is PromptAnswer.HOLD and is_under_way(escalation.state, planned.index, locked.tx.now):
        raise WrongState(f"level {level}", "open", "refuse it, or hold a later one")
    locked.record(DECIDED, decision=decision.value, tree=tree, level=level, by=by)
    asked = (PromptKind.DECISION, escalation.id, level)
    prompts.answer_each(locked, lambda each: (each.kind, each.escalation_id, each.about) == asked, decision, by)
    move(locked, {tree: [EVENTS[decision](planned.index)]})
    locked.save_facts()
