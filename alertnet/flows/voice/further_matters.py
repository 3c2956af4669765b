"""Further open matters in a call to a coordinator: it offers one after the other (B9)."""

from collections.abc import Iterator
from dataclasses import replace

from alertnet.flows.credentials.pins import has_pin
from alertnet.flows.escalation.record_response import record_receipt
from alertnet.flows.notifications.contact_pins import owner_of_pin
from alertnet.flows.pages.open_matters import OpenMatter, answerable, matter_of
from alertnet.flows.unit.locked_incident import LockedIncident, Recipient, look_at, take_up
from alertnet.flows.voice.live_call import Call, Spoken, is_long_over
from alertnet.flows.voice.menu import MENU, Reaction, ToAnswer, take_keys
from alertnet.store.db.tx import Tx
from alertnet.store.queues import attempts as attempt_store
from alertnet.store.records import incidents as incident_store
from alertnet.store.records.credentials.codes import told_codes
from alertnet.store.views.placed_call import PlacedCall, find_call


def further_matters(tx: Tx, call: PlacedCall, *, after: str | None = None) -> Iterator[OpenMatter]:
    """What this phone can answer besides what the call was placed for: the gravest first, then the oldest.

    Only what the listener has proved to be allowed: where a PIN is set, it must be the one that this call asked for.
    `after`: only matters behind that one.
    """
    return (matter for matter in _matters(tx, call, after) if matter.is_open)


def _matters(tx: Tx, call: PlacedCall, after: str | None = None) -> Iterator[OpenMatter]:
    """What this phone can answer, including what was answered just now, which may have a follow-up question."""
    codes = told_codes(tx, call.address)
    ranks = incident_store.ranks(tx.session, {code.incident for code in codes})
    codes.sort(key=lambda code: ranks[code.incident])
    if after is not None:
        ids = [code.id for code in codes]
        codes = codes[ids.index(after) + 1 :] if after in ids else []
    others = (code for code in codes if (code.prompt or code.text) not in (call.prompt_id, call.said.code))
    for code, holder in answerable(tx, others, call.address, drill=call.said.drill):
        if _is_proved(holder, call):
            yield matter_of(holder, code, call.address)


def is_anything_open(call: Call) -> bool:
    """Whether the call has anything to answer: what it was placed for, or something else."""
    return call.is_wanted or (call.asks_for_code and any(True for _ in further_matters(call.locked.tx, call.placed)))


def go_on(tx: Tx, call: PlacedCall, spoken: Spoken, *, after: str | None = None) -> Spoken:
    """Say this, then offer the next open matter, or say goodbye."""
    following = next(further_matters(tx, call, after=after), None)
    thanks = tuple(stage for stage in spoken.stages if stage.startswith("thanks"))
    if following is not None:
        # The other sentences are themselves farewells.
        question = replace(MENU, about=following.id)
        offer = Spoken(following.kind, call.language, following.said, following.templates, ("further",), question)
        return replace(spoken, stages=thanks, then=offer)
    return replace(spoken, stages=(*thanks, "goodbye")) if thanks else spoken


def answer_further(tx: Tx, attempt_id: str, about: str, digits: str) -> Spoken | None:
    """Handle keys for a further matter, once the call's code was keyed; None where there is no such call any more."""
    call = find_call(tx.session, attempt_id)
    if call is None or not call.is_delivered or call.incident_id is None or is_long_over(tx, call):
        return None
    held: dict[str, LockedIncident] = {}
    # Look again under the lock, for which it may have waited until its report was split off.
    while (matter := _matter(tx, call, about)) is not None and matter.incident not in held:
        held[matter.incident] = take_up(tx, matter.incident)
    taken = Reaction(("taken_care_of",))
    reaction = taken if matter is None else _answer(held[matter.incident], matter, call.address, digits)
    attempt_store.note_sign(tx, attempt_id)
    if matter is not None and reaction.ask is not None:
        again = replace(reaction.ask, about=matter.id)
        return Spoken(matter.kind, call.language, reaction.words or matter.said, matter.templates, (), again)
    templates = look_at(tx, call.incident_id).incident.templates
    return go_on(tx, call, Spoken(call.kind, call.language, call.said, templates, reaction.stages, None), after=about)


def _matter(tx: Tx, call: PlacedCall, id: str) -> OpenMatter | None:
    return next((each for each in _matters(tx, call) if each.id == id), None)


def _answer(locked: LockedIncident, matter: OpenMatter, address: str, digits: str) -> Reaction:
    listener = locked.recipient(matter.tree, matter.contact)
    if matter.kind.is_alert and matter.is_open and not digits:
        record_receipt(listener, address)
    reaction = take_keys(ToAnswer(listener, matter.kind, address, matter.prompt_id), digits)
    locked.finish()
    return reaction


def _is_proved(holder: Recipient, call: PlacedCall) -> bool:
    tx, owner = holder.locked.tx, owner_of_pin(holder)
    if not has_pin(tx, owner):
        return True
    assert call.incident_id is not None
    return owner == owner_of_pin(look_at(tx, call.incident_id).recipient(call.tree, call.contact))
