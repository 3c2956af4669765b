"""Written codes: one for each recipient and incident, unique among all codes of the recipient's numbers (B4)."""

from collections.abc import Sequence

from alertnet.core.directory.contact import RINGING
from alertnet.flows.unit.locked_incident import LockedIncident, Recipient
from alertnet.store.db.tx import Tx
from alertnet.store.records import incidents
from alertnet.store.records.credentials import codes
from alertnet.store.records.credentials.codes import Code, HeldCode, NewCode, NewCodeNumber
from alertnet.store.views.incident_list import drill_and_text


def written_code(recipient: Recipient) -> Code | None:
    """The recipient's code in this incident, the same in every message and tree; made when first needed.

    None where its numbers hold so many open codes that no other is left; the recipient then answers by link or call.
    """
    locked, same = recipient.locked, recipient.same
    known = known_codes(locked)
    for each in same:
        if each.name in known and (code := good_from(locked, known[each.name], same)):
            return code
    code = new_code(locked, same, of=recipient)
    if code is not None:
        known[recipient.name] = code
    return code


def good_from(locked: LockedIncident, code: Code, same_recipient: Sequence[Recipient]) -> Code | None:
    """Make the code valid also from the phone of whoever is on duty and from new numbers; returns the code.

    None where that number has the same code for another incident, so that the recipient needs a new one.
    """
    if locked.incident.replanned_at is None and not any(each.contact.duty for each in same_recipient):
        return code
    there = {each.index for each in codes.numbers_of(locked.tx.session, code.id)}
    there |= {each.number_index for each in locked.work.pending.waiting(NewCodeNumber) if each.code_id == code.id}
    fresh = {
        number: owner
        for number, owner in owners_of(same_recipient).items()
        if there.isdisjoint(locked.tx.vault.indexes(number))
    }
    numbers = [index for number in fresh for index in locked.tx.vault.indexes(number)]
    if numbers and locked.prefetch.code_pool.holds(numbers, code.text):
        return None
    _let_answer(locked, code, fresh)
    return code


def owners_of(same_recipient: Sequence[Recipient]) -> dict[str, tuple[str, str, bool]]:
    """(tree, contact, whether it only relays) of each number of the recipient."""
    return {
        method.address: (*each.name, method.relays)
        for each in reversed(same_recipient)
        for method in reversed(each.contact.at_hand)
        if method.kind in RINGING
    }


def known_code(recipient: Recipient) -> str | None:
    """The recipient's code if it has one; makes none."""
    known = known_codes(recipient.locked)
    return next((known[each.name].text for each in recipient.same if each.name in known), None)


def readable_codes(tx: Tx, number: str) -> list[HeldCode]:
    """All codes that the number was ever sent, as `told_codes`, without those of incidents that can't be read (A11)."""
    told = codes.told_codes(tx, number)
    known = {each.id for each in incidents.get_readable(tx.session, {code.incident for code in told})} if told else ()
    return [code for code in told if code.incident in known]


def about_what_is_real(tx: Tx, held: Sequence[HeldCode]) -> list[HeldCode]:
    """Those of the codes that are not of a drill."""
    marks = {id: drill_and_text(tx.session, id) for id in {code.incident for code in held}}
    drills = {id for id, mark in marks.items() if mark is not None and mark[0]}
    return [code for code in held if code.incident not in drills]


def mark_open(locked: LockedIncident, is_open: bool) -> None:
    """Mark whether the codes' incident is open.

    On reopening, codes that one of their numbers now has for another incident are voided.
    """
    if is_open:
        for code_id in codes.given_anew(locked.tx.session, locked.incident.every_id):
            void(locked, code_id)
            codes.give_up(locked.tx.session, code_id)
    codes.mark_open(locked.tx.session, locked.incident.every_id, is_open)


def void(locked: LockedIncident, code_id: str) -> None:
    """Void a code; the next message to the recipient carries a new one."""
    codes.void(locked.tx, code_id)
    locked.known_codes = {key: code for key, code in known_codes(locked).items() if code.id != code_id}


def new_code(
    locked: LockedIncident, holders: Sequence[Recipient], *, of: Recipient | None = None, prompt: str | None = None
) -> Code | None:
    """A new code that is valid from any number of its holders; None where no other is left for these numbers.

    `of`: whose it is, unless all coordinators share it for a question or alarm. `prompt`: the one for which a single
    coordinator has it, in place of the shared one.
    """
    owners = owners_of(holders)
    numbers = [index for number in owners for index in locked.tx.vault.indexes(number)]
    text = locked.prefetch.code_pool.draw(numbers)
    if text is None:
        return None
    code = Code(locked.tx.entropy.id(), text)
    locked.work.add(
        NewCode(
            id=code.id,
            incident_id=locked.incident.id,
            tree=of.tree if of else None,
            contact=of.id if of else None,
            text=code.text,
            code_hash=locked.tx.vault.code_hash(code.text),
            created_at=locked.tx.now,
            prompt_id=prompt,
        )
    )
    _let_answer(locked, code, owners)
    return code


def _let_answer(locked: LockedIncident, code: Code, owners: dict[str, tuple[str, str, bool]]) -> None:
    """Make the code valid from those numbers."""
    code_hash = locked.tx.vault.code_hash(code.text)
    for number, (tree, contact, relays) in owners.items():
        locked.work.add(
            NewCodeNumber(
                code_id=code.id,
                number_index=locked.tx.vault.index(number),
                code_hash=code_hash,
                tree=tree,
                contact=contact,
                relays=relays,
            )
        )


def known_codes(locked: LockedIncident) -> dict[tuple[str, str], Code]:
    if locked.known_codes is None:
        # A recipient with its own code and one of a merged part, by which it was told as well, uses its own now.
        known = [locked.prefetch.read(codes.of_contacts, id) for id in reversed(locked.incident.every_id)]
        locked.known_codes = dict(each for found in known for each in found)
    return locked.known_codes
