"""A coordinator vouches for what a contact said: it counts as any answer, and whoever was to call has done so (A6)."""

from datetime import datetime

from alertnet.core.escalation.quorum import AnswerKind, Via
from alertnet.core.notification import PromptAnswer
from alertnet.flows.escalation.record_response import Recorded, counted_in, respond, respondent
from alertnet.flows.notifications import phone_tasks
from alertnet.flows.unit.locked_incident import LockedIncident


def vouch(
    locked: LockedIncident,
    tree: str,
    contact: str,
    kind: AnswerKind,
    *,
    by: str,
    note: str | None = None,
    at: datetime | None = None,
) -> Recorded:
    """Record the answer, and settle the tasks that were to bring it. The same again changes nothing.

    Raises:
        WrongState: the incident is closed, or the contact is involved in it or barred from it.
    """
    respondent(locked, tree, contact)
    phone_tasks.record_result(locked, counted_in(locked, tree, contact), PromptAnswer(kind.value), by)
    return respond(locked, tree, contact, kind, Via.VOUCHED, by=by, note=note, at=at)
