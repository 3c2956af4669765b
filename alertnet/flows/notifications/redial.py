"""Places a call that rang out once more, by the same number: phones on Do Not Disturb let the second through.

Telephones do so within two or three minutes, so it goes at once. It is an attempt more of the same message: with a code
of its own, and with no third.
"""

from sqlalchemy.orm import Session

from alertnet.core.directory.contact import MethodKind
from alertnet.core.disclosure import IN_FLOODS
from alertnet.core.notification import URGENT, AttemptStatus, Failure, Kind
from alertnet.flows.unit.unit_of_work import UnitOfWork
from alertnet.store.queues import attempts as attempt_store
from alertnet.store.queues.attempts import Attempt
from alertnet.store.records import prompts as prompt_store


def dial_again(work: UnitOfWork, attempt: Attempt, failure: Failure) -> bool:
    """Queue the second call after that attempt failed so; whether one was."""
    is_urgent_call = attempt.method is MethodKind.CALL and attempt.kind in URGENT
    if failure is not Failure.NO_ANSWER or not is_urgent_call or _comes_in_floods(work.tx.session, attempt):
        return False
    if attempt_store.rang_out_before(work.tx.session, attempt.notification_id, attempt.id):
        return False
    work.again(attempt, extra=attempt.extra, sender=attempt.sender)
    return True


def _comes_in_floods(session: Session, attempt: Attempt) -> bool:
    """Whether it is an alarm of those that anybody can make ring: it rings every ten minutes, and no more (B9)."""
    if attempt.kind is not Kind.ALARM or attempt.prompt_id is None:
        return False
    return prompt_store.get(session, attempt.prompt_id).subject in IN_FLOODS


def as_shown(session: Session, attempt: str, notification: str, method: str, status: AttemptStatus) -> AttemptStatus:
    """What the notification shows once that attempt stands so: of a cancelled second call, that the first rang out."""
    is_cancelled_call = status is AttemptStatus.CANCELLED and method == MethodKind.CALL
    if is_cancelled_call and attempt_store.rang_out_before(session, notification, attempt):
        return AttemptStatus.FAILED
    return status
