"""The coordinator's page of a decision, alarm or task, with acts on the incident, and that of a notice.

Opening it changes nothing.
"""

import re
from dataclasses import replace

import phonenumbers
from phonenumbers import PhoneNumberType, number_type

from alertnet.core.directory.contact import Contact, Disclosure, MethodKind
from alertnet.core.disclosure import NO_DETAILS, ReceivedText, Said, Subject, details_of
from alertnet.core.errors import WrongState
from alertnet.core.notification import CALL_FAILURES, DECISIONS, TEXT_DECISIONS, PromptAnswer, PromptKind
from alertnet.flows.notifications import prompts
from alertnet.flows.notifications.compose import said
from alertnet.flows.pages import coordinator_actions, linked_page, text_decisions
from alertnet.flows.pages.contact_page import ANSWERS
from alertnet.flows.pages.coordinator_actions import ACTS, AFTER_ALL, CLOSE, was_refused
from alertnet.flows.pages.linked_page import Opened, Outcome, Proof, Sent
from alertnet.flows.pages.open_matters import also_open
from alertnet.flows.unit.locked_incident import LockedIncident, Recipient, look_at, take_up
from alertnet.messages.page import LISTEN, Page, Remark, TaskDetails
from alertnet.store.db.tx import Tx
from alertnet.store.queues import recordings
from alertnet.store.records import incidents as incident_store
from alertnet.store.records import prompts as prompt_store
from alertnet.store.records.credentials import page_links
from alertnet.store.records.credentials.page_links import Notice, PageLink
from alertnet.store.records.notifications import covered_by_task
from alertnet.store.records.prompts import Prompt
from alertnet.store.views import timeline_view

MOBILE = (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE)
_NUMBER = re.compile(r"\+[0-9](?:[ -]?[0-9]){6,14}")

_SAID = {kind.value for kind in ANSWERS.values()}


def task_details_of(locked: LockedIncident, task: Prompt) -> TaskDetails | None:
    """What the page of that task shows; None where its contact may not be told any more (A3)."""
    covered = covered_by_task(locked.tx.session, task.id)
    asked = next(each for each in covered if each.escalation == task.escalation_id)
    recipient = locked.recipient(asked.tree, task.contact)
    if not recipient.may_hear:
        return None
    contact = recipient.contact
    words = contact.all_methods[asked.method_index].address
    numbers = _numbers(words, contact)
    who = tuple(dict.fromkeys(part for part in (contact.organisation, contact.name, contact.id) if part))
    return TaskDetails(who, contact.language, words, numbers, tuple(number for number in numbers if _is_mobile(number)))


def _numbers(words: str, contact: Contact) -> tuple[str, ...]:
    """The numbers in the task's words, then the contact's own."""
    written = (re.sub("[ -]", "", found) for found in _NUMBER.findall(words))
    calls = (method.address for method in contact.at_hand if method.kind in (MethodKind.CALL, MethodKind.SMS))
    return tuple(dict.fromkeys((*written, *calls)))


def _is_mobile(number: str) -> bool:
    try:
        return number_type(phonenumbers.parse(number)) in MOBILE
    except phonenumbers.NumberParseException:
        return False


def press(tx: Tx, link: PageLink, sent: Sent) -> Opened:
    """Do what the button says, and return the page as of now. Sent again, it counts once."""
    locked, into = text_decisions.take_up_with_other(tx, link, sent)
    prompt = prompt_store.as_of_now(tx.session, link.prompt)
    visitor = locked.recipient(link.tree, link.contact)
    is_allowed = _is_known(visitor, into, prompt, sent) if sent.answer else bool(sent.pin)
    outcome, proof = linked_page.judge(visitor, link, sent, is_allowed=is_allowed)
    if outcome is Outcome.OVER and _is_done(visitor, prompt, sent):
        return show(tx, link)
    if outcome is not Outcome.DONE or not sent.answer:
        locked.finish()
        return show(tx, link, proof=proof, sent=sent, outcome=outcome)
    outcome, remarks = _act(visitor, link.address, into, prompt, linked_page.without_written_pins(visitor, sent))
    locked.finish()
    return show(tx, link, *remarks, proof=proof, sent=sent if outcome is Outcome.OVER else None, outcome=outcome)


def asks_to_hear(sent: Sent) -> bool:
    """Whether the sound of a recording is requested, and no page."""
    return sent.answer.startswith(LISTEN)


def hear_recording(tx: Tx, token: str, sent: Sent) -> bytes | None:
    """The sound, for a coordinator who has entered the PIN; None for everybody else."""
    link = page_links.find(tx, token)
    if link is None or link.prompt_id is None or not asks_to_hear(sent):
        return None
    visitor = take_up(tx, link.incident_id).recipient(link.tree, link.contact)
    # A page on which nothing can be done looks at no PIN: wrong ones would count against the contact's other pages.
    may_hear = visitor.may_answer(link.address) and reads_texts(visitor.contact, linked_page.prove(visitor, link, sent))
    visitor.locked.finish()
    if not may_hear:
        return None
    return recordings.audio(tx.session, visitor.locked.incident.every_id, sent.answer.removeprefix(LISTEN))


def _is_done(visitor: Recipient, prompt: Prompt, sent: Sent) -> bool:
    """Whether what was sent has already ended the matter."""
    locked = visitor.locked
    is_closed = sent.answer == CLOSE and not locked.is_open and locked.incident.close_reason == sent.reason
    return is_closed or text_decisions.was_decided_so(prompt, sent, visitor.id)


def _is_known(visitor: Recipient, into: LockedIncident | None, prompt: Prompt, sent: Sent) -> bool:
    if sent.answer in text_decisions.DECISIONS:
        return text_decisions.is_allowed(visitor, into, sent)
    if sent.answer in ACTS:
        return coordinator_actions.is_allowed(visitor.locked, sent)
    return sent.answer in coordinator_actions.answers_to(prompt) or (
        sent.answer == AFTER_ALL and prompt.subject == Subject.VERIFY
    )


def _act(
    visitor: Recipient, address: str, into: LockedIncident | None, prompt: Prompt, sent: Sent
) -> tuple[Outcome, tuple[Remark, ...]]:
    locked, by = visitor.locked, visitor.id
    if sent.answer == CLOSE and coordinator_actions.has_changed(locked, sent, by):
        return Outcome.OVER, (Remark("changed_meanwhile"),)
    if sent.answer in ACTS:
        return Outcome.DONE, coordinator_actions.carry_out(locked, sent, by)
    try:
        if sent.answer not in text_decisions.DECISIONS:
            coordinator_actions.answer(locked, prompt, sent.answer, by)
        elif not text_decisions.was_decided_so(prompt, sent, by):
            text_decisions.decide_text(visitor, address, into, sent)
    except WrongState:
        return Outcome.OVER, ()
    return Outcome.DONE, ()


def show(
    tx: Tx,
    link: PageLink,
    *remarks: Remark,
    proof: Proof | None = None,
    sent: Sent | None = None,
    outcome: Outcome = Outcome.DONE,
) -> Opened:
    """The page of a coordinator's link as of now; see `contact_page.show`."""
    locked = look_at(tx, link.incident_id)
    visitor = locked.recipient(link.tree, link.contact)
    contact, proof = visitor.contact, proof or linked_page.no_proof(visitor)
    prompt = prompt_store.as_of_now(tx.session, link.prompt)
    page = Page(
        _said(visitor, prompt, is_coerced=proof.is_coerced),
        (*_remarks(locked, prompt, link.contact), *remarks),
        asked=True,
        is_text=locked.facts.lone_text and locked.is_open,
    )
    if visitor.may_answer(link.address):
        page = opened_by(visitor, replace(page, remarks=(*page.remarks, *proof.remarks)), proof, sent)
        if reads_texts(contact, proof):
            told = tuple(recordings.of_incident(tx.session, locked.incident.every_id))
            page = replace(page, recordings=tuple((each.id, each.made_at) for each in told))
        page = replace(_with_acts(visitor, prompt, page), also_open=also_open(visitor, link))
    return Opened(page, contact.language, locked.incident.templates, outcome)


def _said(visitor: Recipient, prompt: Prompt, *, is_coerced: bool) -> Said:
    locked = visitor.locked
    words = prompts.words_of_prompt(locked, prompt) | {"about": prompt.about} | _by_name(locked, prompt)
    if is_coerced:
        words |= {"subject": Subject(prompt.subject)}
    return replace(said(visitor), **words)


def _by_name(locked: LockedIncident, prompt: Prompt) -> dict[str, object]:
    """Whom the question is about, by name where an SMS has room for the id alone."""
    match prompt.subject:
        case Subject.LEVEL:
            contacts = locked.tree(locked.tree_of(prompt.escalation)).contacts
            names = prompts.asked_level(locked, prompt).names
            return {"names": tuple(dict.fromkeys(contacts[id].called for id in names))}
        case Subject.CONFIRM:
            return {"about": locked.contact(locked.tree_of(prompt.escalation), prompt.about or "").called}
        case Subject.CHANGE if locked.incident.proposed:
            return {"names": prompts.would_change(locked, locked.incident.proposed).called(locked.plans)}
    return {}


def _with_acts(visitor: Recipient, prompt: Prompt, page: Page) -> Page:
    """The page with what can be done there. On a text that may be read, that is only the decision about it."""
    locked = visitor.locked
    if page.is_text:
        return page if page.takes_pin else replace(page, joinable=text_decisions.joinable(visitor))
    contacts, seen = tuple(coordinator_actions.contacts_of(locked)), coordinator_actions.seen_of(locked)
    page = replace(page, contacts=contacts, seen=seen)
    if was_refused(prompt) and locked.is_open and not locked.facts.verified:
        # Whoever knows of the refusal may say that it is genuine after all.
        return replace(page, answers=(AFTER_ALL,))
    if not (prompt.is_open or _has_been_said(prompt)):
        return page
    # Once its contact has answered, only its other answers.
    answers = tuple(ANSWERS) if _has_been_said(prompt) else coordinator_actions.answers_to(prompt)
    page = replace(page, answers=answers, answered=_has_been_said(prompt))
    if prompt.kind != PromptKind.TASK:
        return page
    task = task_details_of(locked, prompt)
    return replace(page, task=task, answers=page.answers if task else ())


def press_notice(tx: Tx, notice: Notice, sent: Sent) -> Opened:
    """Show the texts to somebody who knows the PIN; nothing else can be done on the page of a notice."""
    if notice.incident is None:
        return show_notice(tx, notice, outcome=Outcome.NOT_ALLOWED)
    visitor = take_up(tx, notice.incident).recipient(notice.link.tree, notice.link.contact)
    outcome, proof = linked_page.judge(visitor, notice.link, sent, is_allowed=bool(sent.pin) and not sent.answer)
    visitor.locked.finish()
    return show_notice(tx, notice, proof, outcome)


def show_notice(tx: Tx, notice: Notice, proof: Proof | None = None, outcome: Outcome = Outcome.DONE) -> Opened:
    """The page of a notice as of now: what it says, what to do about it, and after the PIN the texts to read."""
    page = Page(notice.said, asked=True, is_notice=True)
    if notice.incident is None:
        return Opened(page, notice.language, None, outcome)
    locked, link = look_at(tx, notice.incident), notice.link
    visitor = locked.recipient(link.tree, link.contact)
    if visitor.may_answer(link.address):
        proof = proof or linked_page.no_proof(visitor)
        page = opened_by(visitor, replace(page, remarks=proof.remarks), proof)
    else:
        page = replace(page, remarks=(linked_page.over(locked),), is_notice=False)
    return Opened(page, notice.language, locked.incident.templates, outcome)


def opened_by(visitor: Recipient, page: Page, proof: Proof, sent: Sent | None = None) -> Page:
    """The page with what its PIN opens to a coordinator: what is known, and the texts to read."""
    facts, contact = visitor.locked.facts, visitor.contact
    page = replace(
        page,
        details=details_of(facts, contact.disclosure) if proof.is_given else NO_DETAILS,
        texts=texts_of(visitor.locked) if reads_texts(contact, proof) else (),
    )
    return linked_page.with_proof(visitor, page, proof, sent)


def reads_texts(contact: Contact, proof: Proof) -> bool:
    """Whether the contact may read what people wrote, which may name anybody and any place."""
    return proof.is_given and contact.disclosure is Disclosure.FULL


def texts_of(locked: LockedIncident) -> tuple[ReceivedText, ...]:
    """What people wrote and reported about the incident, with the number at which each may be called back."""
    return tuple(_with_name(locked, each) for each in timeline_view.texts_of(locked.tx.session, locked.incident.id))


def _with_name(locked: LockedIncident, text: ReceivedText) -> ReceivedText:
    """The text with the name and number of the contact that it is from, if it is from one."""
    writer = locked.known_recipient(text.tree or "", text.contact or "")
    if writer is None:
        return text
    contact = writer.contact
    return replace(text, sender=f"{contact.called} ({contact.id})", number=min(contact.numbers, default=None))


def _remarks(locked: LockedIncident, prompt: Prompt, contact: str) -> tuple[Remark, ...]:
    """What was decided or reported, by anybody, or that this coordinator took it; else whether anything is left."""
    if prompt.answer in TEXT_DECISIONS and (prompt.answer != PromptAnswer.OPENED or locked.is_open):
        merged = locked.incident.merged_into
        into = incident_store.get(locked.tx.session, merged).ref if merged else locked.incident.ref
        return (Remark(f"recorded_{prompt.answer}", prompt.answered_at, by=prompt.answered_by or "", into=into),)
    if not locked.is_open:
        return (Remark("closed"),)
    if prompt.kind == PromptKind.TASK and prompt.answer == PromptAnswer.TAKEN:
        return (Remark("recorded_task_taken", prompt.answered_at),)
    if prompt.kind == PromptKind.TASK and prompt.answer in (*_SAID, *CALL_FAILURES):
        return (Remark("recorded_task", prompt.answered_at),)
    if prompt.answer in DECISIONS and not (was_refused(prompt) and locked.facts.verified):
        return (Remark(f"recorded_{prompt.answer}", prompt.answered_at), *_decided_by(locked, prompt, contact))
    if prompt.answer == PromptAnswer.ACKNOWLEDGED and prompt.answered_by == contact:
        return (Remark("recorded_acknowledge", prompt.answered_at),)
    return () if prompt.is_open else (Remark("taken_care_of"),)


def _decided_by(locked: LockedIncident, prompt: Prompt, contact: str) -> tuple[Remark, ...]:
    """Which other coordinator has decided it, so that nobody takes that for its own word."""
    others = {each.id for _, each in locked.plans.coordinators if each.id != contact}
    return (Remark("decided_by", by=prompt.answered_by),) if prompt.answered_by in others else ()


def _has_been_said(prompt: Prompt) -> bool:
    """Whether the contact of a task has answered. The coordinator may have misheard, and can change it."""
    return prompt.kind == PromptKind.TASK and prompt.answer in _SAID
