"""Alarms about what somebody texts or calls, counted at each phone with the notices that it gets (B9)."""

from alertnet.core.limits import ALL_NOTICES
from alertnet.store.db.tx import Tx
from alertnet.store.records import limits


def count_rings(tx: Tx, address: str, times: int) -> None:
    """Count an alarm about what somebody texts or calls at an address: notices have the less room there."""
    used = limits.hold(tx, ALL_NOTICES, address)
    limits.keep(tx, ALL_NOTICES, address, ALL_NOTICES.use(used, tx.now, times))


def may_ring(tx: Tx, address: str) -> bool:
    """Whether such an alarm may be repeated there once more, by SMS and call."""
    return ALL_NOTICES.room(limits.usage(tx, ALL_NOTICES, address), tx.now) >= 2
