"""Signs of life: when something was seen last, shared by all processes, one row for each.

`watch`: the last turn of whoever keeps watch; `watch_since`: no gap between turns since then; `inbound_asked` and
`inbound`: the inbound path's test and its answer; `heartbeat_sent` and `heartbeat`: the ping and its 2xx;
`reported_<method>`: a report of the provider arrived; `lost_<method>`: one did not, how many `times` since.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from alertnet.core.contact import MethodKind
from alertnet.core.watch import Reports
from alertnet.store.engine import insert_once
from alertnet.store.tables import signs
from alertnet.store.tx import Tx

WATCH, WATCH_SINCE = "watch", "watch_since"
INBOUND_ASKED, INBOUND = "inbound_asked", "inbound"
HEARTBEAT_SENT, HEARTBEAT = "heartbeat_sent", "heartbeat"

REPORTING = (MethodKind.SMS, MethodKind.CALL)
"""The methods whose provider reports what became of each message."""

OFTEN_ENOUGH = timedelta(seconds=10)
"""A sign of something that goes on all the time is not renewed more often than this."""


@dataclass(frozen=True)
class Sign:
    """When it was seen last, and how often since something else was (see above)."""

    at: datetime
    times: int


def read(session: Session) -> dict[str, Sign]:
    """All signs that there are, by name."""
    return {row.name: Sign(row.at, row.times) for row in session.execute(select(signs))}


def note(tx: Tx, name: str, times: int = 0) -> None:
    """It is seen now."""
    values = {"at": tx.now, "times": times}
    if not insert_once(tx.session, signs, {"name": name} | values):
        tx.session.execute(update(signs).where(signs.c.name == name).values(values))


def take_turn(tx: Tx, name: str, every: timedelta) -> bool:
    """Note it if it was not seen for that long; False: somebody else has, or does so at this very moment."""
    row = select(signs.c.at).where(signs.c.name == name)
    seen_at = tx.session.scalar(row)
    if seen_at is None:
        return insert_once(tx.session, signs, {"name": name, "at": tx.now, "times": 0})
    late = tx.now - every
    if seen_at > late or tx.session.scalar(row.where(signs.c.at <= late).with_for_update(skip_locked=True)) is None:
        return False
    tx.session.execute(update(signs).where(signs.c.name == name).values(at=tx.now))
    return True


def note_report(tx: Tx, method: MethodKind) -> None:
    """A report of the provider has arrived."""
    take_turn(tx, f"reported_{method}", OFTEN_ENOUGH)


def note_lost_report(tx: Tx, method: MethodKind) -> None:
    """A message came to its end, and we learnt of it only by asking."""
    before = reports(read(tx.session), (method,))[method]
    is_first = before.lost_at is None or (before.heard_at is not None and before.heard_at >= before.lost_at)
    note(tx, f"lost_{method}", 1 if is_first else before.lost + 1)


def reports(seen: dict[str, Sign], methods: Collection[MethodKind] = REPORTING) -> dict[MethodKind, Reports]:
    """How the provider's reports arrive, by method."""
    found = {}
    for method in methods:
        heard, lost = seen.get(f"reported_{method}"), seen.get(f"lost_{method}")
        found[method] = Reports(when(heard), lost.times if lost else 0, when(lost))
    return found


def when(sign: Sign | None) -> datetime | None:
    """When it was seen last; None: never."""
    return sign.at if sign else None
