"""After some nights: all open incidents are closed and purged, by processes that may die during it (A10)."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

from sqlalchemy import Select, Table, select
from starlette.responses import Response

from alertnet.core.incident import CloseReason
from alertnet.flows.incidents.close_incident import close_incident
from alertnet.flows.system.purge import PurgeDecision
from alertnet.flows.unit.locked_incident import take_up
from alertnet.runtime.wiring import Runtime
from alertnet.store.db.tx import Tx
from alertnet.store.tables import incidents, metadata
from alertnet.worker.purging import purge_old
from simulation.hosts.web import WebAnswer
from simulation.night import Night
from simulation.world.cast import SECRET
from simulation.world.story import Found

TELLS_ALL = timedelta(seconds=100)
"""After a close, everybody who was told has heard by then that it is over."""
TRIES, TRY_EVERY = 3, timedelta(seconds=50)
"""How often purging is tried, and how far apart, so that a process that died is back by the next time."""
DIES = 0.1
ASK_AGAIN = 5.0
DECISION = PurgeDecision("the desk", "all of it is long over")

_ACTING: Select[Any] = select(incidents.c.id).where(incidents.c.status == "open", incidents.c.part_of.is_(None))
_NUMBER_OR_NAME = re.compile(rf"\+\d{{9}}|{SECRET}")


def purge(night: Night) -> bool:
    """Close and purge everything, and check what is left; gives whether this is one of those nights."""
    world, random = night.world, night.world.draws("purge")
    if world.mischief_was.quiet or not random.comes():
        return False
    for id in world.database.column(_ACTING):
        night.web.request("a close", partial(_close, id))
    world.time.run(world.time.now + TELLS_ALL)
    for left in reversed(range(TRIES)):
        for heard in world.database.texts():
            # A real purge is so old that the provider's list of incoming messages no longer has it.
            world.texts.pop(heard, None)
        world.story.tell("desk", "purges what is closed")
        world.is_calm = not left
        world.mischief = replace(world.mischief, dies=DIES, most_deaths=world.deaths + 2)
        _ask_for_a_purge(night)
        world.time.run(world.time.now + TRY_EVERY)
    for promise, how in _left(night):
        world.story.breaks_promise(promise, how)
    return True


def _ask_for_a_purge(night: Night) -> None:
    """Ask until a process does it."""

    def heard(answer: WebAnswer) -> None:
        if answer is None:
            night.world.time.after(ASK_AGAIN, partial(_ask_for_a_purge, night))

    night.web.request("a purge", _purge, heard)


def _close(id: str, runtime: Runtime) -> Response:
    def flow(tx: Tx) -> None:
        locked = take_up(tx, id)
        close_incident(locked, CloseReason.RESOLVED, by="the desk")
        locked.finish()

    runtime.transact(flow)
    return Response(status_code=200)


def _purge(runtime: Runtime) -> Response:
    purge_old(runtime, runtime.now(), DECISION, rest=lambda: None)
    return Response(status_code=200)


def _left(night: Night) -> Found:
    """A10: a purged incident leaves no name, number or place, and its history verifies."""
    rows = night.world.database.rows(select(incidents).where(incidents.c.purged_at.is_not(None)))
    for row in rows:
        if row.erased_at is None:
            yield "A10", f"the purge of {row.ref} was cut short, and nobody has ended it"
    ids = {row.id for row in rows if row.erased_at is not None}
    for table, column in _of_incidents():
        for row in night.world.database.rows(select(table).where(column.in_(ids))):
            kept = [name for name, value in row._mapping.items() if _NUMBER_OR_NAME.search(str(value))]
            if kept:
                yield "A10", f"of what is purged {table.name} still tells: {', '.join(kept)}"
    for fault in night.world.database.broken_chains():
        yield "A10", f"chain {fault.chain} at {fault.seq}, after a purge: {fault.why}"


def _of_incidents() -> Iterator[tuple[Table, Any]]:
    """The tables about one incident, with the column that names it."""
    names = {"incidents": "id", "timeline": "chain"}
    for table in metadata.sorted_tables:
        column = names.get(table.name, "incident_id")
        if column in table.c:
            yield table, table.c[column]
