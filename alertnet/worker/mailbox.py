"""Fetches answers to our mails, and reports of those that bounced, from the mailbox to which they come (A6, A12)."""

from datetime import timedelta

import structlog

from alertnet.core.delivery.provider_routes import FIRST
from alertnet.core.directory.contact import MethodKind
from alertnet.flows.mail.receive_mail import receive_mail
from alertnet.runtime.wiring import Runtime
from alertnet.store.db.tx import Tx
from alertnet.store.monitoring import heartbeats, inbound_polls
from alertnet.store.monitoring.inbound_polls import InboundPoll
from alertnet.store.records.inbound import unseen
from alertnet.worker.missed_inbound import let_in

EVERY = timedelta(seconds=30)
OVERLAP = timedelta(minutes=10)
"""Each look also covers the time shortly before the last one, since mails take their time."""
TRIED = timedelta(hours=1)
"""How long a mail that can't be handled is tried again; it stays in the mailbox."""

_ROUTE = (MethodKind.EMAIL, FIRST)
"""The name of the look among those at the providers' lists; there is one mailbox."""

log = structlog.get_logger(__name__)


def poll_mailbox(runtime: Runtime) -> None:
    """Look for mails if there is a mailbox, it is time to, and no other worker does."""
    mailbox = runtime.mailbox
    # What is in a mailbox that has just been named, people have answered.
    poll = None if mailbox is None else runtime.transact(inbound_polls.begin, _ROUTE, afresh=True)
    if mailbox is None or poll is None:
        return
    listing = mailbox.received(poll.seen_until - OVERLAP)
    missed = runtime.read(unseen, [each.mail.id for each in listing.entries])
    came = sorted((each for each in listing.entries if each.mail.id in missed), key=lambda each: each.at)
    failed = [
        each
        for each in came
        if not let_in(runtime, MethodKind.EMAIL, each.mail.id, receive_mail, each.mail, each.at)
        and each.at > poll.at - TRIED
    ]
    if not listing.is_whole:
        log.error("mailbox_unread", since=poll.seen_until.isoformat(), trouble=listing.trouble)
    # What was left because there is too much of it would be left again.
    runtime.transact(_finish, poll, is_read=listing.trouble is None, is_whole=listing.trouble is None and not failed)


def _finish(tx: Tx, poll: InboundPoll, *, is_read: bool, is_whole: bool) -> None:
    inbound_polls.finish(tx, poll, is_whole=is_whole, again_after=EVERY)
    heartbeats.note(tx, heartbeats.MAILBOX_TRIED)
    if is_read:
        heartbeats.note(tx, heartbeats.MAILBOX_READ)
