"""Written codes: one for each recipient and incident, unmistakable among all of its numbers (B4)."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import BindParameter, Row, bindparam, select, update
from sqlalchemy.orm import Session

from alertnet.core.directory.contact import RINGING, Contact
from alertnet.flows.unit.locked_incident import Code, LockedIncident
from alertnet.store.db.by_incident import by_incident
from alertnet.store.db.prepared import Prepared
from alertnet.store.records.credentials.codes import NewCode, NewCodeNumber
from alertnet.store.tables import code_numbers, codes

_INCIDENTS: BindParameter[Any] = bindparam("incidents", expanding=True)
_CODES = Prepared(
    select(codes.c.incident_id, codes.c.id, codes.c.tree, codes.c.contact, codes.c.code)
    .where(codes.c.incident_id.in_(_INCIDENTS), codes.c.voided_at.is_(None), codes.c.contact.is_not(None))
    .order_by(codes.c.created_at)
)
_LATER = code_numbers.alias()
_GIVEN_ANEW = (
    select(code_numbers.c.code_id)
    .join(
        _LATER,
        (_LATER.c.code_hash == code_numbers.c.code_hash) & (_LATER.c.number_index == code_numbers.c.number_index),
    )
    .where(_LATER.c.open, ~code_numbers.c.open)
)
"""Codes of closed incidents that one of their numbers holds for another one, which is open."""


def written_code(locked: LockedIncident, tree: str, contact: Contact) -> Code | None:
    """The recipient's code in this incident, the same in every message and tree; made at the first need.

    None when its numbers hold so many open codes that no other is left: it then answers by link or call.
    """
    same_recipient = locked.same_recipient(tree, contact.id)
    known = known_codes(locked)
    for its_tree, each in same_recipient:
        if (its_tree, each.id) in known and (code := good_from(locked, known[its_tree, each.id], same_recipient)):
            return code
    code = _make(locked, same_recipient, tree, contact.id)
    if code is not None:
        known[tree, contact.id] = code
    return code


def good_from(locked: LockedIncident, code: Code, same_recipient: Sequence[tuple[str, Contact]]) -> Code | None:
    """The code, which from now on is good from the phone of whoever is on duty as well, and from a number that is new.

    None where that number has such a code of another incident: it then needs another.
    """
    if locked.incident.replanned_at is None and not any(each.duty for _, each in same_recipient):
        return code
    written = select(code_numbers.c.number_index).where(code_numbers.c.code_id == code.id)
    there = {*locked.tx.session.scalars(written)}
    there |= {each.number_index for each in locked.work.pending.waiting(NewCodeNumber) if each.code_id == code.id}
    fresh = {
        number: owner
        for number, owner in owners_of(same_recipient).items()
        if locked.tx.vault.index(number) not in there
    }
    numbers = [index for number in fresh for index in locked.tx.vault.indexes(number)]
    if numbers and locked.prefetch.code_pool.holds(numbers, code.text):
        return None
    _let_answer(locked, code, fresh)
    return code


def owners_of(same_recipient: Sequence[tuple[str, Contact]]) -> dict[str, tuple[str, str, bool]]:
    """(tree, contact, whether it only relays) of each number of the recipient."""
    return {
        method.address: (its_tree, each.id, method.relays)
        for its_tree, each in reversed(same_recipient)
        for method in reversed(each.at_hand)
        if method.kind in RINGING
    }


def known_code(locked: LockedIncident, tree: str, contact: str) -> str | None:
    """The recipient's code, if it has one: nothing is made."""
    known = known_codes(locked)
    return next(
        (known[id, each.id].text for id, each in locked.same_recipient(tree, contact) if (id, each.id) in known), None
    )


def decision_code(locked: LockedIncident) -> Code | None:
    """A code of its own for one question or alarm, valid from any coordinator's number."""
    return _make(locked, locked.coordinators(), None, None)


def void_there(locked: LockedIncident, code_id: str, number: str) -> None:
    """Void a code from that number alone: others share it."""
    mine = code_numbers.c.number_index.in_(locked.tx.vault.indexes(number))
    change = update(code_numbers).where(code_numbers.c.code_id == code_id, mine)
    locked.tx.session.execute(change.values(voided_at=locked.tx.now, code_hash=None))


def code_in_place(locked: LockedIncident, prompt: str, tree: str, contact: Contact) -> Code | None:
    """A code for an alarm or question that one coordinator alone has, in place of the one that all share."""
    return _make(locked, locked.same_recipient(tree, contact.id), None, None, prompt=prompt)


def codes_in_place(locked: LockedIncident, prompt: str) -> dict[tuple[str, str], Code]:
    """The codes of a prompt that one coordinator alone has, by (tree, contact)."""
    query = (
        select(codes.c.id, codes.c.code, code_numbers.c.tree, code_numbers.c.contact)
        .join(code_numbers, code_numbers.c.code_id == codes.c.id)
        .where(codes.c.incident_id == locked.incident.id, codes.c.alarm_id == prompt, codes.c.voided_at.is_(None))
    )
    return {(row.tree, row.contact): Code(row.id, row.code) for row in locked.tx.session.execute(query)}


def mark_open(locked: LockedIncident, is_open: bool) -> None:
    """Let the numbers know whether the incident of their codes is open; what others hold meanwhile is void."""
    own = select(codes.c.id).where(codes.c.incident_id == locked.incident.id)
    if is_open:
        for code_id in locked.tx.session.scalars(own.where(codes.c.id.in_(_GIVEN_ANEW))).all():
            void(locked, code_id)
    change = update(code_numbers).where(code_numbers.c.code_id.in_(own))
    locked.tx.session.execute(change.values(open=is_open))


def void(locked: LockedIncident, code_id: str) -> None:
    """Void a code; the next message to the recipient carries a fresh one."""
    locked.tx.session.execute(update(codes).where(codes.c.id == code_id).values(voided_at=locked.tx.now))
    locked.tx.session.execute(update(code_numbers).where(code_numbers.c.code_id == code_id).values(code_hash=None))
    locked.known_codes = {key: code for key, code in known_codes(locked).items() if code.id != code_id}


def _make(
    locked: LockedIncident,
    same_recipient: Sequence[tuple[str, Contact]],
    tree: str | None,
    contact: str | None,
    *,
    prompt: str | None = None,
) -> Code | None:
    owners = owners_of(same_recipient)
    numbers = [index for number in owners for index in locked.tx.vault.indexes(number)]
    text = locked.prefetch.code_pool.draw(numbers)
    if text is None:
        return None
    code = Code(locked.tx.entropy.id(), text)
    locked.work.add(
        NewCode(
            id=code.id,
            incident_id=locked.incident.id,
            tree=tree,
            contact=contact,
            text=code.text,
            code_hash=locked.tx.vault.code_hash(code.text),
            created_at=locked.tx.now,
            prompt_id=prompt,
        )
    )
    _let_answer(locked, code, owners)
    return code


def _let_answer(locked: LockedIncident, code: Code, owners: dict[str, tuple[str, str, bool]]) -> None:
    """Let the code be good from those numbers."""
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
        rows = locked.prefetch.read(_read_codes, locked.incident.id)
        locked.known_codes = {(row.tree, row.contact): Code(row.id, row.code) for row in rows}
    return locked.known_codes


def _read_codes(session: Session, incidents: Collection[str]) -> dict[str, list[Row[Any]]]:
    return by_incident(session, _CODES, incidents, lambda row: row)
