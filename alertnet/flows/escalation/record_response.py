"""Records an answer, by any proof: once, counted wherever the contact was told, and confirmed to it (A6)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial

from alertnet.core.codec import value
from alertnet.core.directory.contact import Contact
from alertnet.core.directory.contact_tree import Named
from alertnet.core.disclosure import Said, Subject
from alertnet.core.errors import Unknown, WrongState
from alertnet.core.escalation.advance import still_says
from alertnet.core.escalation.quorum import RECEIVED, AnswerKind, Via
from alertnet.core.escalation.state import Answered, Confirmed, Event, Received, Withdrawn, action_due
from alertnet.core.monitoring.metrics import ANSWERS, once
from alertnet.core.notification import Kind
from alertnet.flows.credentials.written_codes import known_code
from alertnet.flows.escalation.escalate import let_go, move
from alertnet.flows.notifications.answer_changes import announce, announce_revoked, revise, told_at
from alertnet.flows.notifications.cancel_messages import cancel_confirmations
from alertnet.flows.notifications.compose import coming, drafts, said
from alertnet.flows.notifications.field_reassurance import promise_again, tell_has_it
from alertnet.flows.unit.locked_incident import LockedIncident
from alertnet.store.records import answers
from alertnet.store.records.answers import CurrentAnswer, NewAnswer

SUBJECTS = {
    AnswerKind.ACKNOWLEDGED: Subject.ACKNOWLEDGED,
    AnswerKind.RELAYED: Subject.RELAYED,
    AnswerKind.DECLINED: Subject.DECLINED,
}


@value
class Response:
    """What a contact answers, and by which proof."""

    kind: AnswerKind
    via: Via
    address: str | None = None
    """Where it came from; one that only relays passes on whatever it says."""
    by: str | None = None
    note: str | None = None
    at: datetime | None = None
    """When it was given, if that was before now."""

    @property
    def is_vouched(self) -> bool:
        """Whether a coordinator knows that the contact takes charge."""
        return self.via is Via.VOUCHED and self.kind is AnswerKind.ACKNOWLEDGED


@value
class Recorded:
    """What was recorded, for the confirmation. `due_at`: by when an action is expected."""

    id: str
    kind: AnswerKind
    at: datetime
    due_at: datetime | None
    words: Said

    @property
    def confirmed_by(self) -> Kind:
        """The kind of message that confirms it to the contact."""
        return Kind.DECLINED if self.kind is AnswerKind.DECLINED else Kind.RECORDED


def respond(
    locked: LockedIncident, tree: str, contact_id: str, response: Response, *, replying: bool = False
) -> Recorded:
    """Record the answer and advance the escalations it counts in. The same again changes nothing, and returns the same.

    Nor does one that was given before the answer that counts now, which is returned.

    `replying`: the confirmation to its address is the reply to its own message, so none is sent there.

    Raises:
        WrongState: the incident is closed, or the contact is involved in it or barred from it.
    """
    tree, contact_id = locked.as_known_now(tree, contact_id)
    contact = respondent(locked, tree, contact_id)
    passes_on = _only_relays(contact, response.address)
    if passes_on and response.kind is AnswerKind.ACKNOWLEDGED:
        response = replace(response, kind=AnswerKind.RELAYED)
    before = locked.current_answers(tree, contact_id)
    if before and _was_changed_since(response, before[0]):
        return _recorded(locked, tree, contact, before[0].id, before[0].kind, before[0].at)
    if before and (passes_on or _says_the_same(locked, before, response)):
        if response.is_vouched:
            confirm(locked, tree, contact_id)
        return _recorded(locked, tree, contact, before[0].id, response.kind, before[0].at)
    new = _new(locked, tree, contact_id, response)
    _add(locked, new)
    _let_count(locked, tree, contact_id, response, before)
    recorded = _recorded(locked, tree, contact, new.id, response.kind, new.at)
    answered_there = response.address if replying else None
    leaves_at = told_at(locked, tree, contact_id) if before else locked.tx.now
    _confirm(locked, tree, contact, recorded, answered_there, leaves_at)
    if answered_there is not None and response.at is None:
        # The reply is kept among the notifications; one to a late text is sent by itself.
        for reply in drafts(locked, recorded.confirmed_by, tree, contact.only_at(answered_there), recorded.words):
            locked.work.post(reply, send=False)
    _tell_field(locked, tree, contact_id, recorded)
    return recorded


def _tell_field(locked: LockedIncident, tree: str, contact: str, recorded: Recorded) -> None:
    """Tell the field that a coordinator has taken charge, or arrange that it hears when none has any more."""
    if not locked.is_coordinator(tree, contact):
        return
    if recorded.kind is AnswerKind.ACKNOWLEDGED:
        tell_has_it(locked, recorded.at)
    else:
        promise_again(locked)


def _let_count(
    locked: LockedIncident, tree: str, contact_id: str, response: Response, before: list[CurrentAnswer]
) -> None:
    """Replace the contact's earlier answers by this one, and count it wherever the contact stands."""
    made: list[Callable[[str], Event]] = [partial(Answered, kind=response.kind, address=response.address)]
    for each in before:
        answers.revoke(locked.tx.session, each.id, locked.tx.now)
    if before and response.kind is AnswerKind.RELAYED:
        made.insert(0, Withdrawn)
    if response.is_vouched:
        made.append(Confirmed)
    move(locked, events_of(locked, tree, contact_id, *made))
    if before and response.kind is not AnswerKind.ACKNOWLEDGED:
        let_go(locked, tree, contact_id)


def revoke(
    locked: LockedIncident, acknowledgement: str, *, by: str | None = None, besides: tuple[str, str] | None = None
) -> None:
    """Revoke an answer. Where its level's rule is no longer met, the escalation goes on.

    `by`: who did so. `besides`: (tree, contact) of the coordinator who did, and need not hear of it.

    Raises:
        Unknown: the incident has no such answer.
        WrongState: it was already revoked.
    """
    given = answers.find(locked.tx.session, locked.incident.every_id, acknowledgement)
    if given is None:
        raise Unknown("acknowledgement", acknowledgement[:32])
    if given.revoked_at is not None:
        raise WrongState(f"acknowledgement {acknowledgement}", "revoked", "it can be revoked once")
    answers.revoke(locked.tx.session, given.id, locked.tx.now)
    locked.record("acknowledgement_revoked", acknowledgement=given.id, tree=given.tree, contact=given.contact, by=by)
    left = locked.current_answer(given.tree, given.contact)
    move(locked, events_of(locked, given.tree, given.contact, *taken_back(given.kind, left)))
    if left is None:
        cancel_confirmations(locked, given.tree, given.contact)
        let_go(locked, given.tree, given.contact)
    promise_again(locked)
    if by is not None and given.kind is AnswerKind.ACKNOWLEDGED and left is None and locked.is_open:
        announce_revoked(locked, given.contact, given.id, besides=besides)


def taken_back(gone: AnswerKind, left: CurrentAnswer | None) -> list[Callable[[str], Event]]:
    """What happens where an answer counts no more; `left`: another one of its giver, to merged reports, that does."""
    if left is None or left.kind is gone:
        return [] if left else [Withdrawn]
    made: list[Callable[[str], Event]] = [Withdrawn] if left.kind is AnswerKind.RELAYED else []
    return [*made, partial(Answered, kind=left.kind, address=left.address)]


def confirm(locked: LockedIncident, tree: str, contact_id: str) -> None:
    """Count the contact's answer wherever it was given, since a coordinator confirms it."""
    move(locked, events_of(locked, tree, contact_id, Confirmed))


def take_back(locked: LockedIncident, tree: str, contact_id: str) -> None:
    """Revoke all answers of the contact, since a coordinator knows that it does not take charge."""
    for answer in locked.current_answers(tree, contact_id):
        revoke(locked, answer.id)


def counted_in(locked: LockedIncident, tree: str, contact_id: str) -> list[tuple[str, str]]:
    """(tree, contact) wherever the recipient stands in an escalation, by a shared number or address."""
    same_recipient = locked.same_recipient(tree, contact_id)
    return [(its_tree, each.id) for its_tree, each in same_recipient if locked.escalation_of(its_tree)]


def respondent(locked: LockedIncident, tree: str, contact_id: str) -> Contact:
    """The contact, if it may answer.

    Raises:
        WrongState: the incident is closed, or the contact is involved in it or barred from it.
    """
    locked.must_be_open()
    if not locked.may_hear(tree, contact_id):
        raise WrongState(f"contact {contact_id}", "barred from this incident", "it can't answer for it")
    return locked.contact(tree, contact_id)


def events_of(
    locked: LockedIncident, tree: str, contact_id: str, *made: Callable[[str], Event]
) -> dict[str, list[Event]]:
    """The contact's events, in each tree where its answer counts."""
    events: dict[str, list[Event]] = {}
    for its_tree, id in counted_in(locked, tree, contact_id):
        events.setdefault(its_tree, []).extend(make(id) for make in made)
    return events


def _counting(locked: LockedIncident, tree: str, contact_id: str) -> list[Named]:
    """(tree, contact) by which the recipient is told of its answer: wherever it counts and the contact may be told."""
    same_recipient = locked.same_recipient(tree, contact_id)
    return [
        (id, each)
        for id, each in same_recipient
        if (id, each.id) == (tree, contact_id) or (locked.escalation_of(id) and locked.may_hear(id, each.id))
    ]


def _as_said_by(locked: LockedIncident, tree: str, contact: Contact, words: Said) -> Said:
    """The words as that tree says them, under its own name and callback number."""
    its = said(locked, tree, contact)
    return replace(words, sender=its.sender, organisation=its.organisation, callback=its.callback)


def _only_relays(contact: Contact, address: str | None) -> bool:
    methods = [method for method in contact.all_methods if method.address == address]
    return bool(methods) and all(method.relays for method in methods)


def _was_changed_since(response: Response, now: CurrentAnswer) -> bool:
    """Whether the contact has answered again since; one that passes it on from another number changes nothing."""
    if response.at is None or response.via is Via.VOUCHED or response.at >= now.at:
        return False
    return now.kind is not AnswerKind.RELAYED or now.address == response.address


def _says_the_same(locked: LockedIncident, given: list[CurrentAnswer], response: Response) -> bool:
    """Whether the answer adds nothing to those before.

    The same answer passed on by another number does add something, and so does one to merged reports that had each
    been answered differently.
    """
    kind, before = response.kind, given[0]
    if any(each.kind is not kind for each in given):
        return False
    if kind is AnswerKind.RELAYED and before.address != response.address:
        return False
    plans, states = locked.plans, locked.states
    counted = counted_in(locked, before.tree, before.contact)
    return all(still_says(plans[tree], states[tree], contact, kind) for tree, contact in counted)


def _new(locked: LockedIncident, tree: str, contact: str, response: Response) -> NewAnswer:
    return NewAnswer(
        id=locked.tx.entropy.id(),
        incident_id=locked.incident.id,
        tree=tree,
        contact=contact,
        kind=response.kind,
        via=response.via,
        at=response.at or locked.tx.now,
        address=response.address,
        by=response.by,
        note=response.note,
    )


def _add(locked: LockedIncident, new: NewAnswer) -> None:
    """Record an answer, or that a call was listened to."""
    locked.tx.counted.append(once(ANSWERS, new.kind, new.via))
    locked.work.add(new)
    locked.record(str(new.kind), tree=new.tree, contact=new.contact, via=new.via.value, acknowledgement=new.id)


def _recorded(locked: LockedIncident, tree: str, contact: Contact, id: str, kind: AnswerKind, at: datetime) -> Recorded:
    takes_charge = kind is AnswerKind.ACKNOWLEDGED
    due_at = action_due(locked.states.values()) if takes_charge else None
    following = coming(locked, locked.states, tree, contact.id) if takes_charge else None
    words = replace(
        said(locked, tree, contact),
        subject=SUBJECTS[kind],
        code=known_code(locked, tree, contact.id),
        at=at,
        due_at=due_at,
        **(following.words if following else {}),
    )
    return Recorded(id, kind, at, due_at, words)


def _confirm(
    locked: LockedIncident,
    tree: str,
    contact: Contact,
    recorded: Recorded,
    answered_there: str | None,
    at: datetime | None,
) -> None:
    """Tell the coordinators, and confirm it to all the contact's written methods, so that a stranger's answer is seen.

    `at`: when; None: with the other messages at the end of the hour.
    """
    kind = recorded.confirmed_by
    announce(locked, tree, contact.id, SUBJECTS[recorded.kind], recorded.id, at=at)
    if at is None:
        revise(locked, kind, tree, contact, recorded.words)
    else:
        for its_tree, its_contact in _counting(locked, tree, contact.id):
            elsewhere = its_contact.without((answered_there,))
            words = _as_said_by(locked, its_tree, elsewhere, recorded.words)
            messages = drafts(locked, kind, its_tree, elsewhere, words)
            locked.work.post_once(replace(each, leaves_at=at) for each in messages)


def record_receipt(locked: LockedIncident, tree: str, contact: str, address: str) -> None:
    """Record that the code of a call to that number was keyed, and delay its repeats."""
    heard = NewAnswer(
        id=locked.tx.entropy.id(),
        incident_id=locked.incident.id,
        tree=tree,
        contact=contact,
        kind=RECEIVED,
        via=Via.CALL,
        at=locked.tx.now,
        address=address,
    )
    _add(locked, heard)
    move(locked, events_of(locked, tree, contact, partial(Received, address=address)))
