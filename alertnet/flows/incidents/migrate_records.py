"""What is on record under a level, contact, method or number finds its place in the tree that took over (A8)."""

from collections.abc import Sequence
from dataclasses import replace

from alertnet.core.directory.contact import Contact
from alertnet.core.disclosure import Subject
from alertnet.core.escalation.state import LAST_RESORT
from alertnet.core.replan.tree_migration import Places
from alertnet.core.resolution.resolve import Plan
from alertnet.flows.credentials.written_codes import good_from, known_codes, owners_of, void
from alertnet.flows.unit.locked_incident import LockedIncident
from alertnet.store.db.tx import Tx
from alertnet.store.records import notifications
from alertnet.store.records import prompts as prompt_store
from alertnet.store.records.credentials import codes
from alertnet.store.records.escalations import Escalation


def follow(tx: Tx, escalation: Escalation, after: Plan, places: Places) -> None:
    """Let what was sent for the escalation, and its open questions, follow the same contact, method and level."""
    levels = {LAST_RESORT: LAST_RESORT, **dict(enumerate(places.levels))}
    for notification, coverage in notifications.covering(tx.session, escalation.id):
        there = replace(
            coverage,
            contact=places.contacts[coverage.contact],
            method_index=places.methods[coverage.contact][coverage.method_index],
            level_index=levels[coverage.level_index],
        )
        notifications.cover_as(tx.session, notification, there)
    for prompt in prompt_store.about_levels(tx.session, escalation.id):
        level = levels[prompt.level_index]
        if prompt.subject == Subject.LEVEL:
            about: str | None = after.tree.levels[level].name
        else:
            about = places.contacts.get(prompt.about or "", prompt.about)
        prompt_store.rename(tx.session, prompt.id, level + 1, about)


def let_codes_follow(locked: LockedIncident) -> None:
    """Let codes be good from the numbers that their contacts have now, and from none that has left."""
    for (tree, contact), code in list(known_codes(locked).items()):
        same_recipient = [each for each in locked.same_recipient(tree, contact) if not each[1].former]
        if not same_recipient:
            continue
        _forget_numbers(locked, code.id, same_recipient)
        if good_from(locked, code, same_recipient) is None:
            void(locked, code.id)
    for id in codes.shared(locked.tx.session, locked.incident.id):
        _forget_numbers(locked, id, locked.plans.coordinators)


def _forget_numbers(locked: LockedIncident, code_id: str, same_recipient: Sequence[tuple[str, Contact]]) -> None:
    """Forget numbers that nobody of them has any more; a phone of whoever was on duty stays while there is a rota."""
    on_duty = {(tree, contact.id) for tree, contact in same_recipient if contact.duty}
    now = {index for number in owners_of(same_recipient) for index in locked.tx.vault.indexes(number)}
    for number in codes.numbers_of(locked.tx.session, code_id):
        if number.index not in now and (number.tree, number.contact) not in on_duty:
            codes.forget_number(locked.tx.session, code_id, number.index)
