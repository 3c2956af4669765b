"""What the provider took, and how it fares there."""

from dataclasses import dataclass
from datetime import datetime

from alertnet.channels.base import Entry, Found, Outgoing
from alertnet.core.delivery.provider_codes import outcome_of_call, outcome_of_sms
from alertnet.core.delivery.provider_routes import Route
from alertnet.core.directory.contact import MethodKind
from alertnet.core.notification import AttemptStatus

OPTS_OUT, OPTS_IN = "STOP", "START"
"""Words of the networks: after the one they let no SMS of the number that it went to through, until the other comes."""


@dataclass
class Message:
    """A message the provider took; `status`, `code` and `id` are its own words, a mail sent again has the same id."""

    id: str
    outgoing: Outgoing
    route: Route
    taken_at: datetime
    status: str = "queued"
    code: int | None = None


def found(message: Message) -> Found:
    """What the provider says of it."""
    code = None if message.code is None else str(message.code)
    if message.outgoing.method is MethodKind.CALL:
        status, failure = outcome_of_call(message.status, None, message.code)
    else:
        status, failure = outcome_of_sms(message.status, message.code)
    return Found(message.id, status, failure, code)


def text_of(id: str, sender: str, to: str, at: datetime, text: str) -> Entry:
    """A text that has come in; the books know its second."""
    return Entry(Found(id, AttemptStatus.DELIVERED), sender, to, at.replace(microsecond=0), text)
