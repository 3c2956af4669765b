"""What became of a send: written down once, by whoever holds the lease, and followed by what it calls for (A5, B3)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from alertnet.channels.base import Accepted, NotSent, Refused, Result, Unsure
from alertnet.core.delivery.circuit_breaker import believed, pause_after
from alertnet.core.notification import AttemptStatus
from alertnet.flows.sending.locked_attempt import Held, hold, hold_each
from alertnet.flows.sending.render_and_send import TurnedAway, Withheld
from alertnet.flows.unit.unit_of_work import Outbox
from alertnet.store.db.tx import Tx


@dataclass(frozen=True)
class Outcome:
    """What a channel answered to an attempt that was handed to it under that lease."""

    attempt: str
    lease: str
    result: Result | TurnedAway | Withheld


def record(tx: Tx, outcome: Outcome) -> list[str]:
    """Take the outcome; the calls to hang up afterwards, by the provider's ids."""
    held = hold(tx, outcome.attempt)
    if held is None:
        return []
    _record(held, outcome)
    return held.finish()


def record_each(tx: Tx, outcomes: Sequence[Outcome]) -> list[list[str] | None]:
    """The same for several in one go; None for one that is to be taken alone, since another flow holds its incident."""
    outbox = Outbox(tx)
    held = hold_each(tx, [each.attempt for each in outcomes], outbox)
    for each in outcomes:
        if each.attempt in held:
            _record(held[each.attempt], each)
    outbox.flush()
    return [held[each.attempt].follow() if each.attempt in held else None for each in outcomes]


def _record(held: Held, outcome: Outcome) -> None:
    # Whoever has lost the lease changes nothing. Only the id of what was accepted is kept, so that its callbacks and
    # the provider's answers can settle it; a message that was cancelled on its way has left all the same.
    result, is_ours = outcome.result, held.row.lease == outcome.lease
    if held.status is AttemptStatus.SENDING and is_ours:
        _take(held, result)
    elif held.status is AttemptStatus.CANCELLED and (is_ours or isinstance(result, Accepted)):
        _take_cancelled(held, result)
    elif isinstance(result, Accepted):
        held.bind(result.provider_id)


def _take_cancelled(held: Held, result: Result | TurnedAway | Withheld) -> None:
    match result:
        case Accepted(provider_id, status):
            held.fares(provider_id, status)
        case Unsure(code):
            held.may_have_left(code)
        case _:
            held.never_left()


def _take(held: Held, result: Result | TurnedAway | Withheld) -> None:
    match result:
        case Accepted(provider_id, status):
            held.fares(provider_id, status)
        case Refused(failure, code):
            held.failed(failure, code)
        case NotSent(code, retry_after):
            _wait(held, code, retry_after)
        case TurnedAway(code):
            held.turned_away(code)
        case Unsure(code):
            held.unsure(code)


def _wait(held: Held, code: str, retry_after: timedelta | None) -> None:
    """It surely has not left: it is tried again for as long as it is wanted, in a minute at the latest."""
    pause = believed(retry_after) if retry_after else pause_after(held.row.delays)
    held.wait(held.tx.now + pause, code)
