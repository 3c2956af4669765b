"""Stored written codes: the table `codes`, and `code_numbers` with the numbers that each is valid from (B4).

A contact has one code in an incident. A prompt has one that any coordinator may use, and another for a coordinator who
lost it. Numbers are stored as blind indexes only.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, bindparam, case, delete, false, func, select, true, tuple_, update

from alertnet.core.codec import value
from alertnet.core.incident import IncidentStatus
from alertnet.core.notification import FIRST_OF_DRILLS
from alertnet.store.db.session import Session
from alertnet.store.db.statements import NewRow, Prepared, by_incident
from alertnet.store.db.tx import Tx
from alertnet.store.records.credentials import lost_codes
from alertnet.store.tables import (
    ACTING,
    IS_OF_CLOSED,
    IS_OF_OPEN,
    alarms,
    attempts,
    code_numbers,
    codes,
    guesses,
    incidents,
)

KEPT_AFTER_CLOSING = timedelta(days=7)
_GIVEN_HERE = "numbers_given_codes"


@dataclass(frozen=True, slots=True)
class Code:
    id: str
    text: str


@dataclass(frozen=True, slots=True)
class HoldingNumber:
    """A number that a code is valid from, and whose it was when it became so."""

    index: bytes
    tree: str
    contact: str


@dataclass(frozen=True, slots=True)
class HeldCode:
    """A code that a number was sent, with its contact; `prompt`: the alarm or question that it belongs to.

    `counts`: whether it is valid from that number. `asks`: whether something still waits for it.
    """

    id: str
    text: str
    incident: str
    tree: str
    contact: str
    prompt: str | None
    counts: bool = True
    asks: bool = True


@value
class NewCode(NewRow):
    """A code that is being made; `contact` None: that of a decision, for any coordinator."""

    table = codes
    stored_as = (("text", "code"), ("prompt_id", "alarm_id"))

    id: str
    incident_id: str
    tree: str | None
    contact: str | None
    text: str
    code_hash: bytes
    created_at: datetime
    prompt_id: str | None
    wrong_tries: int = 0


@value
class NewCodeNumber(NewRow):
    """A number that a code is valid from, and whose it is."""

    table = code_numbers

    code_id: str
    number_index: bytes
    code_hash: bytes
    tree: str
    contact: str
    relays: bool
    open: bool = True


_KNOWN = Prepared(
    select(*codes.c["incident_id", "tree", "contact", "id", "code"])
    .where(codes.c.incident_id.in_(bindparam("incidents")), codes.c.voided_at.is_(None), codes.c.contact.is_not(None))
    .order_by(codes.c.created_at)
)
_TEXT = Prepared(select(codes.c.code).where(codes.c.id == bindparam("id")))
_LATER = code_numbers.alias()
_GIVEN_ANEW = (
    select(code_numbers.c.code_id)
    .join(
        _LATER,
        (_LATER.c.code_hash == code_numbers.c.code_hash) & (_LATER.c.number_index == code_numbers.c.number_index),
    )
    .where(_LATER.c.open, ~code_numbers.c.open)
)
"""Codes of closed incidents that one of their numbers also has for another, open incident."""
# Statements of the hot paths are built once: building one costs as much as running it.
_WITH_HASH = select(code_numbers.c.code_hash, code_numbers.c.number_index).where(
    code_numbers.c.code_hash.in_(bindparam("hashes"))
)
# For open incidents an index alone answers: one phone may hold thousands of codes, and each draw meets most.
_HELD = Prepared(
    _WITH_HASH.where(IS_OF_OPEN).union_all(
        _WITH_HASH.join(codes, codes.c.id == code_numbers.c.code_id)
        .join(incidents, incidents.c.id == codes.c.incident_id)
        .where(IS_OF_CLOSED, incidents.c.closed_at > bindparam("lately")),
        lost_codes.HELD,
    )
)
_THEIRS, _OTHERS = code_numbers.alias(), codes.alias()
# Asked separately for each number, so that no planner joins all open ones, or all codes, before it looks for these.
_OWN = select(codes.c.incident_id).where(codes.c.id == code_numbers.c.code_id).correlate(code_numbers).scalar_subquery()
_IS_REAL = (
    select(attempts.c.id)
    .where(attempts.c.incident_id == _OTHERS.c.incident_id, attempts.c.rank < FIRST_OF_DRILLS)
    .correlate(_OTHERS)
    .limit(1)
    .scalar_subquery()
)
_ANOTHER = (
    select(_OTHERS.c.id)
    .join(_THEIRS, _THEIRS.c.code_id == _OTHERS.c.id)
    .where(_THEIRS.c.number_index == code_numbers.c.number_index, _THEIRS.c.open)
    .where(_OTHERS.c.incident_id != _OWN, _IS_REAL.is_not(None))
    .limit(1)
    .scalar_subquery()
)
_BESIDE_ANOTHER = Prepared(
    select(code_numbers.c.code_id).where(code_numbers.c.code_id.in_(bindparam("ids")), _ANOTHER.is_not(None))
)
_IN_PLACE_OF_PROMPT = Prepared(
    select(codes.c.id, codes.c.code, code_numbers.c.tree, code_numbers.c.contact)
    .join(code_numbers, code_numbers.c.code_id == codes.c.id)
    .where(codes.c.incident_id == bindparam("incident"), codes.c.alarm_id == bindparam("prompt"))
    .where(codes.c.voided_at.is_(None))
)
_IN_PLACE = alarms.alias()
"""The alarm of a code that one coordinator has instead of the alarm's own."""
_WHOLE = incidents.alias()
"""The incident that acts for a code's incident; a code of a part is valid as long as one of the whole."""
_IS_VOID = codes.c.voided_at.is_not(None) | code_numbers.c.voided_at.is_not(None) | guesses.c.locked_at.is_not(None)


def _sent_to(counts: Any) -> Select[Any]:
    """The codes that those numbers were ever sent; `counts`: the condition by which one is valid."""
    return (
        select(
            codes.c.id,
            codes.c.code,
            ACTING.label("incident_id"),
            code_numbers.c.tree,
            code_numbers.c.contact,
            func.coalesce(codes.c.alarm_id, alarms.c.id).label("prompt"),
            case((counts, true()), else_=false()).label("counts"),
            func.coalesce(alarms.c.due_at, _IN_PLACE.c.due_at).label("due_at"),
        )
        .join(code_numbers, code_numbers.c.code_id == codes.c.id)
        .join(incidents, incidents.c.id == codes.c.incident_id)
        .join(_WHOLE, _WHOLE.c.id == ACTING)
        .outerjoin(alarms, alarms.c.code_id == codes.c.id)
        .outerjoin(_IN_PLACE, _IN_PLACE.c.id == codes.c.alarm_id)
        .outerjoin(guesses, (guesses.c.incident_id == ACTING) & (guesses.c.number_index == code_numbers.c.number_index))
        .where(code_numbers.c.number_index.in_(bindparam("numbers")), _WHOLE.c.purged_at.is_(None))
    )


_SENT = Prepared(
    _sent_to((code_numbers.c.open | (_WHOLE.c.closed_at > bindparam("lately"))) & ~_IS_VOID)
    .where(codes.c.code_hash.in_(bindparam("hashes")))
    .order_by(code_numbers.c.open, codes.c.created_at)
)
_TOLD = Prepared(_sent_to(~_IS_VOID).where(code_numbers.c.open).order_by(codes.c.created_at, codes.c.id))


def of_contacts(session: Session, incidents: Collection[str]) -> dict[str, list[tuple[tuple[str, str], Code]]]:
    """For each incident the contacts, as (tree, contact), with their own valid codes, oldest first."""
    return by_incident(session, _KNOWN, incidents, lambda row: ((row.tree, row.contact), Code(row.id, row.code)))


def get(session: Session, id: str) -> Code | None:
    found = _TEXT.first(session, {"id": id})
    return None if found is None else Code(id, found.code)


def shared(session: Session, incident: str) -> list[str]:
    """The codes of an incident that are no contact's own: those of its prompts."""
    return list(session.scalars(select(codes.c.id).where(codes.c.incident_id == incident, codes.c.contact.is_(None))))


def in_place(session: Session, incident: str, prompt: str) -> dict[tuple[str, str], Code]:
    """The codes of a prompt that only one coordinator has, by that one's (tree, contact)."""
    found = _IN_PLACE_OF_PROMPT.all(session, {"incident": incident, "prompt": prompt})
    return {(row.tree, row.contact): Code(row.id, row.code) for row in found}


def given_anew(session: Session, incidents: Collection[str]) -> list[str]:
    """Codes of closed incidents that one of their numbers now has for another incident."""
    query = select(codes.c.id).where(codes.c.incident_id.in_(incidents), codes.c.id.in_(_GIVEN_ANEW))
    return list(session.scalars(query))


def numbers_of(session: Session, id: str) -> list[HoldingNumber]:
    query = select(*code_numbers.c["number_index", "tree", "contact"])
    return [HoldingNumber(*tuple(row)) for row in session.execute(query.where(code_numbers.c.code_id == id))]


def ask_numbers_with(tx: Tx, texts: Collection[str]) -> Callable[[], dict[str, set[bytes]]]:
    """Ask for the numbers with a code of each text, in an incident open, closed less than 7 days ago, or lost.

    Call what this returns.
    """
    text_of = tx.vault.texts_by_code_hash(texts)
    found = _HELD.ahead(tx.session, {"hashes": list(text_of), "lately": tx.now - KEPT_AFTER_CLOSING})

    def held() -> dict[str, set[bytes]]:
        numbers: dict[str, set[bytes]] = {text: set() for text in texts}
        for row in found():
            numbers[text_of[row.code_hash]].add(row.number_index)
        return numbers

    return held


def beside_another(session: Session, ids: Collection[str]) -> set[str]:
    """Those of the codes one of whose numbers also has an open code of another incident, which is no drill."""
    return set(_BESIDE_ANOTHER.scalars(session, {"ids": list(ids)}))


def given_here(tx: Tx) -> dict[bytes, str]:
    """By index, the numbers to which this very transaction has given an open code of a real incident, with that."""
    given: dict[bytes, str] = tx.session.info.setdefault(_GIVEN_HERE, {})
    tx.if_undone(given.clear)
    return given


def find_sent(tx: Tx, number: str, texts: Collection[str]) -> dict[str, HeldCode]:
    """For each text the code that this number was ever sent, preferring a valid one.

    A code is valid in an open incident and in one closed less than 7 days ago, unless it is void.
    """
    text_of, lately = tx.vault.texts_by_code_hash(texts), tx.now - KEPT_AFTER_CLOSING
    rows = _SENT.all(tx.session, {"numbers": [*tx.vault.indexes(number)], "hashes": [*text_of], "lately": lately})
    found = [_code(row) for row in rows]
    return {code.text: code for code in sorted(found, key=lambda code: code.counts)}


def told_codes(tx: Tx, number: str) -> list[HeldCode]:
    """All codes of open incidents that the number was ever sent, oldest first; some may no longer be valid."""
    return [_code(row) for row in _TOLD.all(tx.session, {"numbers": [*tx.vault.indexes(number)]})]


def told_to(session: Session, names: Collection[tuple[str, str]]) -> list[HeldCode]:
    """The own codes of those contacts, (tree, contact), in open incidents, oldest first."""
    theirs = _of_open(*codes.c["id", "code", "tree", "contact"]).where(tuple_(codes.c.tree, codes.c.contact).in_(names))
    rows = session.execute(theirs.order_by(codes.c.created_at, codes.c.id))
    return [HeldCode(row.id, row.code, row.incident_id, row.tree, row.contact, None) for row in rows]


def open_codes(tx: Tx, number: str) -> list[HeldCode]:
    """The codes by which the number can still answer: of open incidents and ringing alarms, oldest first."""
    return [code for code in told_codes(tx, number) if code.counts and code.asks]


def holders(tx: Tx, texts: Collection[str]) -> dict[str, list[tuple[str, str | None]]]:
    """For each text the (incident, contact) of open incidents' codes that read so; contact None for an alarm's."""
    text_of = tx.vault.texts_by_code_hash(texts)
    found: dict[str, list[tuple[str, str | None]]] = {}
    read_so = _of_open(*codes.c["code_hash", "contact"]).where(codes.c.code_hash.in_(text_of))
    for row in tx.session.execute(read_so.order_by(codes.c.incident_id)):
        found.setdefault(text_of[row.code_hash], []).append((row.incident_id, row.contact))
    return found


def _of_open(*columns: ColumnElement[Any]) -> Select[Any]:
    """The codes of open incidents that are not void, each with the incident that acts for its own."""
    return (
        select(*columns, ACTING.label("incident_id"))
        .join(incidents, incidents.c.id == codes.c.incident_id)
        .join(_WHOLE, _WHOLE.c.id == ACTING)
        .where(codes.c.voided_at.is_(None), _WHOLE.c.status == IncidentStatus.OPEN.value)
    )


def void(tx: Tx, id: str) -> None:
    """Make the code invalid; as long as others of its incident are valid its numbers get none that reads the same."""
    tx.session.execute(update(codes).where(codes.c.id == id).values(voided_at=tx.now))


def give_up(session: Session, id: str) -> None:
    """Leave the code's text to those of its numbers that have it for another incident by now."""
    session.execute(update(code_numbers).where(code_numbers.c.code_id == id).values(code_hash=None))


def void_at(tx: Tx, id: str, number: str) -> None:
    """Make the code invalid from that number only."""
    mine = (code_numbers.c.code_id == id) & code_numbers.c.number_index.in_(tx.vault.indexes(number))
    tx.session.execute(update(code_numbers).where(mine).values(voided_at=tx.now))


def forget_number(session: Session, id: str, index: bytes) -> None:
    """Delete the record that the code was valid from that number."""
    gone = (code_numbers.c.code_id == id) & (code_numbers.c.number_index == index)
    session.execute(delete(code_numbers).where(gone))


def mark_open(session: Session, incidents: Collection[str], is_open: bool) -> None:
    """Record for the codes' numbers whether their incidents are open."""
    session.info.pop(_GIVEN_HERE, None)
    own = select(codes.c.id).where(codes.c.incident_id.in_(incidents))
    session.execute(update(code_numbers).where(code_numbers.c.code_id.in_(own)).values(open=is_open))


def _code(row: Row[Any]) -> HeldCode:
    asks = row.prompt is None or row.due_at is not None
    return HeldCode(row.id, row.code, row.incident_id, row.tree, row.contact, row.prompt, bool(row.counts), asks)
