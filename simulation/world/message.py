"""A message that the provider accepted, and what happens to it."""

from dataclasses import dataclass
from datetime import datetime

from alertnet.channels.base import Found, LedgerEntry, Outgoing
from alertnet.core.delivery.provider_codes import outcome_of_call, outcome_of_sms
from alertnet.core.delivery.provider_routes import Route
from alertnet.core.directory.contact import MethodKind
from alertnet.core.notification import AttemptStatus

OPTS_OUT, OPTS_IN = "STOP", "START"
"""Words of the networks: after the first they block SMS from the number that it was sent to, until the second comes."""


@dataclass
class Message:
    """A message the provider accepted; `status`, `code` and `id` are its own, and a mail sent again has the same id."""

    id: str
    outgoing: Outgoing
    route: Route
    taken_at: datetime
    status: str = "queued"
    code: int | None = None


def found(message: Message) -> Found:
    """The provider's answer about it."""
    code = None if message.code is None else str(message.code)
    if message.outgoing.method is MethodKind.CALL:
        status, failure = outcome_of_call(message.status, None, message.code)
    else:
        status, failure = outcome_of_sms(message.status, message.code)
    return Found(message.id, status, failure, code)


def text_of(id: str, sender: str, to: str, at: datetime, text: str) -> LedgerEntry:
    """A text that came in; the provider's records have its time to the second."""
    return LedgerEntry(Found(id, AttemptStatus.DELIVERED), sender, to, at.replace(microsecond=0), text)
