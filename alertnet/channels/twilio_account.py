"""What SMS and calls share: the SDK over our transport, and its answers and faults in the words of `channels.base`."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from twilio.base.exceptions import TwilioException
from twilio.rest import Client

from alertnet.channels.base import (
    Absent,
    Accepted,
    CannotTell,
    Cause,
    Entry,
    Found,
    Lookup,
    NotSent,
    Outgoing,
    Refused,
    Result,
    Unsure,
)
from alertnet.channels.transport import (
    BODY_LIMIT,
    CONNECT_SECONDS,
    DEADLINE_SECONDS,
    AnswerLost,
    ErrorAnswer,
    NotConnected,
    Transport,
)
from alertnet.core.delivery.provider_codes import (
    account_fault,
    failure_of,
    is_one_numbers,
    is_throttle,
    is_unprocessed,
    is_whole_account,
)

UNREADABLE = (TwilioException, ValueError, TypeError, AttributeError, LookupError)
"""What the SDK lets through when a JSON object is not the one that it expects."""

PAGE_SIZE = 50

CLOCKS_DIFFER = timedelta(seconds=10)
_NO_SUCH_RESOURCE = "20404"


@dataclass(frozen=True)
class Account:
    """An account with the provider, and where the provider finds us."""

    sid: str
    auth_tokens: Sequence[str] = field(repr=False)
    """The first is used; the rest are for checking signatures while they rotate."""
    public_url: str
    api_url: str | None = None
    """None: the provider's own."""
    deadline_seconds: float = DEADLINE_SECONDS
    connect_seconds: float = CONNECT_SECONDS

    def open(self, body_limit: int = BODY_LIMIT) -> Client:
        """The SDK's client, over a transport of its own that takes answers of so many bytes."""
        transport = Transport(self.deadline_seconds, self.connect_seconds, body_limit=body_limit)
        client = Client(self.sid, self.auth_tokens[0], http_client=transport)
        if self.api_url:
            client.api.base_url = self.api_url
        return client

    def webhook(self, path: str) -> str:
        """The URL at which the provider is to call us."""
        return self.public_url.rstrip("/") + path


def submit(create: Callable[[], Any]) -> Result:
    """Create a message or call, and say what became of it."""
    try:
        provider_id = create().sid
    except NotConnected as fault:
        return NotSent(fault.code)
    except AnswerLost as fault:
        return Unsure(fault.code)
    except ErrorAnswer as answer:
        return classify(answer.status, answer.code, answer.retry_after)
    except UNREADABLE:
        return Unsure("unreadable")
    return Accepted(provider_id) if provider_id and isinstance(provider_id, str) else Unsure("unreadable")


def classify(http_status: int, code: str, retry_after: timedelta | None) -> Refused | NotSent | Unsure:
    """What an answer other than 2xx says of the request: 5xx may have been processed, all others surely were not."""
    if http_status >= 500:
        return Unsure(code)
    if http_status == 429 or is_throttle(code):
        return NotSent(code, retry_after, Cause.ADDRESS if is_one_numbers(code) else Cause.TOO_FAST)
    if is_unprocessed(http_status):
        return NotSent(code, retry_after)
    if fault := account_fault(code, http_status):
        cause = Cause.ACCOUNT if is_whole_account(code, http_status) else Cause.PROVIDER
        return NotSent(code, cause=cause, fault=fault)
    return Refused(failure_of(code), code)


def looked_up(request: Callable[[], Lookup]) -> Lookup:
    """What the provider says when it is asked; only its own word that there is no such thing counts as absent."""
    try:
        return request()
    except ErrorAnswer as answer:
        return Absent() if answer.code == _NO_SUCH_RESOURCE else CannotTell()
    except (NotConnected, AnswerLost, *UNREADABLE):
        return CannotTell()


def is_there(request: Callable[[], object]) -> bool:
    """Whether the provider answers a question of ours, be it with a refusal of that question; not of our account."""
    try:
        request()
    except ErrorAnswer as answer:
        meaning = classify(answer.status, answer.code, None)
        return isinstance(meaning, Refused) or (isinstance(meaning, NotSent) and meaning.fault is None)
    except (NotConnected, AnswerLost, *UNREADABLE):
        return False
    return True


def sought(entries: Iterable[Entry], outgoing: Outgoing, since: datetime) -> Found | Absent:
    """The entry of that message or call: the one closest to `since`, and not before it but for two clocks' difference.

    Its words are looked for inside the text, because a trial account puts words of its own before ours.
    """
    alike = [
        entry
        for entry in entries
        if entry.sender == (outgoing.sender or entry.sender)
        and outgoing.text.strip() in entry.text
        and entry.at >= since - CLOCKS_DIFFER
    ]
    closest = min(alike, key=lambda entry: abs(entry.at - since), default=None)
    return closest.found if closest else Absent()


def entries_of(page: Iterable[Any], read: Callable[[Any], Entry]) -> Iterator[Entry]:
    """What can be read of a page: an entry without its date can't be told from any other."""
    return (read(resource) for resource in page if resource.date_created)
