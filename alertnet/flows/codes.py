"""Written codes and links: one code for each recipient and incident, unmistakable among all of its numbers (B4)."""

from datetime import timedelta

from sqlalchemy import bindparam, select, update

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
    .limit(1)
)
_ANOTHER = (
    select(codes.c.id)
    .join(code_numbers, code_numbers.c.code_id == codes.c.id)
    .where(_OF_NUMBERS, code_numbers.c.open, codes.c.incident_id != bindparam("this"))
    .limit(1)
)

_CODES = select(codes.c.id, codes.c.tree, codes.c.contact, codes.c.code).where(
    codes.c.incident_id == bindparam("incident"), codes.c.voided_at.is_(None), codes.c.contact.is_not(None)
)
_LINKS = select(
    links.c.id, links.c.token, links.c.escalation_id, links.c.alarm_id, links.c.tree, links.c.contact, links.c.method
).where(links.c.incident_id == bindparam("incident"))


def written_code(case: Case, tree: str, contact: Contact) -> Code | None:
    """The recipient's code in this incident, the same in every message and tree; made at the first need.

    None when its numbers hold so many open codes that no other is left: it then answers by link or call.
    """
    kin = case.kin(tree, contact.id)
    known = _known_codes(case)
    for kin_tree, each in kin:
        if (kin_tree, each.id) in known:
            return known[kin_tree, each.id]
    code = _make(case, kin, tree, contact.id)
    if code is not None:
        known[tree, contact.id] = code
    return code


def known_code(case: Case, tree: str, contact: str) -> str | None:
    """The recipient's code, if it has one: nothing is made."""
    known = _known_codes(case)
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
) -> tuple[str, str]:
    """The id and token of the contact's link for one method of an escalation or alarm; made at the first need."""
    key = (escalation or alarm or "", tree, contact.id, method.value)
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
    case.known_codes = {key: code for key, code in _known_codes(case).items() if code.id != code_id}


def _make(case: Case, kin: list[tuple[str, Contact]], tree: str | None, contact: str | None) -> Code | None:
    owners = {
        method.address: (kin_tree, each.id, method.relays)
        for kin_tree, each in reversed(kin)
        for method in each.methods
        if method.kind in RINGING
    }
    numbers = [index for number in owners for index in case.tx.vault.indexes(number)]
    text = _free_code(case, numbers)
    if text is None:
        return None
    also = _is_told_of_another(case, numbers)
    code = Code(case.tx.chance.id(), text, also)
    case.outbox.add(
        "codes",
        id=code.id,
        incident_id=case.incident.id,
        tree=tree,
        contact=contact,
        code=text,
        code_hash=case.tx.vault.code_hash(text),
        wrong_tries=0,
        created_at=case.tx.now,
        voided_at=None,
    )
    for number, (owner_tree, owner, relays) in owners.items():
        index = case.tx.vault.index(number)
        case.outbox.add(
            "code_numbers",
            code_id=code.id,
            number_index=index,
            tree=owner_tree,
            contact=owner,
            relays=relays,
            open=True,
        )
    case.fresh_codes.add(text)
    return code


def _free_code(case: Case, numbers: list[bytes]) -> str | None:
    """A code that none of the numbers holds; None when so many are open that none can be found."""
    for _ in range(MOST_DRAWS):
        text = case.tx.chance.digits(WRITTEN_CODE_LENGTH)
        if is_written_code(text) and text not in case.fresh_codes and not _is_held(case, text, numbers):
            return text
    return None


def _is_held(case: Case, text: str, numbers: list[bytes]) -> bool:
    hashes = list(case.tx.vault.code_hashes(text))
    lately = case.tx.now - KEPT_AFTER_CLOSING
    found = case.tx.session.execute(_HELD, {"hashes": hashes, "numbers": numbers, "lately": lately})
    return found.first() is not None


def _is_told_of_another(case: Case, numbers: list[bytes]) -> bool:
    """Whether another open incident has given one of the numbers a code."""
    return case.tx.session.execute(_ANOTHER, {"numbers": numbers, "this": case.incident.id}).first() is not None


def _known_codes(case: Case) -> dict[tuple[str, str], Code]:
    if case.known_codes is None:
        rows = case.tx.session.execute(_CODES, {"incident": case.incident.id})
        case.known_codes = {(row.tree, row.contact): Code(row.id, row.code, also=False) for row in rows}
    return case.known_codes


def _known_links(case: Case) -> dict[tuple[str, str, str, str], tuple[str, str]]:
    if case.known_links is None:
        rows = case.tx.session.execute(_LINKS, {"incident": case.incident.id})
        case.known_links = {
            (row.escalation_id or row.alarm_id, row.tree, row.contact, row.method): (row.id, row.token) for row in rows
        }
    return case.known_links
