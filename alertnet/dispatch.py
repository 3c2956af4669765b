"""What is due, as jobs: each is one unit of work for whatever thread takes it, and its failure stays its own (A11)."""

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

import structlog

from alertnet.channels.base import CannotTell, Lookup, Outgoing, Result
from alertnet.core.contact import MethodKind
from alertnet.flows import alarms, deliver
from alertnet.flows.claim_sends import Claims, charge, claim, put_aside
from alertnet.flows.deliver import Claimed
from alertnet.flows.escalate import escalate
from alertnet.flows.put_off import put_off
from alertnet.flows.reconcile import expire_lease, settle, take_doubts
from alertnet.flows.record_outcome import record
from alertnet.runtime import Runtime
from alertnet.store import attempts as attempt_store
from alertnet.store import escalations as escalation_store
from alertnet.store import workers as worker_store
from alertnet.store.attempts import SENT_BY
from alertnet.transactions import DatabaseAway

DUE = "due"
"""The crew for what needs the database alone; each method has a crew of its own."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Job:
    """Work on one row, for the threads of one crew; it gives the calls to hang up, by the provider's ids."""

    crew: str
    key: str
    run: Callable[[], Sequence[str]]


@dataclass
class Jobs:
    """What was found. `crowded`: the crews that had no room for more. `next_at`: when the pace allows the next send."""

    jobs: list[Job] = field(default_factory=list)
    crowded: set[str] = field(default_factory=set)
    next_at: datetime | None = None

    def pace(self, at: datetime | None) -> None:
        """No send of some method before that."""
        if at is not None:
            self.next_at = min(at, self.next_at or at)


def find_jobs(runtime: Runtime, rooms: Mapping[str, int], under_way: Container[str]) -> Jobs:
    """Claim what is to be sent or asked for, and list what else is due, no more than each crew has room for.

    `under_way`: keys of jobs that were found before and are not over.
    """
    found = Jobs()
    due = runtime.read(worker_store.due)
    for method in SENT_BY:
        if method in due.queued or method in due.asked:
            _find_sends(runtime, method, rooms[method], found)
    if due.leases or due.escalations or due.alarms:
        _find_due(runtime, rooms[DUE], under_way, found)
    return found


def perform(job: Job) -> Sequence[str]:
    """Do it, whatever happens; the calls to hang up."""
    try:
        return job.run()
    except DatabaseAway:
        log.warning("database_away", job=job.key)
    except Exception:
        log.exception("job_failed", job=job.key)
    return ()


def _find_sends(runtime: Runtime, method: MethodKind, room: int, found: Jobs) -> None:
    outlet = runtime.outlets.get(method)
    senders, rate = (outlet.senders, outlet.rate) if outlet else (("",), 0.0)
    claims = runtime.transact(claim, method, room, senders=senders, rate=rate) if room else Claims()
    left = room - len(claims.claimed)
    doubts = runtime.transact(take_doubts, method, left) if left else Claims()
    found.jobs += [Job(method, each.attempt, partial(_send, runtime, each)) for each in claims.claimed]
    found.jobs += [Job(method, each.attempt, partial(_ask, runtime, each)) for each in doubts.claimed]
    found.jobs += [_job(runtime, "attempts", id, put_aside, id) for id in claims.unwanted]
    for id, fault in (claims.broken | doubts.broken).items():
        log.error("attempt_unreadable", attempt=id, fault=fault)
        runtime.transact(put_off, "attempts", id, fault)
    found.pace(claims.next_at)
    if len(claims.claimed) + len(doubts.claimed) == room:
        found.crowded.add(method)


def _find_due(runtime: Runtime, room: int, under_way: Container[str], found: Jobs) -> None:
    most = 4 * room + 1
    leases = runtime.read(lambda tx: attempt_store.leases_over(tx.session, tx.now, most))
    escalations = runtime.read(lambda tx: escalation_store.due(tx.session, tx.now, most))
    jobs = [
        *(_job(runtime, "escalations", id, escalate, id, incident) for id, incident in escalations),
        *(
            _job(runtime, "alarms", id, alarms.repeat_alarm, id, incident)
            for id, incident in runtime.read(alarms.due, most)
        ),
        *(_job(runtime, "attempts", id, expire_lease, id) for id in leases),
    ]
    waiting = [job for job in jobs if job.key not in under_way]
    found.jobs += waiting[:room]
    if len(waiting) > room:
        found.crowded.add(DUE)


def _job(runtime: Runtime, queue: str, id: str, flow: Callable[..., list[str] | None], *args: str) -> Job:
    return Job(DUE, f"{queue}/{id}", partial(_do, runtime, queue, id, flow, args))


def _do(
    runtime: Runtime, queue: str, id: str, flow: Callable[..., Sequence[str] | None], args: tuple[str, ...]
) -> Sequence[str]:
    """One flow over one row; where it fails, the row waits."""
    try:
        return runtime.transact(flow, *args) or ()
    except DatabaseAway:
        raise
    except Exception as fault:
        log.exception("row_failed", queue=queue, row=id)
        runtime.transact(put_off, queue, id, type(fault).__name__)
    return ()


def _send(runtime: Runtime, claimed: Claimed) -> Sequence[str]:
    """Hand an attempt to its channel, unless it must not leave any more, and write down what came of it."""
    result = _try(runtime, claimed)
    if result is None:
        log.info("attempt_withheld", attempt=claimed.attempt, method=claimed.method)
        return ()
    hang_ups = runtime.transact(record, claimed.attempt, claimed.lease, result)
    log.info(
        "attempt_made",
        attempt=claimed.attempt,
        method=claimed.method,
        kind=claimed.kind,
        result=type(result).__name__,
    )
    return hang_ups


def _try(runtime: Runtime, claimed: Claimed) -> Result | None:
    outlet = runtime.outlets.get(claimed.method)
    if outlet is None:
        return deliver.UNCONFIGURED
    try:
        outgoing = _compose(runtime, claimed)
    except DatabaseAway:
        raise
    except Exception:
        log.exception("message_unspeakable", attempt=claimed.attempt, method=claimed.method, kind=claimed.kind)
        return deliver.UNRENDERED
    more = deliver.units(outgoing) - 1
    if outlet.rate and more:
        runtime.transact(charge, claimed.method, claimed.sender, more, outlet.rate)
    if not runtime.read(deliver.still_ours, claimed.attempt, claimed.lease):
        return None
    return deliver.hand_over(outlet.channel, outgoing)


def _ask(runtime: Runtime, claimed: Claimed) -> Sequence[str]:
    """Ask the provider what became of an attempt, and settle it by the answer."""
    outlet = runtime.outlets.get(claimed.method)
    lookup: Lookup = CannotTell()
    if outlet is not None:
        lookup = deliver.look_up(outlet.channel, _compose(runtime, claimed), claimed)
    log.info("attempt_asked", attempt=claimed.attempt, method=claimed.method, answer=type(lookup).__name__)
    return runtime.transact(settle, claimed.attempt, claimed.lease, lookup)


def _compose(runtime: Runtime, claimed: Claimed) -> Outgoing:
    renderer = runtime.renderer(claimed.templates or runtime.edition.templates)
    return deliver.render(claimed, renderer, runtime.settings.public_url or "")
