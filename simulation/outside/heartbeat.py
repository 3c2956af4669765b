"""Checks that a heartbeat, and its absence, are both true: an outside service knows nothing else."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from sqlalchemy import Select, select

from alertnet.store.queues.attempts import SENT_BY
from alertnet.store.tables import breakers, escalations, incidents, signs, troubles
from alertnet.worker.service import BEAT_SECONDS
from simulation.checks.watch import Watch
from simulation.hosts.platform import WATCHED
from simulation.world.story import Found
from simulation.world.world import START, STARTS_WITHIN, World

TURN = timedelta(seconds=WATCHED[BEAT_SECONDS])
"""From one turn to the next, and from a worker's return to its look."""
LATEST = timedelta(seconds=60)
AWAY_FOR = timedelta(seconds=30)
TESTED_WITHIN = timedelta(minutes=3)
EACH = timedelta(seconds=61) + TURN
"""A minute, and the turn at which it is over."""
STARTED = timedelta(seconds=15)
"""A worker that had started by then had enough time."""
SETTLED = timedelta(seconds=100)
"""How long nothing must be wrong before a missing heartbeat counts: the test comes in, and then it is sent."""
HARMLESS = ("workers", "providers", "trees")
"""Parts whose trouble does not stop it."""

_SENT: Select[Any] = select(signs.c.at).where(signs.c.name == "heartbeat_sent")
_AWAY: Select[Any] = select(breakers).where(breakers.c.opened_at.is_not(None), ~breakers.c.is_back)
_TROUBLE: Select[Any] = select(troubles.c.part, troubles.c.clear_since)
_UNHEARD: Select[Any] = select(incidents.c.facts).where(
    incidents.c.status == "open",
    ~select(escalations.c.id)
    .where(escalations.c.incident_id == incidents.c.id, escalations.c.status != "stopped")
    .exists(),
)


def check_heartbeat(world: World, watch: Watch, tested_at: datetime | None) -> None:
    """Check a heartbeat about to leave: at the turn that sends it all was well, by what is committed now."""
    turn_at = world.database.column(_SENT)[0]
    # What is noted by a clock before it is put on seems as much older afterwards.
    stepped = sum(abs(by) for _, by in world.mischief_was.steps)
    at = turn_at - world.mischief.slack(1 + 50 * world.mischief.step + stepped)
    for promise, how in (*_on_time(watch, at), *_reached(tested_at, at), *_able(world, at)):
        world.story.breaks_promise(promise, f"a heartbeat leaves, and {how}")


def check_silence(world: World, watch: Watch, heartbeats: Sequence[datetime]) -> None:
    """Check at the end of a night: while nothing is wrong one comes each minute, and what stops it is on record."""
    if not world.mischief.watched:
        return
    if world.mischief_was.quiet:
        for row in world.database.rows(_TROUBLE):
            world.story.breaks_promise("A11", f"there is trouble on the record with {row.part}, and nothing was wrong")
        began = START + timedelta(seconds=STARTS_WITHIN)
        for before, after in pairwise([began, *heartbeats, world.time.now]):
            if after - before > EACH:
                how = f"no heartbeat comes for {(after - before).total_seconds():.0f} s, and nothing was wrong"
                world.story.breaks_promise("A2", how)
    elif not any(each > world.calm_since for each in heartbeats) and not _is_explained(world, watch):
        world.story.breaks_promise("A2", "no heartbeat comes in all of the calm, and no trouble is on the record")


def _on_time(watch: Watch, turn_at: datetime) -> Found:
    """Nothing has been due for long that some worker might have seen; after a gap a minute is allowed again."""
    kept_since = watch.kept_since()
    before = turn_at - LATEST
    if kept_since is not None and kept_since + TURN < before:
        for what, due_at in watch.overdue(before):
            yield "A2", f"one {what} has been due since {due_at:%H:%M:%S}"


def _reached(tested_at: datetime | None, turn_at: datetime) -> Found:
    """Our own test has come in."""
    if tested_at is None or turn_at - tested_at > TESTED_WITHIN:
        yield "A12", f"our own test has come in {'never' if tested_at is None else f'last at {tested_at:%H:%M:%S}'}"


def _able(world: World, turn_at: datetime) -> Found:
    """Every method has a provider."""
    away = [(row.method, row.provider) for row in world.database.rows(_AWAY) if row.opened_at < turn_at - AWAY_FOR]
    for method in SENT_BY:
        if all(route in away for route in world.routes if route[0] is method):
            yield "A11", f"every provider of {method} is away for more than {AWAY_FOR.seconds} s"


def _is_explained(world: World, watch: Watch) -> bool:
    """No worker ran in all of the calm, or it had trouble, or consent leaves nobody to be told (A3)."""
    kept_since = watch.kept_since()
    if kept_since is None or kept_since > world.calm_since + STARTED:
        return True
    stopping = [row.clear_since for row in world.database.rows(_TROUBLE) if row.part not in HARMLESS]
    long_ago = world.time.now - SETTLED
    if any(clear_since is None or clear_since > long_ago for clear_since in stopping):
        return True
    return not all(row.facts.get("lone_text") for row in world.database.rows(_UNHEARD))
