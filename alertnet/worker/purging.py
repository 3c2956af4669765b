"""Purges in many short transactions, so that nothing due waits for it; another go ends what a kill cut short."""

import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from functools import partial

import structlog

from alertnet.core.errors import Purged, WrongState
from alertnet.core.monitoring.retention import Age
from alertnet.flows.system import purge
from alertnet.flows.system.purge import Decision
from alertnet.runtime.database.transactions import DatabaseAway, isolated
from alertnet.runtime.wiring import Runtime

Rest = Callable[[], None]

REST: Rest = partial(time.sleep, 0.02)
"""Between two transactions: SQLite lets in whoever asks next, and knows no queue."""

log = structlog.get_logger(__name__)


def purge_incident(runtime: Runtime, id: str, decision: Decision, rest: Rest = REST) -> None:
    """Purge an incident, or end what was begun.

    Raises:
        WrongState: it can't be purged now.
    """
    with suppress(Purged):
        runtime.transact(purge.begin_purge, id, decision)
    while not runtime.transact(purge.erase_part, id):
        rest()


def purge_old(runtime: Runtime, before: datetime, decision: Decision, rest: Rest = REST) -> int:
    """Purge the incidents that were closed by then, and what is about none; how many incidents those were.

    One that fails is logged, and left over.
    """
    purged, tried = 0, set[str]()
    while ids := [id for id in runtime.read(purge.old_enough, before) if id not in tried]:
        for id in ids:
            tried.add(id)
            # It is still under way, or somebody has reopened it or holds on to it.
            with isolated(log, "purge_failed", incident=id), suppress(WrongState):
                purge_incident(runtime, id, decision, rest)
                purged += 1
            rest()
    while not runtime.transact(purge.erase_old_part, before, decision):
        rest()
    return purged


def purge_by_itself(runtime: Runtime, age: Age) -> None:
    """Purge what is older than the settings say; what is left over where that fails is found again in an hour."""
    decision = Decision("alertnet", f"kept for {age}, as ALERTNET_KEEP says")
    with suppress(DatabaseAway), isolated(log, "purge_failed"):
        if count := purge_old(runtime, age.before(runtime.now()), decision):
            log.info("incidents_purged", count=count)
