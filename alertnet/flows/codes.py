"""Written codes and links: one code for each recipient and incident, unmistakable among all of its numbers (B4)."""

from datetime import timedelta
from typing import Any

from sqlalchemy import BindParameter, Row, Select, bindparam, select, update

from alertnet.core.codes import WRITTEN_CODE_LENGTH, is_written_code
from alertnet.core.contact import RINGING, Contact, MethodKind
from alertnet.core.incident import IncidentStatus
from alertnet.flows.case import Case, Code
from alertnet.store.tables import code_numbers, codes, incidents, links

KEPT_AFTER_CLOSING = timedelta(days=7)
MOST_DRAWS = 50
LINK_SIGNS = "abcdefghijkmnpqrstuvwxyz23456789"
LINK_LENGTH = 16  # of 32 signs: 80 bits

_OF_NUMBERS = code_numbers.c.number_index.in_(bindparam("numbers", expanding=True))
_HELD = (
    select(codes.c.id)
    .join(code_numbers, code_numbers.c.code_id == codes.c.id)
    .join(incidents, incidents.c.id == codes.c.incident_id)
    .where(codes.c.code_hash.in_(bindparam("hashes", expanding=True)), codes.c.voided_at.is_(None), _OF_NUMBERS)
    .where((incidents.c.status == IncidentStatus.OPEN.value) | (incidents.c.closed_at > bindparam("lately")))
)
_ANOTHER = (
    select(codes.c.id)
    .join(code_numbers, code_numbers.c.code_id == codes.c.id)
    .where(_OF_NUMBERS, code_numbers.c.open, codes.c.incident_id != bindparam("this"))
)
_STANDING = select(_HELD.exists().label("held"), _ANOTHER.exists().label("also"))

_INCIDENTS: BindParameter[Any] = bindparam("incidents", expanding=True)
_CODES: Select[Any] = (
    select(codes.c.incident_id, codes.c.id, codes.c.tree, codes.c.contact, codes.c.code)
    .where(codes.c.incident_id.in_(_INCIDENTS), codes.c.voided_at.is_(None), codes.c.contact.is_not(None))
    .order_by(codes.c.created_at)
)
_LINKS: Select[Any] = select(
    links.c.incident_id,
    links.c.id,
    links.c.token,
    links.c.escalation_id,
    links.c.alarm_id,
    links.c.acknowledgement_id,
    links.c.tree,
    links.c.contact,
    links.c.method,
    links.c.address,
).where(links.c.incident_id.in_(_INCIDENTS))


def written_code(case: Case, tree: str, contact: Contact) -> Code | None:
    """The recipient's code in this incident, the same in every message and tree; made at the first need.

    None when its numbers hold so many open codes that no other is left: it then answers by link or call.
    """
    kin = case.kin(tree, contact.id)
    known = known_codes(case)
    for kin_tree, each in kin:
        if (kin_tree, each.id) in known and (code := good_from(case, known[kin_tree, each.id], kin)):
            return code
    code = _make(case, kin, tree, contact.id)
    if code is not None:
        known[tree, contact.id] = code
    return code


def good_from(case: Case, code: Code, kin: list[tuple[str, Contact]]) -> Code | None:
    """The code, which from now on is good from the phone of whoever is on duty as well, and from a number that is new.

    None where that number has such a code of another incident: it then needs another.
    """
    if case.incident.replanned_at is None and not any(each.duty for _, each in kin):
        return code
    written = select(code_numbers.c.number_index).where(code_numbers.c.code_id == code.id)
    there = {*case.tx.session.scalars(written)}
    there |= {row["number_index"] for row in case.outbox.rows.get("code_numbers", ()) if row["code_id"] == code.id}
    fresh = {number: owner for number, owner in owners_of(kin).items() if case.tx.vault.index(number) not in there}
    numbers = [index for number in fresh for index in case.tx.vault.indexes(number)]
    if numbers and _is_taken(case, code.text, numbers):
        return None
    _let_answer(case, code.id, fresh)
    return code


def owners_of(kin: list[tuple[str, Contact]]) -> dict[str, tuple[str, str, bool]]:
    """(tree, contact, whether it only relays) of each number of the recipient."""
    return {
        method.address: (kin_tree, each.id, method.relays)
        for kin_tree, each in reversed(kin)
        for method in reversed(each.at_hand)
        if method.kind in RINGING
    }


def known_code(case: Case, tree: str, contact: str) -> str | None:
    """The recipient's code, if it has one: nothing is made."""
    known = known_codes(case)
    return next((known[kin, each.id].text for kin, each in case.kin(tree, contact) if (kin, each.id) in known), None)


def decision_code(case: Case) -> Code | None:
    """A code of its own for one question or alarm, valid from any coordinator's number."""
    return _make(case, case.coordinators(), None, None)


def link_token(
    case: Case,
    tree: str,
    contact: Contact,
    method: MethodKind,
    address: str,
    *,
    escalation: str | None = None,
    alarm: str | None = None,
    acknowledgement: str | None = None,
) -> tuple[str, str]:
    """The id and token of the contact's link, by one method, to what it is about; made at the first need."""
    key = (escalation or alarm or acknowledgement or "", tree, contact.id, method.value, address)
    made = _known_links(case)
    if key not in made:
        id, token = case.tx.chance.id(), case.tx.chance.letters(LINK_LENGTH, LINK_SIGNS)
        case.outbox.add(
            "links",
            id=id,
            token=token,
            token_hash=case.tx.vault.token_hash(token),
            incident_id=case.incident.id,
            escalation_id=escalation,
            alarm_id=alarm,
            acknowledgement_id=acknowledgement,
            tree=tree,
            contact=contact.id,
            method=method.value,
            address=address,
            pin_tries=0,
            created_at=case.tx.now,
        )
        made[key] = (id, token)
    return made[key]


def mark_open(case: Case, is_open: bool) -> None:
    """Let the numbers know whether the incident of their codes is open."""
    of_incident = select(codes.c.id).where(codes.c.incident_id == case.incident.id)
    change = update(code_numbers).where(code_numbers.c.code_id.in_(of_incident))
    case.tx.session.execute(change.values(open=is_open))


def void(case: Case, code_id: str) -> None:
    """The code is worth nothing from now on; the next message to the recipient carries a fresh one."""
    case.tx.session.execute(update(codes).where(codes.c.id == code_id).values(voided_at=case.tx.now))
    case.known_codes = {key: code for key, code in known_codes(case).items() if code.id != code_id}


def _make(case: Case, kin: list[tuple[str, Contact]], tree: str | None, contact: str | None) -> Code | None:
    owners = owners_of(kin)
    numbers = [index for number in owners for index in case.tx.vault.indexes(number)]
    code = _draw(case, numbers)
    if code is None:
        return None
    case.outbox.add(
        "codes",
        id=code.id,
        incident_id=case.incident.id,
        tree=tree,
        contact=contact,
        code=code.text,
        code_hash=case.tx.vault.code_hash(code.text),
        wrong_tries=0,
        created_at=case.tx.now,
        voided_at=None,
    )
    _let_answer(case, code.id, owners)
    return code


def _let_answer(case: Case, code_id: str, owners: dict[str, tuple[str, str, bool]]) -> None:
    """Let the code be good from those numbers."""
    for number, (tree, contact, relays) in owners.items():
        case.outbox.add(
            "code_numbers",
            code_id=code_id,
            number_index=case.tx.vault.index(number),
            tree=tree,
            contact=contact,
            relays=relays,
            open=True,
        )


def _is_taken(case: Case, text: str, numbers: list[bytes]) -> bool:
    """Whether one of the numbers has that very code already."""
    values = {"numbers": numbers, "this": case.incident.id, "lately": case.tx.now - KEPT_AFTER_CLOSING}
    hashes = list(case.tx.vault.code_hashes(text))
    return bool(case.tx.session.connection().execute(_STANDING, values | {"hashes": hashes}).one().held)


def _draw(case: Case, numbers: list[bytes]) -> Code | None:
    """A code that none of the numbers holds; None when so many are open that none can be found."""
    made, also = _just_made(case, numbers)
    values = {"numbers": numbers, "this": case.incident.id, "lately": case.tx.now - KEPT_AFTER_CLOSING}
    for _ in range(MOST_DRAWS):
        text = case.tx.chance.digits(WRITTEN_CODE_LENGTH)
        if is_written_code(text) and text not in made:
            hashes = list(case.tx.vault.code_hashes(text))
            standing = case.tx.session.connection().execute(_STANDING, values | {"hashes": hashes}).one()
            if not standing.held:
                return Code(case.tx.chance.id(), text, also or bool(standing.also))
    return None


def _just_made(case: Case, numbers: list[bytes]) -> tuple[set[str], bool]:
    """Codes of this very flow, not written yet, and whether one of another incident is for one of the numbers."""
    made = {row["id"]: row for row in case.outbox.rows.get("codes", ())}
    given = {row["code_id"] for row in case.outbox.rows.get("code_numbers", ()) if row["number_index"] in numbers}
    also = any(made[id]["incident_id"] != case.incident.id for id in given & made.keys())
    return {row["code"] for row in made.values()}, also


def known_codes(case: Case) -> dict[tuple[str, str], Code]:
    if case.known_codes is None:
        rows = case.ahead.take(_CODES, case.incident.id)
        case.known_codes = {(row.tree, row.contact): Code(row.id, row.code, also=False) for row in rows}
    return case.known_codes


def _known_links(case: Case) -> dict[tuple[str, str, str, str, str], tuple[str, str]]:
    if case.known_links is None:
        rows = case.ahead.take(_LINKS, case.incident.id)
        case.known_links = {
            (_about(row), row.tree, row.contact, row.method, row.address): (row.id, row.token) for row in rows
        }
    return case.known_links


def _about(link: Row[Any]) -> str:
    return str(link.escalation_id or link.alarm_id or link.acknowledgement_id or "")
