"""How far the provider's lists of incoming messages were read; one worker at a time reads on."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import literal, update

from alertnet.core.codec import value
from alertnet.core.delivery.provider_routes import Route, route_name
from alertnet.store.db.engine import insert_once
from alertnet.store.db.tx import Tx
from alertnet.store.records import inbound
from alertnet.store.tables import sweeps

EVERY = timedelta(seconds=60)
LEASE = timedelta(seconds=60)
"""How long a worker may read; then another may."""


@value
class InboundPoll:
    """A look for what came in by a route. `seen_until`: everything up to then was found; `at`: when the look began."""

    route: Route
    lease: str
    seen_until: datetime
    at: datetime


def begin(tx: Tx, route: Route, *, at_once: bool = False, afresh: bool = False) -> InboundPoll | None:
    """Lease a look if it is time for one and nobody else has it; else None.

    The first look begins at the newest message that came in; `afresh`: now. `at_once`: take it now in any case, even
    from its holder.
    """
    name = route_name(route)
    began = (None if afresh else inbound.newest(tx.session)) or tx.now
    insert_once(tx.session, sweeps, {"method": name, "seen_until": began, "due_at": tx.now, "lease": None})
    lease = tx.entropy.id()
    # A moment further ahead than any planned look is from before the clock was set back.
    is_time = (sweeps.c.due_at <= tx.now) | (sweeps.c.due_at > tx.now + max(EVERY, LEASE)) | literal(at_once)
    change = update(sweeps).where(sweeps.c.method == name, is_time)
    poll = change.values(lease=lease, due_at=tx.now + LEASE).returning(sweeps.c.seen_until)
    seen_until = tx.session.scalar(poll)
    return InboundPoll(route, lease, min(seen_until, tx.now), tx.now) if seen_until else None


def rewind(tx: Tx, routes: Iterable[Route], moment: datetime) -> None:
    """Look again at once for everything that came in from then on; whoever is looking now loses the lease."""
    for route in routes:
        row = {"method": route_name(route), "seen_until": moment, "due_at": tx.now, "lease": None}
        insert_once(tx.session, sweeps, row)
    tx.session.execute(update(sweeps).values(due_at=tx.now, lease=None))
    tx.session.execute(update(sweeps).where(sweeps.c.seen_until > moment).values(seen_until=moment))


def finish(tx: Tx, poll: InboundPoll, *, is_whole: bool, again_after: timedelta = EVERY) -> None:
    """End a look; `is_whole`: everything was found. A look whose lease was lost changes nothing."""
    mine = update(sweeps).where(sweeps.c.method == route_name(poll.route), sweeps.c.lease == poll.lease)
    seen_until = poll.at if is_whole else poll.seen_until
    tx.session.execute(mine.values(lease=None, due_at=poll.at + again_after, seen_until=seen_until))
