"""Tells whoever raised an incident how it goes: nobody answered in ten minutes, a coordinator has it, it is closed.

Nothing is sent to a phone that is silent, or that somebody else may hold.
"""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta

from alertnet.core.directory.contact import MethodKind
from alertnet.core.directory.contact_tree import nearest
from alertnet.core.disclosure import Subject
from alertnet.core.escalation.quorum import AnswerKind
from alertnet.core.incident import Facts, Incident
from alertnet.core.notification import FIELD, URGENT, Kind, PromptAnswer, PromptKind
from alertnet.flows.notifications import prompts
from alertnet.flows.notifications.cancel_messages import cancel_to_field
from alertnet.flows.notifications.compose import said_in
from alertnet.flows.unit.locked_incident import LockedIncident
from alertnet.store.db.tx import Tx
from alertnet.store.records import answers, editions, incidents, notifications
from alertnet.store.records import prompts as prompt_store
from alertnet.store.records.notifications import NotificationDraft

FIELD_TOLD = "field_told"
NOBODY_YET_AFTER = timedelta(minutes=10)


def must_be_left_alone(tx: Tx, phone: str, team: str | None = None) -> bool:
    """Whether we write nothing of our own to that phone, by what it, or its `team`, has open.

    Somebody else may hold it; or a report was withdrawn, or made under duress. One that can't be read may be.
    """
    concerned = incidents.known_of_phone(tx, phone, team)
    if concerned is None or any(each.facts.withdrawn or each.facts.duress for each in concerned):
        return True
    # What the phone raised may be merged into another's incident, which can decide otherwise about leaving it alone.
    ids = {id for each in concerned for id in each.every_id}
    reports = incidents.get_readable(tx.session, ids)
    if len(reports) < len(ids):
        return True
    own = [each for each in reports if each.facts.raised_from == phone]
    acting = {each.part_of for each in own}
    is_held = any(each.facts.leaves_all_alone for each in reports if each.id in acting)
    return is_held or any(each.facts.leaves_phone_alone for each in own)


def may_leave(tx: Tx, contact: str, phone: str, incident: str | None) -> bool:
    """Whether what we have begun to write to a phone of the field may leave yet, by what was reported meanwhile."""
    if incident is None:
        return not must_be_left_alone(tx, phone, contact.partition("/")[0])
    # What goes to one of the team by name is a reply, in which nothing may give a sign of duress.
    return contact.partition("/")[0] != FIELD or not must_be_left_alone(tx, phone)


def promise(locked: LockedIncident) -> None:
    """Promise the phone that raised the incident to tell it how it goes, unless that phone is to be left alone."""
    if not (_reporters(locked) and locked.escalations):
        return
    locked.work.add(
        prompt_store.NewPrompt(
            id=locked.tx.entropy.id(),
            incident_id=locked.incident.id,
            kind=PromptKind.FIELD_STATUS,
            subject=Subject.NOBODY,
            raised_at=locked.tx.now,
            due_at=locked.tx.now + NOBODY_YET_AFTER,
            asked=0,
        )
    )


def take_over(locked: LockedIncident, promised: Incident) -> None:
    """Take over the promise to a part's phone: told at once if a coordinator has it, else together with the whole's."""
    if _is_promised(locked):
        return
    at = _has_it_since(locked)
    if at is None:
        promise(locked)
    else:
        _tell(locked, Subject.ACKNOWLEDGED, at, only=promised.ref)


def promise_again(locked: LockedIncident) -> None:
    """Promise again where the field was told that a coordinator has it, and none has any more."""
    if locked.is_open and not _is_promised(locked) and _has_it_since(locked) is None:
        promise(locked)


def speak_again(locked: LockedIncident) -> None:
    """Tell a phone that was left alone because of another's incident how its own report goes, unless it knows."""
    if not any(told.get("subject") == Subject.ACKNOWLEDGED for _, told in locked.history(FIELD_TOLD)):
        take_over(locked, locked.incident)


def tell_nobody_yet(locked: LockedIncident, promise_id: str) -> None:
    """Tell the field, after ten minutes, that nobody has answered yet, and who can be called next."""
    prompt_store.answer(locked.tx, promise_id, PromptAnswer.NOBODY_YET)
    told = notifications.told(locked.tx.session, locked.incident.every_id, URGENT)
    silent = frozenset(number for tree, id in told for number in locked.contact(tree, id).numbers)
    _tell(locked, Subject.NOBODY, locked.tx.now, silent)


def tell_has_it(locked: LockedIncident, at: datetime) -> None:
    """Tell the field, once, that a coordinator has acknowledged."""
    promise = prompt_store.promise_of(locked.tx.session, locked.incident.id)
    if promise is not None:
        prompt_store.answer(locked.tx, promise.id, PromptAnswer.TOLD)
        _tell(locked, Subject.ACKNOWLEDGED, at)


def tell(locked: LockedIncident, subject: Subject) -> None:
    """Tell the field that it is closed, or not over after all."""
    if locked.escalations:
        _tell(locked, subject, locked.tx.now)


def fall_silent(locked: LockedIncident) -> None:
    """Cancel all messages to the field, even queued ones: somebody else may read them."""
    prompts.answer_each(locked, lambda each: each.kind == PromptKind.FIELD_STATUS, PromptAnswer.SILENT)
    cancel_to_field(locked)


def _is_promised(locked: LockedIncident) -> bool:
    """Whether the field must still be told that a coordinator has it."""
    return prompt_store.promise_of(locked.tx.session, locked.incident.id) is not None


def _has_it_since(locked: LockedIncident) -> datetime | None:
    """Since when a coordinator has charge who still has it; None where none has."""
    for each in answers.current_answers(locked.tx.session, locked.incident.every_id):
        counts = each.contact not in locked.plans[each.tree].discredited
        if each.kind is AnswerKind.ACKNOWLEDGED and counts and locked.recipient(each.tree, each.contact).is_coordinator:
            return each.at
    return None


def _reporters(locked: LockedIncident) -> dict[str, Facts]:
    """By its reference, the facts of each phone that raised it, or a part of it, and may be written to."""
    whole = locked.facts
    known = {locked.incident.ref: whole}
    if not whole.leaves_all_alone:
        known |= {each.ref: each.facts for each in locked.parts}
    return {ref: facts for ref, facts in known.items() if facts.raised_from and not facts.leaves_phone_alone}


def _saves_battery(locked: LockedIncident, facts: Facts) -> bool:
    """Whether that phone's battery runs low, and this level has had its one message."""
    since = facts.field_low_since
    if since is None:
        return False
    opened = [run.opened_at for state in locked.states.values() for run in state.runs if locked.is_open]
    begun_at = max(since, *opened, locked.incident.closed_at or since)
    return any(at >= begun_at for at, _ in locked.history(FIELD_TOLD))


def _tell(
    locked: LockedIncident, subject: Subject, at: datetime, silent: Collection[str] = (), *, only: str | None = None
) -> None:
    """Tell each phone, or only that of one report, under the reference that it was given."""
    for ref, facts in _reporters(locked).items():
        is_meant = only in (None, ref) and not must_be_left_alone(locked.tx, facts.raised_from or "")
        if is_meant and _is_a_members(locked, facts) and not _saves_battery(locked, facts):
            _post(locked, ref, facts, subject, at, silent)


def _is_a_members(locked: LockedIncident, facts: Facts) -> bool:
    """Whether the phone of a team is still a member's, and not silent by now; else anybody may hold it (A9)."""
    members = editions.members_now(locked.tx.session) if facts.team else None
    return members is None or any(each.phone == facts.raised_from and not each.silent for each in members)


def _post(
    locked: LockedIncident, ref: str, facts: Facts, subject: Subject, at: datetime, silent: Collection[str]
) -> None:
    pinned = nearest(locked.tree(each.tree) for each in locked.every_escalation)
    assert facts.raised_from is not None
    last = {*silent, *locked.not_to_be_called}
    words = replace(
        said_in(locked, pinned.id),
        ref=ref,
        subject=subject,
        at=at,
        timezone=facts.field_timezone or pinned.timezone,
        callback=pinned.callback_for_field(facts.field_callback, facts.raised_from, last),
    )
    locked.work.post(
        NotificationDraft(
            kind=Kind.FIELD_STATUS,
            contact=f"{FIELD}/{facts.team}" if facts.team else FIELD,
            method=MethodKind.SMS,
            address=facts.raised_from,
            language=facts.field_language or pinned.language,
            said=words,
            planned_at=locked.tx.now,
            rank=locked.rank(Kind.FIELD_STATUS),
            incident_id=locked.incident.id,
            tree=pinned.id,
        )
    )
    locked.record(FIELD_TOLD, subject=subject.value)
