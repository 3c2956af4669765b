"""All that is open for a coordinator's phone: a call that was listened to offers one matter after the other (B9)."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from alertnet.core.disclosure import Said
from alertnet.core.escalation.advance_incident import still_wanted
from alertnet.core.notification import Kind
from alertnet.flows.credentials.pins import has_pin
from alertnet.flows.escalation.pin_proof import owner_of_pin
from alertnet.flows.escalation.record_response import record_receipt
from alertnet.flows.notifications.compose import said
from alertnet.flows.notifications.prompts import words_of
from alertnet.flows.pages.contact_page import look_at
from alertnet.flows.unit.locked_incident import LockedIncident, take_up
from alertnet.flows.voice.live_call import Call, Spoken
from alertnet.flows.voice.menu import MENU, Matter, Reaction, take_keys
from alertnet.store.db.tx import Tx
from alertnet.store.queues import attempts as attempt_store
from alertnet.store.records import notifications
from alertnet.store.records import prompts as prompt_store
from alertnet.store.views.codes_of_number import HeldCode, told_codes
from alertnet.store.views.placed_call import PlacedCall, find_call


@dataclass(frozen=True)
class OpenMatter:
    """An alert, alarm, decision or task that is answered from a phone; `id` is that of its code."""

    id: str
    incident: str
    kind: Kind
    tree: str
    contact: str
    prompt_id: str | None
    said: Said
    templates: str | None
    is_open: bool


def open_matters(tx: Tx, call: PlacedCall, *, after: str | None = None) -> Iterator[OpenMatter]:
    """What the phone of that call can answer besides what it was placed for, oldest first.

    Only what whoever has proved to listen may answer: where a PIN is set, it is the one that this call asked for.
    `after`: later than that one.
    """
    return (matter for matter in _matters(tx, call, after) if matter.is_open)


def _matters(tx: Tx, call: PlacedCall, after: str | None = None) -> Iterator[OpenMatter]:
    """The same with what was answered just now, which has a question of its own perhaps."""
    codes = told_codes(tx, call.address)
    if after is not None:
        ids = [code.id for code in codes]
        codes = codes[ids.index(after) + 1 :] if after in ids else []
    for code in codes:
        if code.counts and (code.prompt or code.text) not in (call.prompt_id, call.said.code):
            locked = look_at(tx, code.incident)
            if locked.may_answer(code.tree, code.contact, call.address) and locked.facts.drill is call.said.drill:
                yield from _matter(locked, code, call)


def is_anything_open(call: Call) -> bool:
    """Whether there is anything to be answered in the call: what it was placed for, or something else."""
    return call.is_wanted or (call.asks_for_code and any(True for _ in open_matters(call.locked.tx, call.placed)))


def go_on(tx: Tx, call: PlacedCall, spoken: Spoken, *, after: str | None = None) -> Spoken:
    """Say that, and a farewell, or offer what is open next."""
    following = next(open_matters(tx, call, after=after), None)
    thanks = tuple(stage for stage in spoken.stages if stage.startswith("thanks"))
    if following is not None:
        # The other sentences are farewells themselves.
        return replace(spoken, stages=thanks, then=_offer(call, following))
    return replace(spoken, stages=(*thanks, "goodbye")) if thanks else spoken


def answer_further(tx: Tx, attempt_id: str, about: str, digits: str) -> Spoken | None:
    """Take the keys to a further matter, once the call's code was keyed; None where there is no such call."""
    call = find_call(tx.session, attempt_id)
    if call is None or not call.is_delivered or call.incident_id is None:
        return None
    attempt_store.note_sign(tx.session, attempt_id, tx.now)
    matter = next((each for each in _matters(tx, call) if each.id == about), None)
    reaction = Reaction(("taken_care_of",)) if matter is None else _answer(tx, matter, call.address, digits)
    if matter is not None and reaction.ask is not None:
        again = replace(reaction.ask, about=matter.id)
        return Spoken(matter.kind, call.language, reaction.words or matter.said, matter.templates, (), again)
    templates = look_at(tx, call.incident_id).incident.templates
    return go_on(tx, call, Spoken(call.kind, call.language, call.said, templates, reaction.stages, None), after=about)


def _answer(tx: Tx, matter: OpenMatter, address: str, digits: str) -> Reaction:
    locked = take_up(tx, matter.incident)
    asked = Matter(locked, matter.kind, matter.tree, matter.contact, address, matter.prompt_id)
    if matter.kind.is_alert and matter.is_open and not digits:
        record_receipt(locked, matter.tree, matter.contact, address)
    reaction = take_keys(asked, digits)
    locked.finish()
    return reaction


def _offer(call: PlacedCall, matter: OpenMatter) -> Spoken:
    question = replace(MENU, about=matter.id)
    return Spoken(matter.kind, call.language, matter.said, matter.templates, ("further",), question)


def _matter(locked: LockedIncident, code: HeldCode, call: PlacedCall) -> Iterator[OpenMatter]:
    prompt = prompt_store.get(locked.tx.session, code.prompt) if code.prompt else None
    is_open = _is_alert_open(locked, code, call.address) if prompt is None else code.asks and prompt.answer is None
    if not _is_proved(locked, code, call):
        return
    contact = locked.contact(code.tree, code.contact)
    words = replace(said(locked, code.tree, contact), code=code.text)
    if prompt is not None:
        words = replace(words, at=locked.tx.now, **words_of(locked, prompt))
    kind = Kind.ALERT if prompt is None else Kind(prompt.kind)
    templates = locked.incident.templates
    yield OpenMatter(code.id, code.incident, kind, code.tree, code.contact, code.prompt, words, templates, is_open)


def _is_alert_open(locked: LockedIncident, code: HeldCode, address: str) -> bool:
    """Whether a coordinator's alert still waits for its answer."""
    if not locked.is_coordinator(code.tree, code.contact):
        return False
    session = locked.tx.session
    sent = notifications.alerts_to(session, code.incident, locked.tx.vault.indexes(address))
    covered = notifications.covered_by(session, [alert.id for _, alert in sent])
    return any(
        still_wanted(locked.plans[each.tree], each.state, each.level_index, each.contact, each.method_index)
        for coverage in covered.values()
        for each in coverage
    )


def _is_proved(locked: LockedIncident, code: HeldCode, call: PlacedCall) -> bool:
    owner = owner_of_pin(locked, code.tree, code.contact)
    if not has_pin(locked.tx, owner):
        return True
    assert call.incident_id is not None
    return owner == owner_of_pin(look_at(locked.tx, call.incident_id), call.tree, call.contact)
