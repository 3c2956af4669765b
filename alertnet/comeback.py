"""Back after a while away: what was said meanwhile counts first, and an old backup is told from the database as it was.

A backup that is restored would send everything again that was due after it was taken. Whoever restores one says so
(`alertnet db restored`); a worker that begins looks for itself too: messages of ours at the provider that are younger
than anything in the database were sent on the strength of another. Being wrong about it costs two minutes and an alarm,
and never silences anything.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

import structlog

from alertnet.core.contact import MethodKind
from alertnet.flows import restore
from alertnet.runtime import Runtime
from alertnet.store import activity
from alertnet.store.activity import Declaration
from alertnet.sweeps import sweep
from alertnet.transactions import DatabaseAway

T = TypeVar("T")

AWAY = timedelta(minutes=2)
"""Shorter than this nobody was away; it also covers the difference between our clock and the provider's."""

log = structlog.get_logger(__name__)


def come_back(runtime: Runtime) -> None:
    """To be called before anything is sent. Does nothing where somebody was at work a moment ago.

    Unless that was to declare a backup the database, and broke off: then it goes on with that.
    """
    last, declared = runtime.read(lambda tx: (activity.newest(tx.session), activity.declared(tx.session)))
    broke_off = declared is not None and not declared.is_over
    if last is None or (runtime.now() - last < AWAY and not broke_off):
        return
    if broke_off or _is_another(runtime, last):
        log.error("database_is_old", newest=last.isoformat())
        declare_restored(runtime, None, by="found at the start")
    # Whoever has the turn to look may have died over it, and what is due does not wait for the end of its lease.
    sweep(runtime, at_once=True)


def declare_restored(runtime: Runtime, taken_at: datetime | None, by: str) -> tuple[Declaration, Sequence[str]]:
    """Settle what a backup that was taken then would do again, by default up to the newest moment in it.

    Said again it goes on where it broke off, and does nothing twice. What was declared, and the references of the
    incidents that may lack answers.
    """
    ways_in = [way for way, outlet in runtime.outlets.items() if outlet.ledger is not None]
    declared = runtime.transact(restore.hold_back, taken_at, by, ways_in)
    incidents = runtime.read(lambda tx: activity.going_on(tx.session))
    if not declared.is_over:
        for id in runtime.read(lambda tx: activity.queued(tx.session, declared.at)):
            runtime.hang_up(_apart(runtime, restore.doubt, id) or ())
        for id, _ in incidents:
            _apart(runtime, restore.alarm_about, id, declared.taken_at)
        runtime.transact(restore.tell_everybody, runtime.edition, declared.taken_at)
    return declared, [ref for _, ref in incidents]


def _apart(runtime: Runtime, flow: Callable[..., T], id: str, *args: Any) -> T | None:
    """The flow over one row; where it fails, the others are settled all the same (A11)."""
    try:
        return runtime.transact(flow, id, *args)
    except DatabaseAway:
        raise
    except Exception:
        log.exception("restore_failed", row=id)
        return None


def _is_another(runtime: Runtime, last: datetime) -> bool:
    """Whether the provider has messages of ours that this database knows nothing of."""
    ids: set[str] = set()
    for (method, _), outlet in runtime.outlets.items():
        if method is MethodKind.SMS and outlet.ledger is not None:
            listings = [outlet.ledger.outgoing(number, last + AWAY) for number in outlet.senders]
            ids |= {entry.found.provider_id for each in listings for entry in each.entries if entry.at > last + AWAY}
    return bool(ids and runtime.read(lambda tx: activity.unbound(tx.session, ids)))
