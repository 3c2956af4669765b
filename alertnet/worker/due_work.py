"""Finds due work and makes jobs of it. Each job is a unit of its own, and its failure affects no other (A11)."""

from collections import Counter
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial

import structlog

from alertnet.channels.base import CannotTell, Lookup, Overlapping, StatusQuery
from alertnet.core.codec import value
from alertnet.core.delivery.horizon import LONG_AGO, Horizon
from alertnet.core.delivery.provider_routes import Route
from alertnet.core.directory.contact import MethodKind
from alertnet.core.errors import Inconsistent, put_down
from alertnet.flows.escalation.escalate import escalate, escalate_due
from alertnet.flows.incidents.drills import take_up_drill
from alertnet.flows.incidents.repeat_prompt import repeat_prompt
from alertnet.flows.journeys.missed import miss_check_in
from alertnet.flows.sending import render_and_send
from alertnet.flows.sending.claim_sends import Claims, hold_up, put_aside
from alertnet.flows.sending.render_and_send import Claimed
from alertnet.flows.sending.settle_unknown import claim_status_queries, expire_lease, record_lookup
from alertnet.flows.sms.coerced_text import open_coerced
from alertnet.flows.system.postpone_row import postpone
from alertnet.runtime.database.transactions import DatabaseAway, handled, isolated
from alertnet.runtime.wiring import Runtime
from alertnet.store.db.tx import Tx
from alertnet.store.queues import attempts as attempt_store
from alertnet.store.queues import workers as worker_store
from alertnet.store.queues.attempts import SENT_BY
from alertnet.store.queues.workers import Due
from alertnet.store.records import escalations as escalation_store
from alertnet.store.records import prompts as prompt_store
from alertnet.worker import routes
from alertnet.worker.recordings import work_on_recordings
from alertnet.worker.sender import Sending
from alertnet.worker.thread_pools import Room

FEW = 2
"""Up to so many messages are asked about one by one, which is more exact: the provider's lists may lag behind."""
MOST = 500
MOST_WITHOUT_BOOKS = 16
"""The most where each needs a request of its own, because all must be answered within a lease."""

log = structlog.get_logger(__name__)

DUE = "due"
"""The thread pool for work that only needs the database; each method has one of its own."""

ESCALATIONS = "escalations"
RECORDINGS = "recordings"

BATCH = 32
"""The most escalations in one transaction; the last has to wait for all of them."""

MOST_ROWS = 100
"""The most due rows of a queue in one look."""

BY_TREES = {"journeys": miss_check_in, "inbound": open_coerced, "drills": take_up_drill}
"""By queue, the flow for a due row that needs nothing but its id and the trees in force."""


def _most_at_once(runtime: Runtime, route: Route) -> int:
    """How many attempts of a route may be asked about together."""
    outlet = runtime.outlets.get(route)
    return MOST if outlet and outlet.ledger else MOST_WITHOUT_BOOKS


def _query_statuses(sending: Sending, route: Route, claimed: Sequence[Claimed]) -> None:
    """Ask for the state of these attempts, and settle each by its answer."""
    lookups = _look_up(sending, route, [_query(sending, each) for each in claimed])
    for each, lookup in zip(claimed, lookups, strict=True):
        with isolated(log, "attempt_unsettled", attempt=each.id, method=each.method):
            sending.runtime.transact(record_lookup, each.id, each.lease, lookup)
    found = sum(not isinstance(lookup, CannotTell) for lookup in lookups)
    method, provider = route
    log.info("attempts_asked", method=method, provider=provider, asked=len(lookups), answered=found)


def _query(sending: Sending, claimed: Claimed) -> StatusQuery | None:
    outgoing = sending.compose_or_none(claimed)
    return None if outgoing is None else StatusQuery(outgoing, claimed.started_at, claimed.provider_id)


def _look_up(sending: Sending, route: Route, queries: Sequence[StatusQuery | None]) -> list[Lookup]:
    """The answer for each query. Where a query could not be composed, or the provider is away, it is `CannotTell`."""
    outlet = sending.runtime.outlets.get(route)
    asked = [query for query in queries if query is not None]
    if outlet is None or sending.routes.is_away(route):
        return [CannotTell(is_away=outlet is not None) for _ in queries]
    if outlet.ledger is not None and len(asked) > FEW:
        answers = iter(render_and_send.look_up_many(outlet.ledger, asked))
    else:
        answers = iter([render_and_send.look_up(outlet.channel, query) for query in asked])
    return [CannotTell() if query is None else next(answers) for query in queries]


@value
class Job:
    """Work on one row, for the threads of one pool."""

    pool: str
    key: str
    run: Callable[[], object]
    claimed: Sequence[Claimed] = ()
    """What one thread may send together instead, of which each has a thread put aside."""


def perform(job: Job) -> None:
    """Run a job and log its failure; `Absence` logs why the database is away."""
    with suppress(DatabaseAway), isolated(log, "job_failed", job=job.key):
        job.run()


class Search:
    """One look for due work, no more than the pools have room for; what it finds to send is claimed.

    `under_way`: keys of jobs that were found before and are not over. `horizon`: how far back it goes; all the way if
    it is not given. `together`: whether what one thread can send together is one job. When `jobs` is at its end,
    `crowded` are the pools that had no room for more, and `next_at` is when to look again: something falls due, or the
    pace allows it. `is_due`: whether anything was due, also what is not taken yet.
    """

    def __init__(
        self,
        sending: Sending,
        rooms: Mapping[str, Room],
        under_way: Container[str],
        horizon: Horizon | None = None,
        *,
        together: bool = False,
    ) -> None:
        self.crowded: set[str] = set()
        self.next_at: datetime | None = None
        self.is_due = False
        self._sending = sending
        self._runtime = sending.runtime
        self._rooms = rooms
        self._under_way = under_way
        self._horizon = horizon or Horizon()
        self._together = together

    def jobs(self) -> Iterator[Job]:
        """The jobs, each as soon as it is found; none waits for those of another method (A11)."""
        due = self._runtime.ask(find_due, self._horizon)
        self.is_due = due.trouble or bool(due.queued or due.asked or due.queues)
        self._expect(due.next_at)
        yield from self._guarded([], partial(self._probes, due.trouble))
        for method in [each for each in SENT_BY if each in due.queued | due.asked]:
            present = [(method, provider) for provider in self._sending.routes.providers_for(method)]
            if method in due.queued:
                pools = [routes.sending(route) for route in present]
                yield from self._guarded(pools, partial(self._sends, method, pools))
            for route in present if method in due.asked else ():
                yield from self._guarded([routes.asking(route)], partial(self._status_queries, route))
        if ESCALATIONS in due.queues:
            yield from self._guarded([DUE], self._escalations)
        if RECORDINGS in due.queues:
            yield from self._guarded([RECORDINGS], self._recordings)
        if rows := due.queues - {ESCALATIONS, RECORDINGS}:
            yield from self._guarded([DUE], partial(self._rows, rows))

    def _expect(self, at: datetime | None) -> None:
        self.next_at = min((each for each in (self.next_at, at) if each is not None), default=None)

    def _guarded(self, pools: Sequence[str], part: Callable[[], Iterator[Job]]) -> Iterator[Job]:
        """The jobs that one part of the look finds, if one of its pools has room."""
        if pools and not any(self._rooms[pool].room for pool in pools):
            self.crowded.update(pools)
            return
        with isolated(log, "search_failed", crews=pools):
            yield from part()

    def _probes(self, trouble: bool) -> Iterator[Job]:
        for route in self._sending.routes.look(trouble):
            pool = routes.asking(route)
            if self._rooms[pool].room:
                yield Job(pool, f"{pool}/back", partial(self._sending.routes.probe, route))

    def _sends(self, method: MethodKind, pools: Sequence[str]) -> Iterator[Job]:
        runtime = self._runtime
        rooms = {pool: self._rooms[pool].room for pool in pools}
        claims = runtime.transact(self._sending.routes.claim_sends, method, self._rooms)
        self._expect(claims.next_at)
        send, pool_of = self._sending.send, routes.pool_of
        groups = batches(runtime, claims.claimed) if self._together else [[each] for each in claims.claimed]
        jobs = [Job(pool_of(each[0]), each[0].lease, partial(send, each[0]), each) for each in groups]
        # Before any of them is begun: of one that is done at once nobody would see that more waits for its thread.
        # Nor of one whose thread was freed since the claim looked.
        taken = Counter(pool_of(each) for each in claims.claimed)
        self.crowded.update(pool for pool in pools if self._rooms[pool].room <= 0 or taken[pool] >= rooms[pool])
        yield from jobs
        self._postpone(claims)
        yield from self._as_room_is(
            [
                *(_job(runtime, "attempts", id, put_aside, id) for id in claims.unwanted),
                *(_job(runtime, "attempts", id, hold_up, id, until) for id, until in claims.held_up.items()),
            ]
        )

    def _status_queries(self, route: Route) -> Iterator[Job]:
        (method, provider), pool = route, routes.asking(route)
        others = [other for other in self._sending.routes.providers_for(method) if other != provider]
        most = _most_at_once(self._runtime, route)
        claims = self._runtime.transact(claim_status_queries, method, most, others)
        if claims.claimed:
            queries = partial(_query_statuses, self._sending, route, claims.claimed)
            yield Job(pool, f"{pool}/{claims.claimed[0].lease}", queries)
        self._postpone(claims)
        if len(claims.claimed) >= most:
            self.crowded.add(pool)

    def _postpone(self, claims: Claims) -> None:
        for id, fault in claims.broken.items():
            log.error("attempt_unreadable", attempt=id, fault=fault)
            self._runtime.transact(postpone, "attempts", id, fault)

    def _escalations(self) -> Iterator[Job]:
        """One job for all due escalations, which share transactions."""
        if ESCALATIONS in self._under_way:
            self.crowded.add(DUE)
        else:
            yield Job(DUE, ESCALATIONS, partial(_escalate, self._runtime))

    def _recordings(self) -> Iterator[Job]:
        for id, act in work_on_recordings(self._runtime):
            if self._rooms[RECORDINGS].room and (key := f"recordings/{id}") not in self._under_way:
                yield Job(RECORDINGS, key, act)

    def _rows(self, queues: Container[str]) -> Iterator[Job]:
        runtime = self._runtime
        alarms, leases, others = runtime.read(_due_rows, queues)
        yield from self._as_room_is(
            [
                *(_job(runtime, "alarms", id, repeat_prompt, id, incident) for id, incident in alarms),
                *(_job(runtime, "attempts", id, expire_lease, id) for id in leases),
                *(_job(runtime, queue, id, BY_TREES[queue], runtime.edition, id) for queue, id in others),
            ]
        )

    def _as_room_is(self, jobs: Sequence[Job]) -> Iterator[Job]:
        """The jobs for the database's pool that are not under way yet, as many as it has room for."""
        room = self._rooms[DUE].room
        waiting = [job for job in jobs if job.key not in self._under_way]
        yield from waiting[:room]
        if len(waiting) > room:
            self.crowded.add(DUE)


def find_due(tx: Tx, horizon: Horizon) -> Due:
    """What is due; of attempts, only those due since the oldest that the last full look found."""
    since = horizon.since(tx.now)
    due = worker_store.due(tx, since)
    if since == LONG_AGO and due.oldest is not None:
        horizon.saw(tx.now, due.oldest)
    return due


def _due_rows(
    tx: Tx, queues: Container[str]
) -> tuple[Sequence[tuple[str, str]], Sequence[str], Sequence[tuple[str, str]]]:
    """Due alarms (each with its incident), expired leases, and the rest as (queue, id); only those queues are asked."""
    others = [(each, worker_store.due_ids(tx, each, MOST_ROWS)) for each in BY_TREES if each in queues]
    return (
        prompt_store.due(tx, MOST_ROWS) if "alarms" in queues else (),
        attempt_store.leases_over(tx, MOST_ROWS) if "attempts" in queues else (),
        [(queue, id) for queue, ids in others for id in ids],
    )


def batches(runtime: Runtime, claimed: Sequence[Claimed]) -> list[list[Claimed]]:
    """Claimed attempts grouped as threads take them: those of one `Overlapping` channel together."""
    found: dict[object, list[Claimed]] = {}
    for each in claimed:
        outlet = runtime.outlets.get(route := (each.method, each.provider))
        is_shared = outlet is not None and isinstance(outlet.channel, Overlapping)
        found.setdefault(route if is_shared else each.lease, []).append(each)
    return list(found.values())


def _escalate(runtime: Runtime) -> None:
    """Escalate batch by batch until nothing is due. If one fails, each of its rows is tried alone (A11)."""
    count = BATCH
    while count:
        with handled(partial(_escalate_each, runtime)):
            count = runtime.transact(escalate_due, BATCH)


def _escalate_each(runtime: Runtime, fault: Exception) -> None:
    _report("batch_failed", fault, queue=ESCALATIONS)
    due = runtime.read(lambda tx: escalation_store.due(tx, BATCH))
    if not due:
        raise fault
    for id, incident in due:
        _do(runtime, ESCALATIONS, id, escalate, id, incident)


def _job(runtime: Runtime, queue: str, id: str, flow: Callable[..., None], *args: object) -> Job:
    return Job(DUE, f"{queue}/{id}", partial(_do, runtime, queue, id, flow, *args))


def _do(runtime: Runtime, queue: str, id: str, flow: Callable[..., None], *args: object) -> None:
    """Run one flow over one row; if it fails, the row is postponed."""
    with handled(partial(_postpone, runtime, queue, id)):
        runtime.transact(flow, *args)


def _postpone(runtime: Runtime, queue: str, id: str, fault: Exception) -> None:
    _report("row_failed", fault, queue=queue, row=id)
    runtime.transact(postpone, queue, id, put_down(fault))


def _report(event: str, fault: Exception, **where: str) -> None:
    """Log a failure. An `Inconsistent` says where it is, and needs no traceback."""
    if isinstance(fault, Inconsistent):
        log.error(event, fault=str(fault), **where)
    else:
        log.exception(event, **where)
