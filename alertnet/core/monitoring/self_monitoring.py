"""Judges what was observed of the program itself, part by part, and follows the parts that are in trouble.

Trouble is told once, however long it lasts, and once more when it has been over for a while. While a part that alarms
depend on is in trouble the heartbeat stops, so that whoever expects it outside raises an alarm.
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
"""How late due work may be; half of it is spent if the lease of a dead worker has to expire first."""
RATE_LIMITED_LATEST = timedelta(minutes=2)
"""How late messages may be because of a number's rate limit; more is not acceptable."""
FRESH = timedelta(seconds=10)
"""A worker counts as working if it was seen within this time."""
GONE_AFTER = timedelta(seconds=30)
"""A worker that is not seen for this long is gone; it reports every five seconds."""
FEWEST_LOST = 3
"""Reports of the provider lost in a row, with none arriving between them, that count as trouble; one may get lost."""
FORGIVEN_AFTER = timedelta(hours=1)
"""After this time without a further lost report it may be working: without messages there are no reports."""
FEWEST_REFUSED = 3
"""Messages in a row that our account may not send, with none accepted between them; a single country may be barred."""
REFUSED_FOR = timedelta(minutes=10)
"""A refusal counts for this long."""
SILENT_AFTER = timedelta(minutes=3)
"""The inbound path is tested every minute; after this long without success it is in trouble."""
UNREAD_AFTER = timedelta(minutes=10)
"""The mailbox for answers is read twice a minute; after this long without success it is in trouble."""
AWAY_FOR = timedelta(seconds=30)
"""A provider that is away for a shorter time wakes nobody."""
RATE_LIMIT_IN_USE = timedelta(seconds=10)
"""A sender that has been free for longer than this holds nothing back."""
STANDSTILL = timedelta(minutes=2)
"""If nothing kept watch for this long, nothing was sent either."""
GAP = timedelta(seconds=30)
"""After a longer pause between two looks, what is late because of it has a minute to catch up."""
OVER_AFTER = timedelta(minutes=5)
"""Trouble that returns within this time is the same, and is not told again."""

SELF_TEST = "alertnet-self-test"
"""Used in place of the provider's id for the text that we send to ourselves, which has no effect."""


class Files(StrEnum):
    """The state of the files of trees and templates, compared with what is in force."""

    IN_FORCE = "in_force"
    BROKEN = "broken"
    """An edit has faults; the previous edition stays in force."""
    BROKEN_AT_START = "broken_at_start"
    """They had faults when the program started; the last good edition is in force."""


class Part(StrEnum):
    SMS = MethodKind.SMS.value
    CALL = MethodKind.CALL.value
    EMAIL = MethodKind.EMAIL.value
    CALLBACKS = "callbacks"
    INBOUND = "inbound"
    MAILBOX = "mailbox"
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
    Part.MAILBOX: (Subject.MAILBOX_UNREAD, Subject.MAILBOX_READ),
    Part.PUNCTUALITY: (Subject.LATE, Subject.ON_TIME),
    Part.WORKERS: (Subject.WORKER_GONE, Subject.WORKERS_BACK),
    Part.PROVIDERS: (Subject.PROVIDER_AWAY, Subject.PROVIDERS_BACK),
    Part.TREES: (Subject.TREES_BROKEN, Subject.TREES_MENDED),
    Part.EDITION: (Subject.LAST_EDITION, Subject.TREES_MENDED),
}
"""What is told when a part gets into trouble, and when it is over. Nobody may be told of an unheard incident (A3)."""

SPARED = frozenset({Part.WORKERS, Part.PROVIDERS, Part.MAILBOX, Part.TREES, Part.EDITION})
"""Parts whose trouble does not stop the heartbeat.

Another worker or provider does their work, on time or its lateness is noticed; who answers by mail is asked further by
other ways; and the last good trees stay in force.
"""

CAN_WAIT = frozenset({Part.MAILBOX, Part.TREES})
"""Parts whose trouble is no alarm: nobody needs to be woken."""

SAID_BY = {Part.TREES: Part.EDITION}
"""Trouble that is not told if the other part is in trouble, which says as much."""


@value
class Seen:
    """A worker that has not ended properly; `started_at` None: its version did not record it."""

    started_at: datetime | None
    seen_at: datetime


@value
class Reports:
    """The provider's reports of one method: when it last reported on a message that our account may send.

    `lost`: how many reports were lost since; `refused`: how many messages our account may not send; each with the
    moment of the last one.
    """

    heard_at: datetime | None
    lost: int = 0
    lost_at: datetime | None = None
    refused: int = 0
    refused_at: datetime | None = None


@value
class Observed:
    """Everything that is judged. `since`: the start of the unbroken watch; nothing before it counts as late.

    `due`: for each queue, since when its oldest row is due. `rate_limited_until`: for each method, when its last sender
    is free. `routes`: all routes, tried by `routing`; `away`: those whose provider is silent, since when. `stubborn`:
    methods with messages that failed to leave again and again. `inbound_at`: when the inbound path last answered, None:
    never; `is_tested`: whether it should.
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
    mailbox_read_at: datetime | None = None
    """When the mailbox for answers was last read, or since when we have looked in vain; None where nobody looks."""


@value
class Changes:
    """The changes to the recorded troubles: begun, cleared, back, and over."""

    begun: tuple[Part, ...]
    cleared: tuple[Part, ...]
    back: tuple[Part, ...]
    over: tuple[Part, ...]


def find_trouble(seen: Observed) -> frozenset[Part]:
    failing = _failing_methods(seen)
    signs = {
        Part.PROVIDERS: any(method not in failing for method, _ in _long_away(seen)),
        Part.CALLBACKS: any(_are_lost(seen, reports) for reports in seen.reports.values()),
        Part.INBOUND: seen.inbound_at is not None and seen.now - max(seen.inbound_at, seen.since) > SILENT_AFTER,
        Part.MAILBOX: _is_unread(seen),
        Part.PUNCTUALITY: any(late > LATEST for late in lateness(seen).values()),
        Part.WORKERS: missing_workers(seen) > 0,
        Part.TREES: seen.files is not Files.IN_FORCE,
        Part.EDITION: seen.files is Files.BROKEN_AT_START,
        Part.UNHEARD: bool(seen.unheard),
    }
    return frozenset({*map(Part, failing), *(part for part, is_seen in signs.items() if is_seen)})


def _is_unread(seen: Observed) -> bool:
    read_at = seen.mailbox_read_at
    return read_at is not None and seen.now - max(read_at, seen.since) > UNREAD_AFTER


def has_worker(seen: Observed) -> bool:
    """Whether a worker works: without one, nothing is sent, the heartbeat neither."""
    return any(seen.now - each.seen_at < FRESH for each in seen.workers)


def began_before(now: datetime, workers: Iterable[Seen]) -> bool:
    """Whether a worker that works now did not just begin, by whatever clock it had then.

    It knows that a clock was set back; where all have just begun, it may as well be behind now.
    """
    began = [each.started_at for each in workers if each.started_at and abs(now - each.seen_at) < FRESH]
    return any(not now - FRESH < started_at <= now for started_at in began)


def may_beat(seen: Observed, found: Collection[Part]) -> bool:
    """Whether the heartbeat goes on. A path that was never tested is not known to work."""
    answered = seen.inbound_at is not None and seen.now - seen.inbound_at <= SILENT_AFTER
    return not (set(found) - SPARED) and (answered or not seen.is_tested)


def _failing_methods(seen: Observed) -> frozenset[MethodKind]:
    """The methods that fail: no provider answers, messages stay stuck, or our account may not send."""
    away = _long_away(seen)
    gone = {method for method, _ in away if _leads_nowhere(seen, method, away)}
    return seen.stubborn | gone | {method for method, reports in seen.reports.items() if _is_refused(seen, reports)}


def fault_behind(seen: Observed, part: Part) -> AccountFault | None:
    """What a provider has against our account, where that explains the trouble of a method or provider."""
    if part is Part.PROVIDERS:
        return next((seen.faults[route] for route in sorted(_long_away(seen)) if route in seen.faults), None)
    known = [fault for (method, _), fault in sorted(seen.faults.items()) if method.value == part.value]
    is_refused = any(method.value == part.value and _is_refused(seen, each) for method, each in seen.reports.items())
    return known[0] if known else AccountFault.PERMISSION if is_refused else None


def lateness(seen: Observed) -> dict[str, timedelta]:
    """For each queue, how late its oldest row is, without what failing channels or, for a while, rate limits delay."""
    late = {name: max(seen.now - max(due_at, seen.since), timedelta()) for name, due_at in seen.due.items()}
    failing = _failing_methods(seen)
    return {
        name: span
        for name, span in late.items()
        if name not in failing and (span > RATE_LIMITED_LATEST or not _is_rate_limited(seen, name))
    }


def missing_workers(seen: Observed) -> int:
    """How many workers have vanished without another one starting afterwards in their place.

    Who took that place and vanished too has filled it: a worker that is killed and started again all day is one.
    """
    gone = sorted(each.seen_at for each in seen.workers if seen.now - max(each.seen_at, seen.since) > GONE_AFTER)
    for began in sorted(each.started_at for each in seen.workers if each.started_at):
        if gone and gone[0] < began:
            gone.pop(0)
    return len(gone)


def stood_still(previous: datetime | None, now: datetime, workers: Iterable[Seen]) -> timedelta | None:
    """How long nobody kept watch, if long and not on purpose; on purpose every worker has ended properly."""
    if previous is None or now - previous < STANDSTILL:
        return None
    was_cut = any(each.started_at is None or each.started_at <= previous for each in workers)
    return now - previous if was_cut else None


def follow(found: Collection[Part], known: Mapping[Part, datetime | None], now: datetime) -> Changes:
    """What becomes of the recorded troubles, given those found now. `known`: since when each has not been seen."""
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
    """Whether, for some addresses, all providers of that method are away."""
    present = sorted(provider for kind, provider in seen.routes if kind is method)
    return any(all((method, each) in away for each in order) for order in seen.routing.orders_of(method, present))
