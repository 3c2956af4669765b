"""What is on record under a level, contact, method or number finds its place in the tree that took over (A8)."""

from sqlalchemy import delete, select, update

from alertnet.core.directory.contact import Contact
from alertnet.core.disclosure import Subject
from alertnet.core.escalation.state import LAST_RESORT
from alertnet.core.replan.tree_migration import Places
from alertnet.core.resolution.resolve import Plan
from alertnet.flows.credentials.written_codes import good_from, known_codes, owners_of, void
from alertnet.flows.unit.locked_incident import LockedIncident
from alertnet.store.db.tx import Tx
from alertnet.store.records.escalations import Escalation
from alertnet.store.tables import alarms, code_numbers, codes, served


def follow(tx: Tx, escalation: Escalation, after: Plan, places: Places) -> None:
    """Let what was sent for the escalation, and its open questions, follow the same contact, method and level."""
    levels = {LAST_RESORT: LAST_RESORT, **dict(enumerate(places.levels))}
    for row in tx.session.execute(select(served).where(served.c.escalation_id == escalation.id)).all():
        where = (served.c.notification_id == row.notification_id) & (served.c.escalation_id == escalation.id)
        there = {
            "contact": places.contacts[row.contact],
            "method": places.methods[row.contact][row.method],
            "level_index": levels[row.level_index],
        }
        tx.session.execute(update(served).where(where).values(there))
    asked = select(alarms).where(alarms.c.escalation_id == escalation.id, alarms.c.level.is_not(None))
    for row in tx.session.execute(asked).all():
        level = levels[row.level - 1]
        about = places.contacts.get(row.about, row.about)
        if row.subject == Subject.LEVEL.value:
            about = after.tree.levels[level].name
        tx.session.execute(update(alarms).where(alarms.c.id == row.id).values(level=level + 1, about=about))


def let_codes_follow(locked: LockedIncident) -> None:
    """Let codes be good from the numbers that their contacts have now, and from none that has left."""
    for (tree, contact), code in list(known_codes(locked).items()):
        same_recipient = [each for each in locked.same_recipient(tree, contact) if not each[1].former]
        if not same_recipient:
            continue
        _forget_numbers(locked, code.id, same_recipient)
        if good_from(locked, code, same_recipient) is None:
            void(locked, code.id)
    asking = select(codes.c.id).where(codes.c.incident_id == locked.incident.id, codes.c.contact.is_(None))
    for id in locked.tx.session.scalars(asking).all():
        _forget_numbers(locked, id, locked.coordinators())


def _forget_numbers(locked: LockedIncident, code_id: str, same_recipient: list[tuple[str, Contact]]) -> None:
    """Forget numbers that nobody of them has any more; a phone of whoever was on duty stays while there is a rota."""
    on_duty = {(tree, contact.id) for tree, contact in same_recipient if contact.duty}
    now = {index for number in owners_of(same_recipient) for index in locked.tx.vault.indexes(number)}
    for row in locked.tx.session.execute(select(code_numbers).where(code_numbers.c.code_id == code_id)).all():
        if row.number_index not in now and (row.tree, row.contact) not in on_duty:
            gone = (code_numbers.c.code_id == code_id) & (code_numbers.c.number_index == row.number_index)
            locked.tx.session.execute(delete(code_numbers).where(gone))
