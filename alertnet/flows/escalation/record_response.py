"""Records an answer, by any proof: once, counted wherever the contact was told, and confirmed to it (A6)."""

from collections.abc import Callable
from datetime import datetime

from alertnet.core.codec import extended, replace, value
from alertnet.core.directory.contact import Contact
from alertnet.core.disclosure import Said, Subject
from alertnet.core.errors import Unknown, WrongState
from alertnet.core.escalation.advance import still_says
from alertnet.core.escalation.quorum import RECEIVED, AnswerKind, Via
from alertnet.core.escalation.state import Answered, Confirmed, ContactEvent, Event, Received, Withdrawn, action_due
from alertnet.core.limits import ANSWER_CHANGES
from alertnet.core.monitoring.metrics import ANSWERS, once
from alertnet.core.notification import Kind, PromptAnswer
from alertnet.flows.credentials.written_codes import known_code
from alertnet.flows.escalation.decisions import DECIDED
from alertnet.flows.escalation.escalate import let_go, move
from alertnet.flows.notifications.cancel_messages import CONFIRMATIONS, cancel_confirmations, cancel_news_of
from alertnet.flows.notifications.compose import coming, drafts, notify_coordinators, said
from alertnet.flows.notifications.field_reassurance import promise_again, tell_has_it
from alertnet.flows.unit.locked_incident import LockedIncident, Recipient
from alertnet.store.records import answers, limits, notifications
from alertnet.store.records.answers import CurrentAnswer, NewAnswer, StoredAnswer

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
    """What was recorded, for the confirmation."""

    id: str
    kind: AnswerKind
    at: datetime
    words: Said

    @property
    def confirmed_by(self) -> Kind:
        """The kind of message that confirms it to the contact."""
        return Kind.DECLINED if self.kind is AnswerKind.DECLINED else Kind.RECORDED


def respond(
    recipient: Recipient, response: Response, *, replying: bool = False, also: Callable[[], None] = lambda: None
) -> Recorded:
    """Record the answer and advance the escalations it counts in. The same again changes nothing, and returns the same.

    Nor does one that was given before the answer that counts now, which is returned. Refused where the contact may not
    answer (`must_be_respondent`).

    `replying`: the confirmation to its address is the reply to its own message, so none is sent there. `also`: what
    else it decides thereby, which the confirmation then tells; left out where it has said the contrary since.
    """
    recipient, locked = recipient.as_known_now, recipient.locked
    must_be_respondent(recipient)
    passes_on = _only_relays(recipient.contact, response.address)
    if passes_on and response.kind is AnswerKind.ACKNOWLEDGED:
        response = replace(response, kind=AnswerKind.RELAYED)
    before = recipient.current_answers()
    if before and _was_changed_since(response, before[0]):
        if before[0].kind is response.kind:
            also()
        return _recorded(recipient, before[0].id, before[0].kind, before[0].at)
    if before and (passes_on or _says_the_same(locked, before, response)):
        if response.is_vouched:
            _vouch_for_what_was_said(recipient, response.by)
        also()
        return _recorded(recipient, before[0].id, response.kind, before[0].at)
    new = _new(recipient, response)
    _add(locked, new)
    _let_count(recipient, response, before)
    also()
    recorded = _recorded(recipient, new.id, response.kind, new.at)
    answered_there = response.address if replying else None
    leaves_at = _leaves_at(recipient, before)
    _confirm(recipient, recorded, answered_there, leaves_at)
    if answered_there is not None and response.at is None:
        # One to a late text is sent by itself.
        _keep_reply(replace(recipient, contact=recipient.contact.only_at(answered_there)), recorded)
    _tell_field(recipient, recorded)
    return recorded


def _leaves_at(recipient: Recipient, before: list[CurrentAnswer]) -> datetime | None:
    """When to tell of an answer (see `told_at`); at once, in place of what has not left yet of those before it."""
    locked = recipient.locked
    at = told_at(recipient) if before else locked.tx.now
    for each in before if at == locked.tx.now else ():
        cancel_news_of(locked, each.id)
    return at


def _keep_reply(there: Recipient, recorded: Recorded) -> None:
    """Keep the reply to the contact's own message among the notifications."""
    for reply in drafts(there, recorded.confirmed_by, recorded.words):
        there.locked.work.post(reply, send=False)


def _tell_field(recipient: Recipient, recorded: Recorded) -> None:
    """Tell the field that a coordinator has taken charge, or arrange that it hears when none has any more."""
    if not recipient.is_coordinator:
        return
    if recorded.kind is AnswerKind.ACKNOWLEDGED:
        tell_has_it(recipient.locked, recorded.at)
    else:
        promise_again(recipient.locked)


def _let_count(recipient: Recipient, response: Response, before: list[CurrentAnswer]) -> None:
    """Replace the contact's earlier answers by this one, and count it wherever the contact stands."""
    locked = recipient.locked
    happened: list[ContactEvent] = [Answered(recipient.id, response.kind, response.address)]
    for each in before:
        answers.revoke(locked.tx, each.id)
    if before and response.kind is AnswerKind.RELAYED:
        happened.insert(0, Withdrawn(recipient.id))
    if response.is_vouched:
        happened.append(Confirmed(recipient.id))
    move(locked, events_of(recipient, *happened))
    if before and response.kind is not AnswerKind.ACKNOWLEDGED:
        let_go(recipient)


def revoke(
    locked: LockedIncident, acknowledgement: str, *, by: str | None = None, besides: Recipient | None = None
) -> None:
    """Revoke an answer. Where its level's rule is no longer met, the escalation goes on.

    `by`: who did so. `besides`: the coordinator who did, and need not hear of it.
    """
    given = answers.find(locked.tx.session, locked.incident.every_id, acknowledgement)
    if given is None:
        raise Unknown("acknowledgement", acknowledgement[:32])
    if given.revoked_at is not None:
        raise WrongState(f"acknowledgement {acknowledgement}", "revoked", "it can be revoked once")
    answers.revoke(locked.tx, given.id)
    locked.record("acknowledgement_revoked", acknowledgement=given.id, tree=given.tree, contact=given.contact, by=by)
    giver = locked.recipient(given.tree, given.contact)
    left = giver.current_answer()
    move(locked, events_of(giver, *taken_back(given, left)))
    if left is None:
        cancel_confirmations(giver)
        let_go(giver)
    promise_again(locked)
    # Of whom they excluded, or learnt that it is accused, they have heard already.
    counted = given.contact not in locked.plans[given.tree].discredited
    if by is not None and counted and given.kind is AnswerKind.ACKNOWLEDGED and left is None and locked.is_open:
        cancel_news_of(locked, given.id)
        notify_coordinators(locked, Subject.REVOKED, given.contact, besides=besides)


def taken_back(gone: StoredAnswer, left: CurrentAnswer | None) -> list[ContactEvent]:
    """What happens where an answer counts no more; `left`: another one of its giver, to merged reports, that does."""
    withdrawn = Withdrawn(gone.contact)
    if left is None or left.kind is gone.kind:
        return [] if left else [withdrawn]
    answered = Answered(gone.contact, left.kind, left.address)
    return [withdrawn, answered] if left.kind is AnswerKind.RELAYED else [answered]


def confirm(recipient: Recipient) -> None:
    """Count the contact's answer wherever it was given, since a coordinator confirms it."""
    move(recipient.locked, events_of(recipient, Confirmed(recipient.id)))


def _vouch_for_what_was_said(recipient: Recipient, by: str | None) -> None:
    """Let a coordinator who vouches for what the contact has said itself confirm it, as a GO to that question does."""
    states = recipient.locked.states
    if any(each.id not in states[each.tree].confirmed for each in counted_in(recipient)):
        decided = {"decision": PromptAnswer.GO.value, "subject": Subject.CONFIRM.value}
        recipient.locked.record(DECIDED, **decided, tree=recipient.tree, contact=recipient.id, by=by)
        confirm(recipient)


def take_back(recipient: Recipient, *, by: str | None = None) -> None:
    """Revoke all answers of the contact, since a coordinator knows that it does not take charge, or excludes it."""
    for answer in recipient.current_answers():
        revoke(recipient.locked, answer.id, by=by)


def counted_in(recipient: Recipient) -> list[Recipient]:
    """The recipient wherever it stands in an escalation, by a shared number or address."""
    return [each for each in recipient.same if each.escalation]


def must_be_respondent(recipient: Recipient) -> None:
    """Refuse an answer to a closed incident, and one of a contact that is involved in it or barred from it."""
    recipient.locked.must_be_open()
    if not recipient.may_hear:
        raise WrongState(f"contact {recipient.id}", "barred from this incident", "it can't answer for it")


def events_of(recipient: Recipient, *happened: ContactEvent) -> dict[str, list[Event]]:
    """The contact's events, in each tree where its answer counts, under its name there."""
    events: dict[str, list[Event]] = {}
    for each in counted_in(recipient):
        events.setdefault(each.tree, []).extend(replace(event, contact=each.id) for event in happened)
    return events


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
    return still_counts(locked, before)


def still_counts(locked: LockedIncident, answer: CurrentAnswer) -> bool:
    """Whether the answer is the one that counts wherever its giver stands; not once that was asked again."""
    plans, states = locked.plans, locked.states
    counted = counted_in(locked.recipient(answer.tree, answer.contact))
    return all(still_says(plans[each.tree], states[each.tree], each.id, answer.kind) for each in counted)


def _new(recipient: Recipient, response: Response) -> NewAnswer:
    locked = recipient.locked
    return extended(
        NewAnswer,
        response,
        id=locked.tx.entropy.id(),
        incident_id=locked.incident.id,
        tree=recipient.tree,
        contact=recipient.id,
        at=response.at or locked.tx.now,
    )


def _add(locked: LockedIncident, new: NewAnswer) -> None:
    """Record an answer, or that a call was listened to."""
    locked.tx.counted.append(once(ANSWERS, new.kind, new.via))
    locked.work.add(new)
    locked.record(str(new.kind), tree=new.tree, contact=new.contact, via=new.via.value, acknowledgement=new.id)


def as_recorded(recipient: Recipient, number: str) -> Recorded | None:
    """The answer that counts now, for another confirmation there; None where there is none, or that number is asked."""
    answer = recipient.current_answer()
    if answer is None or not still_counts(recipient.locked, answer):
        return None
    if answer.kind is AnswerKind.RELAYED and answer.address != number:
        return None
    return _recorded(recipient, answer.id, answer.kind, answer.at)


def _recorded(recipient: Recipient, id: str, kind: AnswerKind, at: datetime) -> Recorded:
    takes_charge, states = kind is AnswerKind.ACKNOWLEDGED, recipient.locked.states
    due_at = action_due(states.values()) if takes_charge else None
    following = coming(recipient, states) if takes_charge else None
    words = replace(
        said(recipient),
        subject=SUBJECTS[kind],
        code=known_code(recipient),
        at=at,
        due_at=due_at,
        **(following.words if following else {}),
    )
    return Recorded(id, kind, at, words)


def _confirm(recipient: Recipient, recorded: Recorded, answered_there: str | None, at: datetime | None) -> None:
    """Tell the coordinators, and confirm it to all the contact's written methods, so that a stranger's answer is seen.

    `at`: when; None: with the other messages at the end of the hour.
    """
    kind = recorded.confirmed_by
    announce(recipient, SUBJECTS[recorded.kind], recorded.id, at=at)
    if at is None:
        _revise(recipient, kind, recorded.words)
        return
    # Wherever the answer counts and the contact may be told, its tree there tells it, in its own name.
    counting = (each for each in recipient.same if each.name == recipient.name or (each.escalation and each.may_hear))
    for each in counting:
        elsewhere = replace(each, contact=each.contact.without((answered_there,)))
        its = said(elsewhere)
        words = replace(recorded.words, sender=its.sender, organisation=its.organisation, callback=its.callback)
        messages = drafts(elsewhere, kind, words)
        recipient.locked.work.post_once(replace(message, leaves_at=at) for message in messages)


def told_at(recipient: Recipient) -> datetime | None:
    """Count one more change of an answer or report of action, and return when to tell it (B9).

    A few are told at once, the rest in one message at the end of the hour; None: it goes with that message. Each counts
    and is on record, whether told or not.
    """
    # One count for a recipient, whichever of its contacts answers.
    locked, (tree, first) = recipient.locked, min(recipient.names)
    return limits.tell_at(locked.tx, ANSWER_CHANGES, f"{locked.incident.id} {tree}/{first}")


def announce(recipient: Recipient, subject: Subject, answer: str | None, *, at: datetime | None) -> None:
    """Tell the other coordinators of the contact's answer now, or at the end of the hour that there was more.

    `at`: when (see `told_at`). `answer`: the answer whose page they are given.
    """
    locked, contact = recipient.locked, recipient.id
    if at == locked.tx.now:
        notify_coordinators(locked, subject, contact, besides=recipient, acknowledgement=answer)
    elif at is not None:
        notify_coordinators(locked, Subject.MORE_ANSWERS, contact, besides=recipient, leaves_at=at)


def _revise(recipient: Recipient, kind: Kind, words: Said) -> None:
    """Rewrite confirmations that wait for the end of the hour, so that they say what is true now."""
    locked, said = recipient.locked, replace(words, timezone=recipient.contact.timezone)
    notifications.revise(locked.tx, locked.incident.id, recipient.names, CONFIRMATIONS, kind, said)


def record_receipt(recipient: Recipient, address: str) -> None:
    """Record that the code of a call to that number was keyed, and delay its repeats."""
    locked = recipient.locked
    heard = NewAnswer(
        id=locked.tx.entropy.id(),
        incident_id=locked.incident.id,
        tree=recipient.tree,
        contact=recipient.id,
        kind=RECEIVED,
        via=Via.CALL,
        at=locked.tx.now,
        address=address,
    )
    _add(locked, heard)
    move(locked, events_of(recipient, Received(recipient.id, address)))
