"""Prompts to coordinators: SMS and call to each, at any hour, repeated until one of them answers (B3)."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from alertnet.core.delivery.next_repeat import FIRST_AFTER_HOLD, PROMPT_EVERY, next_repeat, prompt_pause
from alertnet.core.directory.contact import Contact, MethodKind
from alertnet.core.disclosure import FIELD_NEWS, IN_FLOODS, Subject
from alertnet.core.escalation.advance_incident import reasons_to_wait
from alertnet.core.escalation.state import State
from alertnet.core.incident import Proposed
from alertnet.core.notification import Kind, PromptAnswer, PromptKind, methods_to_prompt
from alertnet.core.replan.difference import Retold, as_proposed, changed
from alertnet.flows.credentials.written_codes import decision_code, good_from
from alertnet.flows.notifications.compose import said, write
from alertnet.flows.unit.locked_incident import LockedIncident
from alertnet.store.records import editions
from alertnet.store.records import escalations as escalation_store
from alertnet.store.records import prompts as prompt_store
from alertnet.store.records.credentials import codes
from alertnet.store.records.credentials.codes import Code
from alertnet.store.records.prompts import Prompt

PAUSE_AFTER = {PromptAnswer.HOLD: FIRST_AFTER_HOLD, PromptAnswer.TAKEN: timedelta(minutes=20)}
"""After these answers the prompt is repeated, since nothing is decided or done yet."""


def raise_prompt(
    locked: LockedIncident,
    kind: PromptKind,
    subject: Subject,
    *,
    about: str | None = None,
    escalation: str | None = None,
    level: int | None = None,
    contacts: int | None = None,
    automatic_at: datetime | None = None,
    rings_at: datetime | None = None,
) -> str:
    """Raise an alarm, or ask for a decision or a task, by all sms and call methods of all coordinators; returns its id.

    It goes at once, unless `rings_at` lies ahead. A task is also sent by mail, because its words are to be copied.
    """
    id, now = locked.tx.entropy.id(), locked.tx.now
    asked = _asked(locked, subject, about)
    code = decision_code(locked, asked)
    rings = rings_at is None or rings_at <= now
    new = prompt_store.NewPrompt(
        id=id,
        incident_id=locked.incident.id,
        kind=kind,
        subject=subject,
        raised_at=now,
        due_at=rings_at if rings_at and not rings else now + PROMPT_EVERY,
        asked=int(rings),
        escalation_id=escalation,
        about=about,
        level=level,
        contacts=contacts,
        automatic_at=automatic_at,
        code_id=code.id if code else None,
    )
    locked.work.add(new)
    locked.record(f"{kind.value}_raised", subject=subject.value, about=about, level=level)
    if rings:
        _ring_for_the_first_time(locked, new, asked, code)
    return id


def ring(locked: LockedIncident, prompt: Prompt) -> None:
    """Repeat a prompt, with the codes that it has."""
    session, asked = locked.tx.session, _asked(locked, Subject(prompt.subject), prompt.about)
    code = codes.get(session, prompt.code_id) if prompt.code_id else None
    if code is not None:
        good_from(locked, code, asked)
    in_place = codes.in_place(session, locked.incident.id, prompt.id)
    for tree, contact in asked:
        ring_one(locked, prompt, tree, contact, in_place.get((tree, contact.id), code))


def ring_again(locked: LockedIncident, prompt: Prompt) -> None:
    """Repeat a prompt, and set the next time by how long nobody has answered it."""
    now = locked.tx.now
    ring(locked, prompt)
    unanswered = prompt_pause(now - prompt.raised_at, locked.facts.severity)
    pause = FIRST_AFTER_HOLD if prompt.answer == PromptAnswer.HOLD else unanswered
    due_at = now if prompt.due_at is None else min(prompt.due_at, now)
    prompt_store.ask_again(locked.tx.session, prompt, next_repeat(due_at, pause, now))
    locked.record(f"{prompt.kind}_repeated", subject=prompt.subject, asked=prompt.asked + 1)


def ring_one(
    locked: LockedIncident,
    prompt: Prompt,
    tree: str,
    contact: Contact,
    code: Code | None,
    methods: frozenset[MethodKind] | None = None,
    *,
    anew: bool = False,
) -> None:
    """Repeat an alarm to one coordinator, with that code, by those methods or by all that ring.

    `anew`: also where it has not left yet with another code.
    """
    words = words_of(locked, prompt)
    _ring(
        locked,
        Kind(prompt.kind),
        prompt.id,
        tree,
        contact,
        code,
        words,
        methods or contact.rung_by,
        again=True,
        anew=anew,
    )


def words_of(locked: LockedIncident, prompt: Prompt) -> dict[str, Any]:
    """What a prompt says, besides what all messages of its incident say."""
    words = _words(subject_of(locked, prompt), prompt.about, prompt.level, prompt.contacts, prompt.automatic_at)
    if prompt.subject == Subject.LEVEL:
        session = locked.tx.session
        states = locked.states or escalation_store.states_of(session, locked.incident.id)
        words |= level_in_words(
            locked, states, escalation_store.tree_of(session, prompt.escalation), prompt.level_index
        )
    if prompt.subject == Subject.CHANGE and locked.incident.proposed:
        words |= {"names": would_change(locked, locked.incident.proposed).names}
    return words


def open_prompts(locked: LockedIncident) -> list[Prompt]:
    """The incident's prompts that still ring or are on hold, oldest first."""
    return locked.prefetch.read(prompt_store.open_of, locked.incident.id)


def subject_of(locked: LockedIncident, prompt: Prompt) -> Subject:
    """The subject that a prompt's messages have; its row keeps duress out."""
    return _spoken(locked, Subject(prompt.subject))


def answer_prompt(locked: LockedIncident, prompt_id: str, answer: PromptAnswer, by: str | None) -> None:
    """Record the answer to a prompt. It is repeated no more, or only after a pause (`PAUSE_AFTER`)."""
    now = locked.tx.now
    again_at = now + PAUSE_AFTER[answer] if answer in PAUSE_AFTER else None
    stays_automatic = answer is not PromptAnswer.HOLD
    prompt_store.answer(
        locked.tx.session, prompt_id, answer, by=by, at=now, again_at=again_at, stays_automatic=stays_automatic
    )
    locked.record("alarm_answered", alarm=prompt_id, answer=answer.value, by=by)


def end_text(locked: LockedIncident, decision: PromptAnswer, by: str) -> None:
    """Record on every alarm of a text, answered or not, what was decided and by whom."""
    for prompt in prompt_store.of_incident(locked.tx.session, locked.incident.id):
        if prompt.kind == PromptKind.ALARM:
            answer_prompt(locked, prompt.id, decision, by)


def silence(locked: LockedIncident, why: PromptAnswer, kinds: Collection[str] = frozenset(PromptKind)) -> None:
    """Answer the prompts of those kinds that have become pointless."""
    for prompt in open_prompts(locked):
        if prompt.kind in kinds:
            answer_prompt(locked, prompt.id, why, None)


def ask_anew(locked: LockedIncident, closed_at: datetime, why: PromptAnswer) -> list[str]:
    """Reopen what was silenced for that reason at that moment, its times moved by the time since; returns the ids."""
    silenced = prompt_store.answered_so(locked.tx.session, locked.incident.id, why, closed_at)
    anew = [prompt for prompt in silenced if prompt.subject != Subject.REOPENED]
    closed_for = locked.tx.now - closed_at
    for prompt in anew:
        began = prompt.raised_at + closed_for if prompt.kind == PromptKind.FIELD_STATUS else locked.tx.now
        prompt_store.ask_anew(locked.tx.session, prompt, began + PROMPT_EVERY, later=closed_for)
    return [prompt.id for prompt in anew]


def let_ring_on(part: LockedIncident, whole: LockedIncident) -> None:
    """Keep a part's unanswered alarms ringing in the whole: what they tell is as true there (A2)."""
    alarms = [each for each in open_prompts(part) if each.kind == PromptKind.ALARM]
    unanswered = [each.id for each in alarms if each.escalation_id is None]
    prompt_store.move(part.tx.session, unanswered, whole.incident.id)


def hand_back(part: LockedIncident, whole: LockedIncident) -> None:
    """Give those alarms back to the part, answered or not."""
    alarms = prompt_store.raised_for(part.tx.session, part.incident.id, whole.incident.id)
    prompt_store.move(part.tx.session, alarms, part.incident.id)


def ring_anew(locked: LockedIncident, asked: Collection[str]) -> None:
    """Repeat reopened prompts, unless they were overtaken."""
    for prompt in open_prompts(locked):
        if prompt.id in asked and prompt.kind != PromptKind.FIELD_STATUS:
            ring(locked, prompt)
            prompt_store.ask_again(locked.tx.session, prompt, prompt.due_at)
            locked.record(f"{prompt.kind}_repeated", subject=prompt.subject, asked=prompt.asked + 1)


def level_in_words(locked: LockedIncident, states: Mapping[str, State], tree: str, index: int) -> dict[str, Any]:
    """The words of a decision about a level: whom it tells, in which tree, and why it waits for a go.

    `states`: the state of each tree's escalation, where it can be read.
    """
    plan, state = locked.plans[tree], states.get(tree)
    planned = next((each for each in plan.levels if each.index == index), None)
    reasons = reasons_to_wait(plan, state, planned) if planned is not None and state is not None else ()
    return {
        "tree": plan.tree.title,
        "names": planned.contacts if planned is not None else (),
        "why": tuple(reason.value for reason in reasons),
    }


def would_change(locked: LockedIncident, proposed: Proposed) -> Retold:
    """Who would be told in addition, who no longer, and who differently, once the proposed news applies."""
    facts = as_proposed(locked.facts, proposed)
    return changed(locked.facts, facts, locked.plans, editions.plans(locked.tx, facts, locked.incident.trees))


def _spoken(locked: LockedIncident, subject: Subject) -> Subject:
    return Subject.READ_FIRST if subject in FIELD_NEWS and locked.facts.duress else subject


def _words(
    subject: Subject, about: str | None, level: int | None, contacts: int | None, automatic_at: datetime | None
) -> dict[str, Any]:
    return {
        "subject": subject,
        # Only the page tells whom to call.
        "about": None if subject is Subject.TASK else about,
        "level": level,
        "contacts": contacts,
        "automatic_at": automatic_at,
    }


def _ring_for_the_first_time(
    locked: LockedIncident, new: prompt_store.NewPrompt, asked: Iterable[tuple[str, Contact]], code: Code | None
) -> None:
    """Send a new prompt to those who are asked."""
    words = _words(_spoken(locked, new.subject), new.about, new.level, new.contacts, new.automatic_at)
    if new.subject is Subject.LEVEL and new.escalation_id is not None and new.level is not None:
        words |= level_in_words(locked, locked.states, locked.tree_of(new.escalation_id), new.level - 1)
    if new.subject is Subject.CHANGE and locked.incident.proposed:
        words |= {"names": would_change(locked, locked.incident.proposed).names}
    for tree, contact in asked:
        _ring(locked, Kind(new.kind), new.id, tree, contact, code, words, methods_to_prompt(new.kind, contact))


def _asked(locked: LockedIncident, subject: Subject, about: str | None) -> tuple[tuple[str, Contact], ...]:
    """The coordinators without the one whose own text or call it is about; a lone coordinator is told all the same."""
    everybody = locked.plans.coordinators
    if subject not in IN_FLOODS:
        return everybody
    others = tuple(
        (tree, contact) for tree, contact in everybody if about not in {id for _, id in locked.names(tree, contact.id)}
    )
    return others or everybody


def _ring(
    locked: LockedIncident,
    kind: Kind,
    prompt: str,
    tree: str,
    contact: Contact,
    code: Code | None,
    words: dict[str, Any],
    methods: frozenset[MethodKind],
    *,
    again: bool = False,
    anew: bool = False,
) -> None:
    text, code_id = (code.text, code.id) if code else (None, None)
    common = replace(said(locked, tree, contact), code=text, at=locked.tx.now, **words)
    write(
        locked,
        kind,
        tree,
        contact,
        common,
        methods=methods,
        prompt=prompt,
        code=code_id,
        with_link=True,
        again=again,
        anew=anew,
    )
