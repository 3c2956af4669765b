"""Whom a task asks to call, as its page shows it: the contact, its numbers, and what to say."""

import re

import phonenumbers
from phonenumbers import PhoneNumberType, number_type

from alertnet.core.directory.contact import Contact, MethodKind
from alertnet.flows.unit.locked_incident import LockedIncident
from alertnet.messages.page import TaskDetails
from alertnet.store.records.notifications import covered_by_tasks
from alertnet.store.records.prompts import Prompt

MOBILE = (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE)
_NUMBER = re.compile(r"\+[0-9](?:[ -]?[0-9]){6,14}")


def task_details_of(locked: LockedIncident, task: Prompt) -> TaskDetails | None:
    """What the page of that task shows; None where its contact may not be told any more (A3)."""
    covered = covered_by_tasks(locked.tx.session, [task.id])[task.id]
    asked = next(each for each in covered if each.escalation == task.escalation_id)
    if not locked.may_hear(asked.tree, task.contact):
        return None
    contact = locked.contact(asked.tree, task.contact)
    words = contact.all_methods[asked.method_index].address
    numbers = _numbers(words, contact)
    who = tuple(dict.fromkeys(part for part in (contact.organisation, contact.name, contact.id) if part))
    return TaskDetails(who, contact.language, words, numbers, tuple(number for number in numbers if _is_mobile(number)))


def _numbers(words: str, contact: Contact) -> tuple[str, ...]:
    """Those in the words of the task, then the contact's own."""
    written = (re.sub("[ -]", "", found) for found in _NUMBER.findall(words))
    calls = (method.address for method in contact.at_hand if method.kind in (MethodKind.CALL, MethodKind.SMS))
    return tuple(dict.fromkeys((*written, *calls)))


def _is_mobile(number: str) -> bool:
    try:
        return number_type(phonenumbers.parse(number)) in MOBILE
    except phonenumbers.NumberParseException:
        return False
