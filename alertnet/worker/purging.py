"""Purges in many short transactions, so that due work does not wait.

An interrupted purge is finished by the next one.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from functools import partial

import structlog

from alertnet.core.errors import Purged, WrongState
from alertnet.core.monitoring.retention import Age
from alertnet.flows.system import purge
from alertnet.flows.system.purge import PurgeDecision
from alertnet.runtime.database.transactions import DatabaseAway, handled, isolated
from alertnet.runtime.wiring import Runtime

Rest = Callable[[], None]

REST: Rest = partial(time.sleep, 0.02)
"""Pause between transactions: SQLite has no queue, so the pause lets others in."""

log = structlog.get_logger(__name__)


def purge_incident(
    runtime: Runtime, id: str, decision: PurgeDecision, rest: Rest = REST, before: datetime | None = None
) -> None:
    """Purge an incident, or finish a purge that was begun; raises `WrongState` where it can't be purged now.

    `before`: only if it was closed by then.
    """
    with suppress(Purged):
        runtime.transact(purge.begin_purge, id, decision, before)
    while not runtime.transact(purge.erase_part, id):
        rest()


def purge_old(runtime: Runtime, before: datetime, decision: PurgeDecision, rest: Rest = REST) -> int:
    """Purge incidents closed before that moment, and old data about no incident; gives the number of incidents.

    One that fails is logged and left over, and the coordinators are told of it once.
    """

    def put_aside(id: str, fault: Exception) -> None:
        log.error("purge_failed", incident=id, exc_info=fault)
        with isolated(log, "purge_failed_untold", incident=id):
            runtime.transact(purge.tell_failed, runtime.edition.network.in_order, id)

    purged, tried = 0, set[str]()
    while ids := [id for id in runtime.read(purge.old_enough, before) if id not in tried]:
        for id in ids:
            tried.add(id)
            # It is still under way, was reopened, perhaps closed again, or is held.
            with handled(partial(put_aside, id)), suppress(WrongState):
                purge_incident(runtime, id, decision, rest, before)
                purged += 1
            rest()
    while not runtime.transact(purge.erase_old_part, before, decision):
        rest()
    return purged


def purge_by_itself(runtime: Runtime, age: Age) -> None:
    """Purge what is older than the settings allow. What fails is found again in an hour."""
    decision = PurgeDecision("alertnet", f"kept for {age}, as ALERTNET_KEEP says")
    with suppress(DatabaseAway), isolated(log, "purge_failed"):
        if count := purge_old(runtime, age.before(runtime.now()), decision):
            log.info("incidents_purged", count=count)
