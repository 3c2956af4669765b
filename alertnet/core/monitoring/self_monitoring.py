"""The watch on ourselves: what was observed is judged, part by part, and a part in trouble is told of and followed.

Trouble is told once, however long it lasts, and once more when it has been over for a while. While a part that an alarm
depends on is in trouble the heartbeat stops, so that whoever waits for it outside rings.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import field
from datetime import datetime, timedelta
from enum import StrEnum

from alertnet.core.codec import value
from alertnet.core.delivery.provider_codes import AccountFault
from alertnet.core.delivery.provider_routes import IN_ORDER, Route, Routing
from alertnet.core.directory.contact import MethodKind
from alertnet.core.disclosure import Subject

LATEST = timedelta(seconds=60)
"""What is due may be this late; half a minute of it goes by where the lease of a worker that died is waited for."""
RATE_LIMITED_LATEST = timedelta(minutes=2)
"""What a number's pace holds back may be this late: more than that nobody has agreed to."""
GONE_AFTER = timedelta(seconds=30)
"""A worker shows every five seconds that it is alive."""
FEWEST_LOST = 3
"""Reports of the provider that are lost one after the other, none arriving in between: one may get lost."""
FORGIVEN_AFTER = timedelta(hours=1)
"""Without a message there is no report either: this long after the last one was lost it may be assumed to work."""
FEWEST_REFUSED = 3
"""Messages that our account may not send, none going through in between: a single country may be barred to it."""
REFUSED_FOR = timedelta(minutes=10)
"""So long after the last of them it is not known any more."""
SILENT_AFTER = timedelta(minutes=3)
"""The inbound path is tested every minute."""
AWAY_FOR = timedelta(seconds=30)
"""A provider that is away for a moment is nothing to wake anybody for."""
RATE_LIMIT_IN_USE = timedelta(seconds=10)
"""A sender that was free for longer than this is not what holds anything back."""
STANDSTILL = timedelta(minutes=2)
"""Nobody kept watch for this long, so nothing left either."""
OVER_AFTER = timedelta(minutes=5)
"""Trouble that comes back before is the same, and not told of again."""

SELF_TEST = "alertnet-self-test"
"""In place of the provider's id: the text that we bring to ourselves, and that has no effect."""


class Files(StrEnum):
    """How the files of trees and templates stand to what is in force."""

    IN_FORCE = "in_force"
    BROKEN = "broken"
    """An edit has faults; what was in force before it still is."""
    BROKEN_AT_START = "broken_at_start"
    """They had faults when the program started: the last good edition is in force."""


class Part(StrEnum):
    """What may be in trouble."""

    SMS = MethodKind.SMS.value
    CALL = MethodKind.CALL.value
    EMAIL = MethodKind.EMAIL.value
    CALLBACKS = "callbacks"
    INBOUND = "inbound"
    PUNCTUALITY = "punctuality"
    WORKERS = "workers"
    PROVIDERS = "providers"
    TREES = "trees"
    EDITION = "edition"
    UNHEARD = "unheard"


SUBJECTS = {
    Part.SMS: (Subject.SMS_FAILS, Subject.SMS_WORKS),
    Part.CALL: (Subject.CALLS_FAIL, Subject.CALLS_WORK),
    Part.EMAIL: (Subject.MAIL_FAILS, Subject.MAIL_WORKS),
    Part.CALLBACKS: (Subject.REPORTS_LOST, Subject.REPORTS_ARRIVE),
    Part.INBOUND: (Subject.INBOUND_SILENT, Subject.INBOUND_WORKS),
    Part.PUNCTUALITY: (Subject.LATE, Subject.ON_TIME),
    Part.WORKERS: (Subject.WORKER_GONE, Subject.WORKERS_BACK),
    Part.PROVIDERS: (Subject.PROVIDER_AWAY, Subject.PROVIDERS_BACK),
    Part.TREES: (Subject.TREES_BROKEN, Subject.TREES_MENDED),
    Part.EDITION: (Subject.LAST_EDITION, Subject.TREES_MENDED),
}
"""What is told when a part gets into trouble, and when that is over. Of an unheard incident nobody may be told (A3)."""

SPARED = frozenset({Part.WORKERS, Part.PROVIDERS, Part.TREES, Part.EDITION})
"""The heartbeat goes on without these: another worker or provider does the work, and is on time or else found out, and
the last good trees stay in force."""

CAN_WAIT = frozenset({Part.TREES})
"""What is no alarm: nobody is to be woken for it."""

SAID_BY = {Part.TREES: Part.EDITION}
"""Trouble that is not told of beside another, which says as much."""


@value
class Seen:
    """A worker that has not ended in good order; `started_at` None: it is of a version that kept no such time."""

    started_at: datetime | None
    seen_at: datetime


@value
class Reports:
    """What the provider says of one method: when it last reported on a message that our account may send.

    `lost`: how many reports were lost since, `refused`: how many messages our account may not send; the last one when.
    """

    heard_at: datetime | None
    lost: int = 0
    lost_at: datetime | None = None
    refused: int = 0
    refused_at: datetime | None = None


@value
class Observed:
    """All that is judged. `since`: from when on somebody keeps watch without a gap; nothing before counts as late.

    `due`: by queue, since when its oldest row is due. `rate_limited_until`: by method, when its last sender is free.
    `routes`: all there are, tried by `routing`; `away`: those whose provider is silent, since when. `stubborn`: the
    methods by which something waits that could not be sent again and again. `inbound_at`: when the inbound path last
    answered; None: never; `is_tested`: it should.
    """

    now: datetime
    since: datetime
    due: Mapping[str, datetime]
    rate_limited_until: Mapping[MethodKind, datetime]
    routes: frozenset[Route]
    away: Mapping[Route, datetime]
    stubborn: frozenset[MethodKind]
    reports: Mapping[MethodKind, Reports]
    is_tested: bool
    inbound_at: datetime | None
    workers: tuple[Seen, ...]
    unheard: tuple[str, ...]
    files: Files = Files.IN_FORCE
    routing: Routing = IN_ORDER
    faults: Mapping[Route, AccountFault] = field(default_factory=dict)
    """What providers have against our account, where that is why they take nothing."""


@value
class OpenTrouble:
    """Trouble on the record that is not over; `clear_since`: nothing was seen of it from then on."""

    part: Part
    clear_since: datetime | None


@value
class Changes:
    """What becomes of the record: trouble that begins, has cleared up, came back, and is over."""

    begun: tuple[Part, ...]
    cleared: tuple[Part, ...]
    back: tuple[Part, ...]
    over: tuple[Part, ...]


def find_trouble(seen: Observed) -> frozenset[Part]:
    """The parts that are in trouble."""
    failing = _failing_methods(seen)
    found = {Part(method) for method in failing}
    if any(method not in failing for method, _ in _long_away(seen)):
        found.add(Part.PROVIDERS)
    if any(_are_lost(seen, reports) for reports in seen.reports.values()):
        found.add(Part.CALLBACKS)
    if seen.inbound_at is not None and seen.now - max(seen.inbound_at, seen.since) > SILENT_AFTER:
        found.add(Part.INBOUND)
    if any(late > LATEST for late in lateness(seen).values()):
        found.add(Part.PUNCTUALITY)
    if missing_workers(seen):
        found.add(Part.WORKERS)
    if seen.files is not Files.IN_FORCE:
        found.add(Part.TREES)
    if seen.files is Files.BROKEN_AT_START:
        found.add(Part.EDITION)
    if seen.unheard:
        found.add(Part.UNHEARD)
    return frozenset(found)


def may_beat(seen: Observed, found: Collection[Part]) -> bool:
    """Whether the heartbeat goes on. What was never tested is not known to work."""
    answered = seen.inbound_at is not None and seen.now - seen.inbound_at <= SILENT_AFTER
    return not (set(found) - SPARED) and (answered or not seen.is_tested)


def _failing_methods(seen: Observed) -> frozenset[MethodKind]:
    """The methods by which somebody can't be reached: no provider answers there, takes what waits, or lets us send."""
    away = _long_away(seen)
    gone = {method for method, _ in away if _leads_nowhere(seen, method, away)}
    return seen.stubborn | gone | {method for method, reports in seen.reports.items() if _is_refused(seen, reports)}


def fault_behind(seen: Observed, part: Part) -> AccountFault | None:
    """What a provider has against our account, where that is behind the trouble of a method or of one provider."""
    if part is Part.PROVIDERS:
        return next((seen.faults[route] for route in sorted(_long_away(seen)) if route in seen.faults), None)
    known = [fault for (method, _), fault in sorted(seen.faults.items()) if method.value == part.value]
    is_refused = any(method.value == part.value and _is_refused(seen, each) for method, each in seen.reports.items())
    return known[0] if known else AccountFault.PERMISSION if is_refused else None


def lateness(seen: Observed) -> dict[str, timedelta]:
    """By queue, how late its oldest row is; what a channel that fails holds back is not, nor for a while the pace."""
    late = {name: max(seen.now - max(due_at, seen.since), timedelta()) for name, due_at in seen.due.items()}
    failing = _failing_methods(seen)
    return {
        name: span
        for name, span in late.items()
        if name not in failing and (span > RATE_LIMITED_LATEST or not _is_rate_limited(seen, name))
    }


def missing_workers(seen: Observed) -> int:
    """How many workers have vanished, and none began afterwards in their place."""
    gone = sorted(each.seen_at for each in seen.workers if _is_gone(seen, each))
    for began in sorted(each.started_at for each in seen.workers if each.started_at and not _is_gone(seen, each)):
        if gone and gone[0] <= began:
            gone.pop(0)
    return len(gone)


def stood_still(previous: datetime | None, now: datetime, workers: Iterable[Seen]) -> timedelta | None:
    """For how long nobody kept watch, if that was long and not on purpose: then every worker had taken its leave."""
    if previous is None or now - previous < STANDSTILL:
        return None
    was_cut = any(each.started_at is None or each.started_at <= previous for each in workers)
    return now - previous if was_cut else None


def follow(found: Collection[Part], open_troubles: Iterable[OpenTrouble], now: datetime) -> Changes:
    """What becomes of the trouble on the record by what is found now."""
    known = {each.part: each.clear_since for each in open_troubles}
    told = [part for part in SUBJECTS if part in found]
    gone = {part: since for part, since in known.items() if part not in found}
    return Changes(
        begun=tuple(part for part in told if part not in known),
        cleared=tuple(part for part, since in gone.items() if since is None),
        back=tuple(part for part in told if known.get(part) is not None),
        over=tuple(part for part, since in gone.items() if since is not None and now - since >= OVER_AFTER),
    )


def _are_lost(seen: Observed, reports: Reports) -> bool:
    is_recent = reports.lost_at is not None and seen.now - reports.lost_at <= FORGIVEN_AFTER
    return is_recent and reports.lost >= FEWEST_LOST and not _heard_since(reports, reports.lost_at)


def _is_refused(seen: Observed, reports: Reports) -> bool:
    is_recent = reports.refused_at is not None and seen.now - reports.refused_at <= REFUSED_FOR
    return is_recent and reports.refused >= FEWEST_REFUSED and not _heard_since(reports, reports.refused_at)


def _heard_since(reports: Reports, at: datetime | None) -> bool:
    return reports.heard_at is not None and at is not None and reports.heard_at >= at


def _is_rate_limited(seen: Observed, queue: str) -> bool:
    rate_limited_until = seen.rate_limited_until.get(MethodKind(queue)) if queue in set(MethodKind) else None
    return rate_limited_until is not None and rate_limited_until > seen.now - RATE_LIMIT_IN_USE


def _long_away(seen: Observed) -> set[Route]:
    return {route for route, since in seen.away.items() if seen.now - since > AWAY_FOR and route in seen.routes}


def _leads_nowhere(seen: Observed, method: MethodKind, away: set[Route]) -> bool:
    """Whether every provider that takes messages to somewhere by that method is away."""
    present = sorted(provider for kind, provider in seen.routes if kind is method)
    return any(all((method, each) in away for each in order) for order in seen.routing.orders_of(method, present))


def _is_gone(seen: Observed, worker: Seen) -> bool:
    return seen.now - max(worker.seen_at, seen.since) > GONE_AFTER
