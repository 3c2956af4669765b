"""Everything open for a coordinator's phone or mailbox: a page lists it, a call offers one after another (B9)."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace

from alertnet.core.codec import value
from alertnet.core.disclosure import Said
from alertnet.core.escalation.advance import still_wanted
from alertnet.core.notification import Kind
from alertnet.flows.credentials.page_links import path_of
from alertnet.flows.notifications.compose import said
from alertnet.flows.notifications.prompts import words_of_prompt
from alertnet.flows.unit.locked_incident import LockedIncident, Recipient, look_at
from alertnet.messages.page import AlsoOpen
from alertnet.store.db.session import UNREADABLE
from alertnet.store.db.tx import Tx
from alertnet.store.records import notifications
from alertnet.store.records import prompts as prompt_store
from alertnet.store.records.credentials import page_links
from alertnet.store.records.credentials.codes import HeldCode, told_codes
from alertnet.store.records.credentials.page_links import PageLink
from alertnet.store.records.notifications import Covered


@value
class OpenMatter:
    """An alert, alarm, decision or task that can be answered from a phone; `id` is that of its code."""

    id: str
    incident: str
    kind: Kind
    tree: str
    contact: str
    prompt_id: str | None
    said: Said
    templates: str | None
    is_open: bool


def answerable(tx: Tx, codes: Iterable[HeldCode], address: str, *, drill: bool) -> Iterator[tuple[HeldCode, Recipient]]:
    """The codes that count and may be answered from there, each with its holder. Drills and real ones never mix."""
    for code in codes:
        holder = _holder_of(tx, code) if code.counts else None
        if holder is not None and holder.may_answer(address) and holder.locked.facts.drill is drill:
            yield code, holder


def _holder_of(tx: Tx, code: HeldCode) -> Recipient | None:
    """None where its incident can't be read, which hides no other (A11)."""
    with suppress(*UNREADABLE):
        return look_at(tx, code.incident).recipient(code.tree, code.contact)
    return None


def matter_of(holder: Recipient, code: HeldCode, address: str) -> OpenMatter:
    """The matter of a code, and whether it still waits for an answer."""
    locked = holder.locked
    prompt = prompt_store.get(locked.tx.session, code.prompt) if code.prompt else None
    is_open = _is_alert_open(holder, address) if prompt is None else code.asks and prompt.answer is None
    words = replace(said(holder), code=code.text)
    if prompt is not None:
        words = replace(words, at=locked.tx.now, **words_of_prompt(locked, prompt))
    kind = Kind.ALERT if prompt is None else Kind(prompt.kind)
    templates = locked.incident.templates
    return OpenMatter(code.id, code.incident, kind, code.tree, code.contact, code.prompt, words, templates, is_open)


def also_open(visitor: Recipient, link: PageLink) -> tuple[AlsoOpen, ...]:
    """What waits for an answer at the number or mailbox of a coordinator's link, besides that link's own matter.

    First what is of the same incident, then the gravest.
    """
    if not visitor.is_coordinator:
        return ()
    tx, drill, own = visitor.locked.tx, visitor.locked.facts.drill, visitor.locked.incident.id
    told = told_codes(tx, link.address)
    others = (code for code in told if (code.incident, code.prompt) != (own, link.prompt_id))
    found = [
        (
            code.incident != own,
            AlsoOpen(matter.said, matter.kind, _path_to(holder.locked, matter, link.address)),
        )
        for code, holder in answerable(tx, others, link.address, drill=drill)
        if (matter := matter_of(holder, code, link.address)).is_open
    ]
    found.sort(key=lambda each: (each[0], each[1].said.severity.rank))
    return tuple(each for _, each in found)


def _path_to(locked: LockedIncident, matter: OpenMatter, address: str) -> str:
    """The path to that matter's page from another page; empty where the phone was only called for it."""
    links = page_links.of_incidents(locked.tx.session, [locked.incident.id]).get(locked.incident.id, ())
    for link in links:
        is_its = link.prompt_id == matter.prompt_id and link.acknowledgement_id is None
        if is_its and (link.tree, link.contact, link.address) == (matter.tree, matter.contact, address):
            return f"../{path_of(matter.kind, link.token)}"
    return ""


def _is_alert_open(holder: Recipient, address: str) -> bool:
    """Whether a coordinator's alert still waits for its answer."""
    if not holder.is_coordinator:
        return False
    locked, session = holder.locked, holder.locked.tx.session
    sent = notifications.alerts_to(session, locked.incident.every_id, locked.tx.vault.indexes(address))
    covered = notifications.covered_by(session, [alert.id for _, alert in sent])
    return any(_is_wanted(locked, each) for coverage in covered.values() for each in coverage)


def _is_wanted(locked: LockedIncident, alert: Covered) -> bool:
    """Whether it may still leave; so may one of an escalation that can't be read, which may be unanswered (A11)."""
    with suppress(*UNREADABLE):
        plan = locked.plans[alert.tree]
        return still_wanted(plan, alert.state, alert.level_index, alert.contact, alert.method_index)
    return True
