"""What became of a send: written down once, by whoever holds the lease, and followed by what it calls for (A5, B3)."""

from datetime import timedelta

from alertnet.channels.base import Accepted, NotSent, Refused, Result, Unsure
from alertnet.core.escalation import Delayed
from alertnet.core.notification import AttemptStatus
from alertnet.flows.attempt import Held, hold
from alertnet.store.tx import Tx

FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(seconds=60)


def record(tx: Tx, attempt_id: str, lease: str, result: Result) -> list[str]:
    """Take the channel's result; the calls to hang up afterwards, by the provider's ids.

    Whoever has lost the lease changes nothing. Only the id of what was accepted is kept, so that its callbacks and the
    provider's answers can settle it; a message that was cancelled on its way has left all the same.
    """
    held = hold(tx, attempt_id)
    if held is None:
        return []
    if held.status is AttemptStatus.SENDING and held.row.lease == lease:
        _take(held, result)
    elif isinstance(result, Accepted):
        if held.status is AttemptStatus.CANCELLED:
            held.fares(result.provider_id, result.status)
        else:
            held.bind(result.provider_id)
    return held.finish()


def _take(held: Held, result: Result) -> None:
    match result:
        case Accepted(provider_id, status):
            held.fares(provider_id, status)
        case Refused(failure, code):
            held.failed(failure, code)
        case NotSent(code, retry_after):
            _wait(held, code, retry_after)
        case Unsure(code):
            held.unsure(code)


def _wait(held: Held, code: str, retry_after: timedelta | None) -> None:
    """It surely has not left: try again after 5, 10, 20, 40, then always 60 seconds, for as long as it is wanted."""
    row = held.row
    pause = retry_after or min(FIRST_PAUSE * (1 << min(row.delays, 10)), LONGEST_PAUSE)
    held.wait(held.tx.now + pause, code)
    if row.delays == 0:
        held.happens(lambda service: Delayed(service.contact, service.place))
