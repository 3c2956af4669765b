"""The pace of what sends: from when each number may send again, shared by all workers."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import select, update

from alertnet.core.contact import MethodKind
from alertnet.store.engine import insert_once
from alertnet.store.tables import senders
from alertnet.store.tx import Tx


def hold(tx: Tx, method: MethodKind, numbers: Iterable[str]) -> dict[str, datetime]:
    """From when each number is free, held until the transaction ends: here workers take their turns."""
    names = {_name(method, number): number for number in sorted(numbers)}
    query = select(senders).where(senders.c.name.in_(names)).order_by(senders.c.name).with_for_update()
    rows = tx.session.execute(query).all()
    if len(rows) < len(names):
        for name in names:
            insert_once(tx.session, senders, {"name": name, "free_at": tx.now})
        rows = tx.session.execute(query).all()
    return {names[row.name]: row.free_at for row in rows}


def occupy(tx: Tx, method: MethodKind, number: str, units: int, rate: float) -> datetime:
    """Let the number be busy with that many units more, at `rate` a second; from when it is free then."""
    free_at = max(hold(tx, method, [number])[number], tx.now) + timedelta(seconds=units / rate)
    tx.session.execute(update(senders).where(senders.c.name == _name(method, number)).values(free_at=free_at))
    return free_at


def _name(method: MethodKind, number: str) -> str:
    return f"{method}:{number}"
