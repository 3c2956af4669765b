"""Checks of a message as it is sent whether its tree serves the country and place that were reported (B1)."""

from typing import Any

from sqlalchemy import Row, Select, bindparam, select

from alertnet.channels.base import Outgoing
from alertnet.core.codec import from_plain, replace
from alertnet.core.escalation.state import LAST_RESORT
from alertnet.core.incident import Facts
from alertnet.store.tables import escalations, served
from simulation.world.cast import phones_of
from simulation.world.countries import ABROAD
from simulation.world.expected_plan import serves, tells_any
from simulation.world.story import Found
from simulation.world.world import World

_SERVICES: Select[Any] = (
    select(escalations.c.tree, served.c.level_index)
    .join(served, served.c.escalation_id == escalations.c.id)
    .where(served.c.notification_id == bindparam("notification"))
)


def check_served(world: World, row: Row[Any], outgoing: Outgoing) -> Found:
    """Nobody is told by a tree for another country or place, unless those that are for it have nobody to tell."""
    if ABROAD not in world.network.teams:
        return
    facts, trees = from_plain(Facts, row.facts), list(world.network.trees.values())
    if row.ref in world.opened:
        facts = replace(facts, country=world.opened[row.ref].country)
    is_stood_in_for = not any(tells_any(trees, tree, facts) for tree in trees)
    services = world.database.rows(_SERVICES, notification=outgoing.notification) if row.is_alert else ()
    may_tell = [
        serves(world.network.trees[each.tree], facts) or (is_stood_in_for and each.level_index == LAST_RESORT)
        for each in services
    ]
    where = f"{facts.country} at {facts.place}"
    if services and not any(may_tell):
        yield "B1", f"it counts for {', '.join(each.tree for each in services)} alone, which is not for {where}"
    anywhere = replace(facts, place=None)
    listing = [tree for tree in trees if any(outgoing.to in phones_of(each) for each in tree.contacts.values())]
    if listing and not is_stood_in_for and not any(serves(tree, anywhere) for tree in listing):
        yield "B1", f"it is about {where}, and goes to {', '.join(tree.id for tree in listing)}"
