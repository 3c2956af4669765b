"""Tells the field a second time: that a coordinator has it, or after ten minutes that nobody has answered yet."""

from dataclasses import replace
from datetime import datetime, timedelta

from alertnet.core.directory.contact import MethodKind
from alertnet.core.disclosure import Subject
from alertnet.core.incident import IN_CUSTODY
from alertnet.core.notification import Kind, PromptAnswer, PromptKind
from alertnet.flows.notifications.compose import said
from alertnet.flows.unit.locked_incident import LockedIncident
from alertnet.flows.unit.unit_of_work import NotificationDraft
from alertnet.store.records import prompts as prompt_store

NOBODY_YET_AFTER = timedelta(minutes=10)


def promise(locked: LockedIncident) -> None:
    """Remember to tell the phone that raised the incident how it fares, unless that phone is to be left alone."""
    facts = locked.facts
    if facts.raised_from is None or facts.field_silent or facts.type in IN_CUSTODY or not locked.escalations:
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


def tell_nobody_yet(locked: LockedIncident, promise_id: str) -> None:
    """Tell the field, ten minutes on, that nobody has answered yet and it should call as well."""
    _close(locked, promise_id, PromptAnswer.NOBODY_YET)
    _tell(locked, Subject.NOBODY, locked.tx.now)


def tell_has_it(locked: LockedIncident, at: datetime) -> None:
    """Tell the field, once, that a coordinator has acknowledged."""
    promise = prompt_store.promise_of(locked.tx.session, locked.incident.id, besides=PromptAnswer.NOBODY_YET)
    if promise is not None:
        _close(locked, promise.id, PromptAnswer.TOLD)
        _tell(locked, Subject.ACKNOWLEDGED, at)


def _close(locked: LockedIncident, promise_id: str, answer: PromptAnswer) -> None:
    prompt_store.answer(locked.tx.session, promise_id, answer, by=None, at=locked.tx.now)


def _tell(locked: LockedIncident, subject: Subject, at: datetime) -> None:
    tree = locked.every_escalation[0].tree
    pinned = locked.tree(tree)
    words = said(locked, tree)
    assert locked.facts.raised_from is not None
    locked.work.post(
        NotificationDraft(
            kind=Kind.FIELD_STATUS,
            contact=f"field/{locked.facts.team}" if locked.facts.team else "field",
            method=MethodKind.SMS,
            address=locked.facts.raised_from,
            language=locked.facts.field_language or pinned.language,
            said=replace(words, subject=subject, at=at),
            planned_at=locked.tx.now,
            rank=locked.rank(Kind.FIELD_STATUS),
            incident=locked.incident.id,
            tree=tree,
        )
    )
    locked.record("field_told", subject=subject.value)
