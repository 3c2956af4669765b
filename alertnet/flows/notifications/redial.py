"""Redials a call that rang out, once and from the same number: phones on Do Not Disturb let the second call through.

Phones do so within two or three minutes, so it goes at once. It is one more attempt of the same message, with its own
code, and there is no third.
"""

from alertnet.core.directory.contact import MethodKind
from alertnet.core.disclosure import IN_FLOODS
from alertnet.core.notification import URGENT, AttemptStatus, Failure, Kind
from alertnet.flows.unit.unit_of_work import UnitOfWork
from alertnet.store.db.session import Session
from alertnet.store.queues import attempts as attempt_store
from alertnet.store.queues.attempts import Attempt
from alertnet.store.records import prompts as prompt_store


def dial_again(work: UnitOfWork, attempt: Attempt, failure: Failure) -> bool:
    """Queue a second call after that attempt failed so; returns whether one was queued."""
    is_urgent_call = attempt.method is MethodKind.CALL and attempt.kind in URGENT
    if failure is not Failure.NO_ANSWER or not is_urgent_call or _comes_in_floods(work.tx.session, attempt):
        return False
    if attempt_store.rang_out_before(work.tx.session, attempt.notification_id, attempt.id):
        return False
    work.attempt(attempt.notification_id, attempt, extra=attempt.extra, sender=attempt.sender)
    return True


def _comes_in_floods(session: Session, attempt: Attempt) -> bool:
    """Whether it is an alarm that anybody can cause. It rings every ten minutes, and no more often (B9)."""
    if attempt.kind is not Kind.ALARM or attempt.prompt_id is None:
        return False
    prompt = prompt_store.get(session, attempt.prompt_id)
    return prompt.subject in IN_FLOODS and not prompt.is_call_cut


def as_shown(session: Session, attempt: str, notification: str, method: str, status: AttemptStatus) -> AttemptStatus:
    """The status to show for the notification, given an attempt's: a cancelled redial shows that the first rang out."""
    is_cancelled_call = status is AttemptStatus.CANCELLED and method == MethodKind.CALL
    if is_cancelled_call and attempt_store.rang_out_before(session, notification, attempt):
        return AttemptStatus.FAILED
    return status
