"""Checks of a message as it is sent whether its recipient may hear what it says (A3, A8, A9, B1)."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, Select, bindparam, select

from alertnet.channels.base import Outgoing
from alertnet.core.codec import from_plain, replace
from alertnet.core.directory.contact import MethodKind
from alertnet.core.directory.contact_tree import ContactTree
from alertnet.core.disclosure import NoRef
from alertnet.core.escalation.state import LAST_RESORT
from alertnet.core.incident import Facts, Scope
from alertnet.core.notification import Kind, is_in_field
from alertnet.store.tables import ACTING, escalations, incidents, notifications, served, timeline
from simulation.checks.served import check_served
from simulation.world.cast import NEW_NUMBER, NEWCOMER, PRESS, SECRET, phones_of
from simulation.world.expected_consent import why_barred
from simulation.world.expected_plan import concerns
from simulation.world.story import Found
from simulation.world.world import World

PLACE = re.compile(r"L\d+")
CLOCKS_DIFFER = timedelta(seconds=2)

_REPLIES = {Kind.NOT_UNDERSTOOD, Kind.RECEIPT, Kind.RECORDED, Kind.DECLINED, Kind.ALREADY_CLOSED}

_TOGETHER: Select[Any] = select(incidents.c.ref, incidents.c.opened_at).where(bindparam("acts") == ACTING)
SERVICES: Select[Any] = (
    select(escalations.c.status, escalations.c.tree, served.c.contact, served.c.level_index)
    .join(served, served.c.escalation_id == escalations.c.id)
    .where(served.c.notification_id == bindparam("notification"))
)
"""What a message counts for."""
_CALLED: Select[Any] = (
    select(escalations.c.status, escalations.c.tree, served.c.contact)
    .join(served, served.c.escalation_id == escalations.c.id)
    .join(notifications, notifications.c.id == served.c.notification_id)
    .where(notifications.c.alarm_id == bindparam("alarm"), notifications.c.method == MethodKind.TASK.value)
)
_WRITTEN_OF: Select[Any] = select(incidents.c.ref, notifications.c.address).join(
    notifications, notifications.c.incident_id == incidents.c.id
)
_REPORTED: Select[Any] = (
    select(timeline.c.payload)
    .join(incidents, incidents.c.id == timeline.c.chain)
    .where(bindparam("acts") == ACTING, timeline.c.kind == "report_received")
    .order_by(timeline.c.seq)
)
_DISOWNED: Select[Any] = (
    select(timeline.c.seq)
    .join(incidents, incidents.c.id == timeline.c.chain)
    .where(bindparam("acts") == ACTING, timeline.c.kind == "wrong_person")
)


def opened_after_edit(world: World, opened_at: datetime) -> bool:
    """Whether an incident may have opened on edited trees, by any of the clocks."""
    return world.edited_at is not None and opened_at > world.edited_at - CLOCKS_DIFFER


def check_recipient(world: World, row: Row[Any], outgoing: Outgoing) -> Found:
    """Why it should not have been sent to them, or not in these words."""
    if row.ref is not None and not is_in_field(row.contact):
        yield from _consents(world, row, from_plain(Facts, row.facts), outgoing.to)
        yield from _heeds_the_field(world, row, outgoing)
        yield from _heeds_the_desk(world, row, outgoing)
        yield from _is_in_the_plan(world, row, outgoing)
        yield from _has_it_still(world, row, outgoing)
        yield from check_served(world, row, outgoing)
    is_a_strangers = outgoing.to == world.recycled and row.kind != Kind.NOT_UNDERSTOOD.value
    if is_a_strangers and world.database.rows(_DISOWNED, acts=row.acts):
        yield "A9", "whoever has that number is a stranger, and has said so"
    if row.kind == Kind.TASK.value:
        yield from _is_to_be_called(world, row)
    if row.incident_id is None and row.kind in (Kind.ALARM.value, Kind.NOTICE.value):
        yield from _is_about_us(world, outgoing)
    if row.kind == Kind.TEST.value:
        yield from _may_be_tested(world, outgoing)
    if SECRET in outgoing.subject + outgoing.text:
        yield "A9", "it names a person or a place"
    if outgoing.method is MethodKind.SMS and outgoing.to in outgoing.text and _may_call_another(world, row, outgoing):
        yield "B1", "it asks its recipient to call its own number"


def _may_call_another(world: World, row: Row[Any], outgoing: Outgoing) -> bool:
    """Whether the tree has another number to call, of somebody who may hear of it."""
    tree, facts = world.network.trees.get(row.tree), from_plain(Facts, row.facts) if row.ref is not None else None
    if tree is None or facts is None:
        return True
    asked = (*tree.coordinators, *(tree.contacts[id] for id in tree.last_resort))
    others = {number for each in asked for number in each.numbers} - {outgoing.to, facts.raised_from, *facts.also_from}
    return any(why_barred(facts, world.network.trees.values(), number) is None for number in others)


def _trees(world: World, row: Row[Any]) -> Mapping[str, ContactTree]:
    """The trees that the incident runs on."""
    return world.network.trees if world.edited_at is None else world.pinned(row.trees)


def _consents(world: World, row: Row[Any], facts: Facts, address: str) -> Found:
    why = why_barred(facts, _trees(world, row).values(), address)
    if why is not None:
        yield "A3", why


def _heeds_the_field(world: World, row: Row[Any], outgoing: Outgoing) -> Found:
    """Nobody hears of it whom the field has ruled out by SMS, in whatever text and order (A3)."""
    if world.asked.merges:
        return
    said = {code for each in world.database.rows(_REPORTED, acts=row.acts) for code in each.payload["understood"]}
    narrowest = next((scope for scope in sorted(Scope, key=lambda scope: scope.rank) if f"C{scope.rank}" in said), None)
    if narrowest is not None:
        narrowed = replace(from_plain(Facts, row.facts), consent=narrowest)
        for promise, why in _consents(world, row, narrowed, outgoing.to):
            yield promise, f"the field has written so: {why}"


def _heeds_the_desk(world: World, row: Row[Any], outgoing: Outgoing) -> Found:
    """Nobody hears of it whom the desk has ruled out, for all or one of its people; nor the public without a GO."""
    refs = _together(world, row)
    said = [scope for ref in refs for scope in world.asked.consents.get(ref, ())]
    if said and world.asked.re_resolved.isdisjoint(refs):
        facts = from_plain(Facts, row.facts)
        narrowed = replace(facts, consent=min([facts.consent, *said], key=lambda scope: scope.rank))
        for promise, why in _consents(world, row, narrowed, outgoing.to):
            yield promise, f"the desk has said so: {why}"
    is_public = row.is_alert and outgoing.to == PRESS.address
    if is_public and not world.asked.lets_go and world.asked.let_go.isdisjoint(refs):
        yield "B3", "nobody has let it go on to the public"


def _together(world: World, row: Row[Any]) -> list[str]:
    """The references of the incident: where it was merged it can be asked for by any of its reports'."""
    return [each.ref for each in (world.database.rows(_TOGETHER, acts=row.acts) if world.asked.merges else [row])]


def _is_in_the_plan(world: World, row: Row[Any], outgoing: Outgoing) -> Found:
    """Nobody who was added later, or is beyond the reported consent, is told before a re-resolution (A8)."""
    # A merged incident is bound by each of its reports, and can be asked for by any of their references.
    together = world.database.rows(_TOGETHER, acts=row.acts) if world.asked.merges else [row]
    refs = [each.ref for each in together]
    if world.asked.re_resolved.intersection(refs):
        return
    is_in_one = any(opened_after_edit(world, each.opened_at) for each in together)
    if outgoing.to in (NEWCOMER.address, NEW_NUMBER) and not is_in_one:
        yield "A8", "nobody has re-resolved since it came into the trees"
    told = [world.opened[ref] for ref in refs if ref in world.opened]
    is_known = len(told) == len(refs) or len(refs) == 1
    if row.is_alert and is_known and not opened_after_edit(world, row.opened_at):
        known = from_plain(Facts, row.facts)
        yield from _concerns_them(world, [known, *told, *_first_written(world, row, known)], outgoing)
    for reported in told:
        asked = Facts(
            reported.type, reported.severity, reported.country, consent=reported.consent, people=reported.people
        )
        for _, why in _consents(world, row, asked, outgoing.to):
            yield "A8", f"nobody has re-resolved: {why}"


def _first_written(world: World, row: Row[Any], known: Facts) -> list[Facts]:
    """What the field wrote as it raised it: whoever was told of that is told on, whatever place it writes later."""
    if row.ref in world.opened:
        return []
    codes = next((each.payload["understood"] for each in world.database.rows(_REPORTED, acts=row.acts)), ())
    return [replace(known, place=next((code for code in codes if PLACE.fullmatch(code)), None))]


def _has_it_still(world: World, row: Row[Any], outgoing: Outgoing) -> Found:
    """Once somebody has re-resolved, a number that its contact has left hears nothing more but replies."""
    if world.edited_at is None or row.kind in _REPLIES:
        return
    known = [(tree.id, each) for tree in _trees(world, row).values() for each in tree.contacts.values()]
    before, now = world.network.trees, world.edition.network.trees
    moved = [(id, each.id) for id, each in known if NEW_NUMBER in each.numbers]
    left = {number for id, one in moved for number in before[id].contacts[one].numbers - now[id].contacts[one].numbers}
    others = [each for _, each in known if NEW_NUMBER not in each.numbers]
    if outgoing.to in left and not any(outgoing.to in phones_of(each) for each in others):
        yield "A9", "its contact has another number now"


def _concerns_them(world: World, known: Sequence[Facts], outgoing: Outgoing) -> Found:
    """The contacts told in a level, and the level itself, are for a place and organisation of these (B1)."""
    trees = world.network.trees
    services = world.database.rows(SERVICES, notification=outgoing.notification)
    told = [(trees[each.tree], each) for each in services if each.level_index != LAST_RESORT]
    whens = [(tree.levels[each.level_index].when, tree.contacts[each.contact].when) for tree, each in told]
    if (
        told
        and len(told) == len(services)
        and not any(all(concerns(when, facts) for when in both) for both in whens for facts in known)
    ):
        yield "B1", "it is for another place or organisation"


def _is_to_be_called(world: World, row: Row[Any]) -> Found:
    """Nobody is asked to call a contact whom the incident may not reach, or for whom nobody waits."""
    if row.incident_status != "open":
        yield "A4", "its incident is closed"
    services = world.database.rows(_CALLED, alarm=row.alarm_id)
    if services and all(each.status in ("acknowledged", "stopped") for each in services):
        yield "A4", "nobody waits for what comes of it"
    for each in services:
        for address in _trees(world, row)[each.tree].contacts[each.contact].addresses:
            yield from _consents(world, row, from_plain(Facts, row.facts), address)


def _is_about_us(world: World, outgoing: Outgoing) -> Found:
    """Messages about no incident go only to coordinators, and name no incident."""
    coordinators = (each for tree in world.network.trees.values() for each in tree.coordinators)
    if not any(outgoing.to in phones_of(each) for each in coordinators):
        yield "A9", "it concerns no incident, and is for coordinators"
    words = outgoing.subject + outgoing.text
    # Something else that was to be sent to that phone may be named in it.
    own = {row.ref for row in world.database.rows(_WRITTEN_OF) if row.address == outgoing.to}
    if NoRef.OURSELVES in words and any(ref in words for ref in _refs(world) if ref not in own):
        yield "A9", "it is about ourselves, and names an incident"


def _may_be_tested(world: World, outgoing: Outgoing) -> Found:
    """No outsider gets a test, and a test says nothing about any incident."""
    able = {
        each.address
        for tree, contact in world.edition.network.all_contacts
        if contact.drills or contact.is_coordinator or contact.id in tree.last_resort
        for each in contact.at_hand
    }
    if outgoing.to not in able:
        yield "A9", "it is a test of an outsider's number, who takes no part in drills"
    if any(ref in outgoing.subject + outgoing.text for ref in _refs(world)):
        yield "A9", "it is a test, and names an incident"


def _refs(world: World) -> Sequence[str]:
    return world.database.column(select(incidents.c.ref))
