"""Accepts a request: its effect and, with an Idempotency-Key, its answer are written in one transaction (A1)."""

from collections.abc import Callable

from alertnet.core.codec import value
from alertnet.core.errors import AlertnetError, BadInput, WrongState
from alertnet.flows.unit.locked_incident import LockedIncident
from alertnet.store.db.session import Session
from alertnet.store.db.tx import Tx
from alertnet.store.records import idempotency
from alertnet.store.records.idempotency import ApiAnswer, Once

Show = Callable[[Session], ApiAnswer]
"""Reads the answer as of now in that session."""

Act = Callable[[Tx], tuple[LockedIncident | None, Show]]
"""Changes an incident, or (None) something outside incidents, and returns the function that reads the answer."""


@value
class AcceptedRequest:
    """The result of a request. `answer` is None where it is to be read after the commit."""

    answer: ApiAnswer | None
    show: Show
    is_again: bool = False
    """It was carried out before, under the same key."""


def accept(tx: Tx, act: Act, once: Once | None) -> AcceptedRequest:
    """Carry a request out, unless it was already under the same key; then the stored answer is returned.

    Refused where that had another body, or is being carried out at this moment.
    """
    if once is not None and (kept := idempotency.find(tx.session, once.key)):
        body, answer = kept
        if body != once.body:
            raise BadInput("Idempotency-Key", "one of another body", "the body that came with it first, or another key")
        return AcceptedRequest(answer, lambda _: answer, is_again=True)
    try:
        locked, show = act(tx)
        if locked is not None:
            locked.finish()
    except AlertnetError:
        if once is not None and idempotency.find(tx.session, once.key):
            # While this waited for the incident it was carried out by another process, and can't be done twice.
            raise _in_flight() from None
        raise
    if once is None:
        return AcceptedRequest(None, show)
    answer, incident = show(tx.session), locked.incident.id if locked is not None else None
    if not idempotency.keep(tx, once, incident, answer):
        raise _in_flight()
    return AcceptedRequest(answer, show)


def _in_flight() -> WrongState:
    return WrongState("a request with this Idempotency-Key", "in flight", "wait for its answer")
