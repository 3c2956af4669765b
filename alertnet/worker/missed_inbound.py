"""Fetches texts and calls that were missed from the provider, and handles them as a webhook would (A1, A12).

Webhooks are tried once or twice within 15 seconds. They are lost while the web, the database or the way to it is away.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import structlog

from alertnet.channels.base import Ledger, LedgerEntry, Listing, Recordings
from alertnet.core.codec import replace
from alertnet.core.delivery.provider_routes import Route
from alertnet.core.directory.contact import MethodKind
from alertnet.core.inbound.code_formats import number_as_listed
from alertnet.flows.credentials.known_numbers import numbers_in
from alertnet.flows.sms.receive_sms import receive_late_sms
from alertnet.flows.system.postpone_row import set_aside
from alertnet.flows.voice.incoming_call import hear_unkeyed_call, miss_call
from alertnet.flows.voice.recording import find_recording
from alertnet.runtime.database.transactions import isolated
from alertnet.runtime.wiring import Runtime
from alertnet.store.monitoring import inbound_polls
from alertnet.store.monitoring.inbound_polls import InboundPoll
from alertnet.store.queues.recordings import known_of
from alertnet.store.records.inbound import InboundCall, InboundText, unkeyed_calls, unseen
from alertnet.worker.routes import Routes

OVERLAP = timedelta(minutes=70)
"""Each look also covers the time before the last: the provider's lists lag behind, and our clock may be ahead."""
GRACE = timedelta(seconds=30)
"""Very recent texts and calls are left to their webhook, which alone can answer in the same exchange."""
TO_KEY = timedelta(minutes=1)
"""A caller who has keyed nothing for so long has hung up."""
FORGOTTEN = timedelta(days=1)

log = structlog.get_logger(__name__)


def poll_missed_inbound(runtime: Runtime, routes: Routes) -> None:
    """Look for missed texts and calls at each provider, if it is time to and no other worker does."""
    for route in runtime.outlets:
        if not routes.is_away(route):
            poll_route(runtime, route)
    hear_unkeyed(runtime)


def poll_route(runtime: Runtime, route: Route, *, at_once: bool = False, until: datetime | None = None) -> None:
    """Look for missed texts and calls of one route, `at_once` or if it is time to; no list is read after `until`."""
    outlet = runtime.outlets[route]
    poll = None if outlet.ledger is None else runtime.transact(inbound_polls.begin, route, at_once=at_once)
    if outlet.ledger is None or poll is None:
        return
    is_whole, is_all = _let_in_all(runtime, poll, outlet.ledger, outlet.senders, until)
    if outlet.recordings is not None and runtime.settings.record_calls:
        _find_recordings(runtime, poll, outlet.recordings)
    again_after = inbound_polls.EVERY if is_all else GRACE
    runtime.transact(inbound_polls.finish, poll, is_whole=is_whole, again_after=again_after)


def hear_unkeyed(runtime: Runtime) -> None:
    """Tell the coordinators of each known caller who hung up before keying anything (B4)."""
    now = runtime.now()
    calls, faults = runtime.read(unkeyed_calls, now - TO_KEY, now - FORGOTTEN)
    for id, fault in faults.items():
        log.error("inbound_unreadable", method=MethodKind.CALL, provider_id=id, fault=fault)
        runtime.transact(set_aside, id, fault)
    for id, sender in calls:
        let_in(runtime, MethodKind.CALL, id, hear_unkeyed_call, InboundCall(id, sender))


def let_in(runtime: Runtime, method: MethodKind, id: str, hear: Callable[..., object], *came: object) -> bool:
    """Handle one text, call or mail; whether that succeeded.

    A failure is logged, does not affect others, and is tried again next time (A11).
    """
    with isolated(log, "inbound_failed", method=method, provider_id=id):
        runtime.transact(hear, runtime.edition, *came)
        return True
    return False


def list_each(
    runtime: Runtime, ask: Callable[[str, datetime], Listing], numbers: Sequence[str], since: datetime, until: datetime
) -> list[Listing]:
    """The list of each number; those for which there is no time left are marked as not whole."""
    unread = Listing((), is_whole=False)
    return [ask(number, since) if runtime.now() < until else unread for number in numbers]


def _let_in_all(
    runtime: Runtime, poll: InboundPoll, ledger: Ledger, numbers: tuple[str, ...], until: datetime | None
) -> tuple[bool, bool]:
    """Whether everything since the last look was found and handled, and whether nothing still waits for its webhook."""
    until = until or poll.at + inbound_polls.LEASE
    listings = list_each(runtime, ledger.incoming, numbers, poll.seen_until - OVERLAP, until)
    listed = [entry for listing in listings for entry in listing.entries]
    missed = runtime.read(unseen, [entry.found.provider_id for entry in listed])
    unheard = sorted((entry for entry in listed if entry.found.provider_id in missed), key=lambda entry: entry.at)
    # What has come later than now has come on a clock of ours that is behind.
    late = [replace(each, at=min(each.at, poll.at)) for each in unheard if abs(each.at - poll.at) >= GRACE]
    method, provider = poll.route
    failed = [entry for entry in _known_first(runtime, late) if not _hear(runtime, method, entry)]
    is_read = all(listing.is_whole for listing in listings)
    if late or not is_read:
        found = {"late": len(late), "failed": len(failed), "is_read": is_read}
        log.warning("inbound_swept", method=method, provider=provider, **found)
    return is_read and not failed, len(late) == len(unheard)


def _find_recordings(runtime: Runtime, poll: InboundPoll, recordings: Recordings) -> None:
    """Take up recordings made since the last look, and at least of the last day; we are told of each only once.

    A list that fails does not hold up calls (A11): each look asks for it again, and it is short.
    """
    made = recordings.made_since(min(poll.seen_until - OVERLAP, poll.at - FORGOTTEN))
    known = runtime.read(lambda tx: known_of(tx.session, [each.id for each in made or ()]))
    for each in made or ():
        if each.id not in known:
            runtime.transact(find_recording, InboundCall(each.call, ""), each.id, poll.route[1], each.seconds)


def _known_first(runtime: Runtime, late: Sequence[LedgerEntry]) -> list[LedgerEntry]:
    """In their order, but strangers last: thousands of theirs, a hundred a second, would hold up an SOS (A11)."""
    known = numbers_in(runtime.edition.network)
    return sorted(late, key=lambda entry: number_as_listed(entry.sender) not in known)


def _hear(runtime: Runtime, method: MethodKind, entry: LedgerEntry) -> bool:
    id, sender = entry.found.provider_id, number_as_listed(entry.sender)
    if method is MethodKind.CALL:
        return let_in(runtime, method, id, miss_call, InboundCall(id, sender, entry.at))
    sms = InboundText(id, sender, entry.text, entry.at, entry.attached)
    return let_in(runtime, method, id, receive_late_sms, sms)
