"""Prompts to coordinators: SMS and call to each, at any hour, repeated until one of them answers (B3)."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from typing_extensions import TypedDict, Unpack

from alertnet.core.codec import value
from alertnet.core.delivery.next_repeat import FIRST_AFTER_HOLD, PROMPT_EVERY, next_repeat, prompt_pause
from alertnet.core.directory.contact import Method, MethodKind
from alertnet.core.disclosure import FIELD_NEWS, IN_FLOODS, Subject
from alertnet.core.escalation.advance import reasons_to_wait
from alertnet.core.escalation.context import opens_by_itself_at
from alertnet.core.escalation.due import who_said
from alertnet.core.escalation.quorum import AnswerKind
from alertnet.core.escalation.state import Status
from alertnet.core.incident import Proposed
from alertnet.core.notification import Kind, PromptAnswer, PromptKind, methods_to_prompt
from alertnet.core.replan.difference import Retold, as_proposed, changed
from alertnet.flows.credentials.page_links import link_token
from alertnet.flows.credentials.written_codes import good_from, new_code
from alertnet.flows.notifications.compose import draft_to, methods_at_any_hour, said
from alertnet.flows.unit.locked_incident import LockedIncident, Recipient
from alertnet.store.queues import incident_attempts
from alertnet.store.records import editions
from alertnet.store.records import prompts as prompt_store
from alertnet.store.records.credentials import codes
from alertnet.store.records.credentials.codes import Code
from alertnet.store.records.prompts import NewPrompt, Prompt, Raised

PAUSE_AFTER = {PromptAnswer.HOLD: FIRST_AFTER_HOLD, PromptAnswer.TAKEN: timedelta(minutes=20)}
"""After these answers the prompt is repeated, since nothing is decided or done yet."""


class PromptDetails(TypedDict, total=False):
    """What a prompt says besides, as its row has it."""

    escalation_id: str
    level: int | None
    contacts: int | None
    automatic_at: datetime | None


@value
class AskedLevel:
    """The level that a decision is about: whom it tells, in the tree of which title, why it waits, when it opens alone.

    The names are those of the fields of `Said`.
    """

    tree: str
    names: tuple[str, ...]
    why: tuple[str, ...]
    automatic_at: datetime | None


def raise_prompt(
    locked: LockedIncident,
    kind: PromptKind,
    subject: Subject,
    *,
    about: str | None = None,
    rings_at: datetime | None = None,
    **details: Unpack[PromptDetails],
) -> str:
    """Raise an alarm, or ask for a decision or a task, by all sms and call methods of all coordinators; returns its id.

    It goes at once, or at `rings_at`, which lies ahead; a task by mail as well, because its words are to be copied.
    """
    id, now = locked.tx.entropy.id(), locked.tx.now
    asked = _asked(locked, subject, about)
    code = new_code(locked, asked)
    new = NewPrompt(
        id=id,
        incident_id=locked.incident.id,
        kind=kind,
        subject=subject,
        raised_at=now,
        due_at=rings_at or now + PROMPT_EVERY,
        asked=0 if rings_at else 1,
        about=about,
        code_id=code.id if code else None,
        **details,
    )
    if rings_at is None and _is_put_off(locked, new):
        new = replace(new, due_at=now + FIRST_AFTER_HOLD)
    locked.work.add(new)
    locked.record(f"{kind.value}_raised", subject=subject.value, about=about, level=new.level)
    if rings_at is None:
        words = words_of_prompt(locked, new)
        for recipient in asked:
            methods = methods_at_any_hour(recipient, methods_to_prompt(kind, recipient.contact))
            _ring(recipient, new, words, code, methods)
    return id


def ring_again(locked: LockedIncident, prompt: Prompt) -> None:
    """Repeat a prompt, and set the next time by how long nobody has answered it."""
    now = locked.tx.now
    unanswered = prompt_pause(now - prompt.raised_at, locked.facts.severity)
    is_on_hold = prompt.answer == PromptAnswer.HOLD or _is_put_off(locked, prompt)
    pause = FIRST_AFTER_HOLD if is_on_hold else unanswered
    due_at = now if prompt.due_at is None else min(prompt.due_at, now)
    _repeat(locked, prompt, next_repeat(due_at, pause, now))


def ask_sooner(locked: LockedIncident) -> None:
    """Ask again as usual about levels that nobody holds any more."""
    soon = locked.tx.now + PROMPT_EVERY
    for prompt in open_prompts(locked):
        is_late = prompt.subject == Subject.LEVEL and prompt.due_at is not None and prompt.due_at > soon
        if is_late and not _is_put_off(locked, prompt):
            prompt_store.ask_anew(locked.tx.session, prompt, soon)


def _is_put_off(locked: LockedIncident, prompt: Raised) -> bool:
    """Whether it asks about a level that a coordinator had put on hold before."""
    if prompt.subject != Subject.LEVEL:
        return False
    state = locked.readable_states.get(locked.tree_of(prompt.escalation))
    return state is not None and state.holds(prompt.level_index)


def text_code(recipient: Recipient, prompt: Prompt, code: Code | None) -> None:
    """Repeat a prompt to one coordinator by SMS, with that code in place of the one that it had."""
    methods = methods_at_any_hour(recipient, frozenset({MethodKind.SMS}))
    _ring(recipient, prompt, words_of_prompt(recipient.locked, prompt), code, methods, again=True)


def words_of_prompt(locked: LockedIncident, prompt: Raised) -> dict[str, Any]:
    """What a prompt says, besides what all messages of its incident say."""
    subject = subject_of(locked, prompt)
    words: dict[str, Any] = {
        "subject": subject,
        # Only the page tells whom to call.
        "about": None if subject is Subject.TASK else prompt.about,
        "level": prompt.level,
        "contacts": prompt.contacts,
        "automatic_at": prompt.automatic_at,
    }
    if prompt.subject == Subject.LEVEL:
        words |= vars(asked_level(locked, prompt))
    if prompt.subject == Subject.UNANSWERED and prompt.about and len(locked.plans) > 1:
        # Whoever has taken charge in another of its trees must see that this is not about that one.
        words |= {"names": (locked.tree(prompt.about).title,)}
    if prompt.subject == Subject.CHANGE and locked.incident.proposed:
        words |= {"names": would_change(locked, locked.incident.proposed).names}
    return words


def open_prompts(locked: LockedIncident) -> list[Prompt]:
    """The incident's prompts that still ring or are on hold, oldest first."""
    return locked.prefetch.read(prompt_store.open_of, locked.incident.id)


def subject_of(locked: LockedIncident, prompt: Raised) -> Subject:
    """The subject that a prompt's messages have; its row keeps duress out."""
    subject = Subject(prompt.subject)
    if subject is Subject.UNANSWERED and is_taken_on(locked):
        return Subject.TOO_FEW
    if prompt.is_call_cut:
        return Subject.CALL_CUT
    return Subject.READ_FIRST if subject in FIELD_NEWS and locked.facts.duress else subject


def is_taken_on(locked: LockedIncident) -> bool:
    """Whether anybody has taken charge, in any of its trees."""
    known = [(locked.plans[tree], state) for tree, state in locked.readable_states.items() if tree in locked.plans]
    return any(who_said(AnswerKind.ACKNOWLEDGED, *each) for each in known)


def answer_prompt(locked: LockedIncident, prompt_id: str, answer: PromptAnswer, by: str | None) -> None:
    """Record the answer to a prompt. It is repeated no more, or only after a pause (`PAUSE_AFTER`)."""
    again_at = locked.tx.now + PAUSE_AFTER[answer] if answer in PAUSE_AFTER else None
    prompt_store.answer(locked.tx, prompt_id, answer, by=by, again_at=again_at)
    locked.record("alarm_answered", alarm=prompt_id, answer=answer.value, by=by)


def take(locked: LockedIncident, prompt: Prompt, by: str) -> bool:
    """Take an alarm, of other trees too if nobody answers, or a task to call; without a result all are asked again.

    Taken twice it counts once. False where that comes too late: another has taken the alarm, or it is over.
    """
    if not _has_taken(prompt, by):
        if not prompt.is_open:
            return False
        same = [each for each in open_prompts(locked) if each.id != prompt.id and _says_the_same(prompt, each)]
        for each in (prompt, *same):
            answer_prompt(locked, each.id, _taken(prompt), by)
    return True


def give_back(locked: LockedIncident, prompt: Prompt, by: str) -> bool:
    """Let an alarm or a task ring for the others, also if this coordinator took it before, with what it took beside it.

    False where it does not ring: another has taken it, or it is over.
    """
    if _has_taken(prompt, by):
        assert prompt.answered_at is not None
        at_once = prompt_store.answered_so(locked.tx.session, locked.incident.id, _taken(prompt), prompt.answered_at)
        same = [each for each in at_once if each.id != prompt.id and _has_taken(each, by)]
        for each in (prompt, *(each for each in same if _says_the_same(prompt, each))):
            prompt_store.ask_anew(locked.tx.session, each, locked.tx.now + PROMPT_EVERY)
            locked.record("alarm_declined", alarm=each.id, by=by)
            if _is_answered(locked, each):
                answer_prompt(locked, each.id, PromptAnswer.ACKNOWLEDGED, None)
        return True
    return prompt.is_open and prompt.answer is None


def _says_the_same(prompt: Prompt, other: Prompt) -> bool:
    """Whether both tell that nobody has taken charge, of a tree each, in SMS that differ by their codes alone.

    Other alarms ring beside one of the same words only where they tell what it does not, such as duress.
    """
    return prompt.subject == other.subject == Subject.UNANSWERED


def _is_answered(locked: LockedIncident, prompt: Prompt) -> bool:
    """Whether it tells that nobody has taken charge in a tree where somebody has, since it was taken."""
    if prompt.subject != Subject.UNANSWERED:
        return False
    state = locked.readable_states.get(locked.tree_of(prompt.escalation))
    return state is not None and state.status is Status.ACKNOWLEDGED


def _has_taken(prompt: Prompt, by: str) -> bool:
    return (prompt.answer, prompt.answered_by) == (_taken(prompt), by)


def _taken(prompt: Prompt) -> PromptAnswer:
    return PromptAnswer.TAKEN if prompt.kind == PromptKind.TASK else PromptAnswer.ACKNOWLEDGED


def answer_each(
    locked: LockedIncident, which: Callable[[Prompt], bool], answer: PromptAnswer, by: str | None = None
) -> None:
    """Answer those open prompts of the incident; `by` nobody where they have become pointless."""
    for prompt in open_prompts(locked):
        if which(prompt):
            answer_prompt(locked, prompt.id, answer, by)


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
            _repeat(locked, prompt, prompt.due_at)


def _repeat(locked: LockedIncident, prompt: Prompt, again_at: datetime | None) -> None:
    """Repeat a prompt, with the codes that it has."""
    session, asked = locked.tx.session, _asked(locked, Subject(prompt.subject), prompt.about)
    code = codes.get(session, prompt.code_id) if prompt.code_id else None
    if code is not None:
        good_from(locked, code, asked)
    in_place, words = codes.in_place(session, locked.incident.id, prompt.id), words_of_prompt(locked, prompt)
    for recipient in asked:
        by = methods_at_any_hour(recipient, recipient.contact.rung_by)
        wanted = by if locked.fresh else [method for method in by if not _waits(locked, method, prompt)]
        _ring(recipient, prompt, words, in_place.get(recipient.name, code), wanted, again=True)
    prompt_store.ask_again(session, prompt, again_at)
    locked.record(f"{prompt.kind}_repeated", subject=prompt.subject, asked=prompt.asked + 1)


def asked_level(locked: LockedIncident, prompt: Raised) -> AskedLevel:
    """The level that a decision is about, as far as its escalation can be read.

    While its question is open, it opens by itself when it would as of now, not as it was asked.
    """
    tree = locked.tree_of(prompt.escalation)
    plan, state = locked.plans[tree], locked.readable_states.get(tree)
    planned = next((each for each in plan.levels if each.index == prompt.level_index), None)
    reasons = reasons_to_wait(plan, state, planned) if planned is not None and state is not None else ()
    question = state.question if state is not None else None
    automatic_at = prompt.automatic_at
    if question is not None and question.index == prompt.level_index:
        automatic_at = opens_by_itself_at(question, locked.facts.severity, locked.tx.now)
    names = planned.contacts if planned is not None else ()
    return AskedLevel(plan.tree.title, names, tuple(reason.value for reason in reasons), automatic_at)


def would_change(locked: LockedIncident, proposed: Proposed) -> Retold:
    """Who would be told in addition, who no longer, and who differently, once the proposed news applies."""
    facts = as_proposed(locked.facts, proposed)
    return changed(locked.facts, facts, locked.plans, editions.plans(locked.tx, facts, locked.incident.trees))


def _asked(locked: LockedIncident, subject: Subject, about: str | None) -> list[Recipient]:
    """The coordinators without the one whose own text or call it is about; a lone coordinator is told all the same."""
    everybody = locked.coordinators
    if subject not in IN_FLOODS | {Subject.OPTED_OUT}:
        return everybody
    return [each for each in everybody if about not in {id for _, id in each.names}] or everybody


def _waits(locked: LockedIncident, method: Method, prompt: Prompt) -> bool:
    """Whether the prompt, raised or repeated earlier, has not left yet by that method."""
    indexes = locked.tx.vault.indexes(method.address)
    return incident_attempts.prompt_waits(locked.tx.session, locked.incident.id, method.kind, indexes, prompt.id)


def _ring(
    recipient: Recipient,
    prompt: Raised,
    words: dict[str, Any],
    code: Code | None,
    methods: Iterable[Method],
    *,
    again: bool = False,
) -> None:
    """Draft a prompt to one coordinator: by each of those methods, with that code and a link of its own.

    `again`: it was told before, and leaves after what is new.
    """
    locked, kind = recipient.locked, Kind(prompt.kind)
    text, code_id, rank = code.text if code else None, code.id if code else None, locked.rank(kind, again=again)
    common = replace(said(recipient), code=text, at=locked.tx.now, **words)
    for method in methods:
        link, token = link_token(recipient, method, prompt_id=prompt.id)
        draft = draft_to(recipient, kind, method, replace(common, link=token))
        locked.work.post(replace(draft, rank=rank, prompt_id=prompt.id, code_id=code_id, link_id=link))
