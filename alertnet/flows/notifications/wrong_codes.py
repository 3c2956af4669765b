"""Counts codes that are wrong for the number they come from, per incident, over SMS, keypad and page (B4, B9).

Five wrong codes void those of the number and issue new ones once; after five more, nothing from that number counts in
that incident. The contact's other numbers, its link, and our calls to it go on, because a number can be forged.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from alertnet.core.codec import value
from alertnet.core.directory.contact import Method, MethodKind
from alertnet.core.disclosure import Said, Subject
from alertnet.core.limits import FOREIGN_CODES, Guesses, Verdict
from alertnet.core.notification import Kind
from alertnet.flows.credentials.page_links import link_token
from alertnet.flows.credentials.written_codes import new_code, void, written_code
from alertnet.flows.notifications.compose import drafts, notify_coordinators, said
from alertnet.flows.notifications.prompts import text_code
from alertnet.flows.unit.locked_incident import LockedIncident, Recipient, take_up
from alertnet.store.db.tx import Tx
from alertnet.store.records import incidents as incident_store
from alertnet.store.records import limits
from alertnet.store.records import prompts as prompt_store
from alertnet.store.records.credentials import codes
from alertnet.store.records.credentials import guesses as guess_store
from alertnet.store.records.credentials.codes import HeldCode, holders

MOST_REPORTED = 5
"""The most incidents in which one text is reported as having somebody else's code."""


@value
class Consequence:
    """What a number is told about its wrong codes in an incident: its new code, or how to answer instead."""

    holder: Recipient
    words: Said


def judge_wrong(tx: Tx, number: str, texts: Collection[str], told: Sequence[HeldCode]) -> list[Consequence]:
    """Count codes that this number was never sent, and report those of others. `told`: the codes that it was sent.

    Returns what the number is to hear of it, by `tell_number` or in a reply. A number that holds codes itself is not
    told whose codes they are.
    """
    owners = holders(tx, texts)
    foreign = sorted({each for owner in owners.values() for each in owner}, key=lambda each: each[0])[:MOST_REPORTED]
    slips = sum(text not in owners for text in texts)
    mine = {code.incident for code in told} if slips else set()
    usage = {incident: limits.usage(tx, FOREIGN_CODES, incident) for incident, _ in foreign}
    told_of = {incident for incident, used in usage.items() if FOREIGN_CODES.room(used, tx.now) > 0}
    # Lock incidents first, in the order of their ids, then what is counted, so that no two flows wait for each other.
    if ids := sorted(mine | told_of):
        incident_store.lock(tx.session, ids)
    for incident, contact in foreign:
        if incident in told_of:
            _report_foreign(tx, number, incident, contact)
        else:
            limits.use(tx, FOREIGN_CODES, incident)
    return count_wrong_tries(tx, number, told, slips) if mine else []


def count_wrong_tries(tx: Tx, number: str, told: Sequence[HeldCode], tries: int) -> list[Consequence]:
    """Count wrong codes against the number in each open incident that sent it any, and apply the consequences."""
    ids = sorted({code.incident for code in told})
    # Simultaneous tries wait here, so that two count as two.
    incident_store.lock(tx.session, ids)
    before = guess_store.read(tx, ids, number)
    counting = [id for id in ids if before.get(id, Guesses()).locked_at is None]
    after = {id: before.get(id, Guesses()).wrong(tx.now, tries) for id in counting}
    guess_store.keep(tx, number, before, {id: each for id, (each, _) in after.items()})
    return _carry_out(tx, number, told, {id: verdict for id, (_, verdict) in after.items()})


def tell_number(number: str, consequences: Iterable[Consequence]) -> None:
    """Tell the number by texts of their own, where it takes texts."""
    for each in consequences:
        there = replace(each.holder, contact=each.holder.contact.only_at(number))
        for draft in drafts(there, Kind.NOT_UNDERSTOOD, each.words):
            there.locked.work.post(draft)
        there.locked.finish()


def _carry_out(tx: Tx, number: str, told: Sequence[HeldCode], verdicts: Mapping[str, Verdict]) -> list[Consequence]:
    consequences = []
    for incident, verdict in verdicts.items():
        if verdict is Verdict.COUNTED:
            continue
        locked, own = take_up(tx, incident), [code for code in told if code.incident == incident]
        holder, is_renewed = locked.recipient(own[0].tree, own[0].contact), verdict is Verdict.RENEWED
        words = _renew(locked, number, own) if is_renewed else _lock_out(locked, number, own)
        locked.record("codes_voided" if is_renewed else "number_locked_out", tree=holder.tree, contact=holder.id)
        notify_coordinators(locked, Subject.WRONG_CODES if is_renewed else Subject.LOCKED_OUT, holder.id)
        locked.finish()
        if words is not None:
            consequences.append(Consequence(holder, words))
    return consequences


def _renew(locked: LockedIncident, number: str, own: Sequence[HeldCode]) -> Said | None:
    """Void the number's codes and issue new ones; returns the words for the number itself, if it had its own code."""
    words = None
    for code in [code for code in own if code.counts]:
        recipient = locked.recipient(code.tree, code.contact)
        if code.prompt is not None:
            # All coordinators share it, and one's mistakes must not lock out another.
            codes.void_at(locked.tx, code.id, number)
            prompt = prompt_store.get(locked.tx.session, code.prompt)
            if prompt.is_open and recipient.may_hear:
                fresh = new_code(locked, recipient.same, prompt=prompt.id)
                locked.work.flush()
                text_code(recipient, prompt, fresh)
            continue
        void(locked, code.id)
        if recipient.may_hear and (fresh := written_code(recipient)):
            words = replace(_words(recipient, number), code=fresh.text)
            elsewhere = replace(recipient, contact=recipient.contact.without((number,)))
            for draft in drafts(elsewhere, Kind.NOT_UNDERSTOOD, replace(words, link=None)):
                locked.work.post(draft)
    return words


def _lock_out(locked: LockedIncident, number: str, own: Sequence[HeldCode]) -> Said | None:
    code = next((code for code in own if code.prompt is None), own[0])
    recipient = locked.recipient(code.tree, code.contact)
    return _words(recipient, number) if recipient.may_hear else None


def _words(recipient: Recipient, number: str) -> Said:
    """What a number is told about its wrong codes; the link stays valid whatever becomes of them."""
    escalation = next((each.escalation.id for each in recipient.same if each.escalation), None)
    words = replace(said(recipient), subject=Subject.WRONG_CODES)
    if escalation is None:
        return words
    by_text = Method(MethodKind.SMS, number)
    _, token = link_token(recipient, by_text, escalation_id=escalation)
    return replace(words, link=token)


def _report_foreign(tx: Tx, number: str, incident: str, contact: str | None) -> None:
    before = limits.hold(tx, FOREIGN_CODES, incident)
    limits.keep(tx, FOREIGN_CODES, incident, replace(FOREIGN_CODES.use(before, tx.now), dropped=0))
    if not FOREIGN_CODES.room(before, tx.now):
        return
    locked = take_up(tx, incident)
    untold = {"untold": before.dropped} if before.dropped else {}
    locked.record("foreign_code", contact=contact, sender=f"…{number[-4:]}", **untold)
    notify_coordinators(locked, Subject.FOREIGN_CODE, contact)
    locked.finish()
