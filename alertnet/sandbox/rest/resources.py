"""Messages, calls and pages of them in the provider's JSON, as https://github.com/twilio/twilio-oai has it."""

from collections.abc import Callable, Sequence
from datetime import datetime
from email.utils import format_datetime
from typing import Any, TypeVar

from alertnet.sandbox.telephony.network import CallRecord, Message
from alertnet.sandbox.telephony.refusals import REASONS, Refusal
from alertnet.sandbox.telephony.texts import count_segments

T = TypeVar("T")
API = "/2010-04-01/Accounts/"

_OF_A_CALL = {
    "events": "Events",
    "notifications": "Notifications",
    "payments": "Payments",
    "recordings": "Recordings",
    "siprec": "Siprec",
    "streams": "Streams",
    "transcriptions": "Transcriptions",
    "user_defined_message_subscriptions": "UserDefinedMessageSubscriptions",
    "user_defined_messages": "UserDefinedMessages",
}
"""Where the rest of a call would be found: with it an entry is as long as the provider's."""


def message_resource(account_sid: str, message: Message) -> dict[str, Any]:
    """`api.v2010.account.message`."""
    uri = f"{API}{account_sid}/Messages/{message.sid}"
    return {
        "sid": message.sid,
        "account_sid": account_sid,
        "api_version": "2010-04-01",
        "body": message.body,
        "date_created": _moment(message.created_at),
        "date_updated": _moment(message.updated_at),
        "date_sent": _moment(message.sent_at),
        "direction": message.direction,
        "error_code": message.error_code,
        "error_message": REASONS[message.error_code] if message.error_code else None,
        "from": message.sender,
        "messaging_service_sid": None,
        "num_media": "0",
        "num_segments": str(count_segments(message.body)),
        "price": None,
        "price_unit": "USD",
        "status": message.status,
        "subresource_uris": {"media": f"{uri}/Media.json", "feedback": f"{uri}/Feedback.json"},
        "to": message.to,
        "uri": f"{uri}.json",
    }


def call_resource(account_sid: str, call: CallRecord) -> dict[str, Any]:
    """`api.v2010.account.call`."""
    uri = f"{API}{account_sid}/Calls/{call.sid}"
    return {
        "sid": call.sid,
        "account_sid": account_sid,
        "api_version": "2010-04-01",
        "answered_by": None,
        "caller_name": None,
        "date_created": _moment(call.created_at),
        "date_updated": _moment(call.updated_at),
        "direction": call.direction,
        "duration": str(call.seconds) if call.ended_at else None,
        "end_time": _moment(call.ended_at),
        "forwarded_from": None,
        "from": call.sender,
        "from_formatted": call.sender,
        "group_sid": None,
        "parent_call_sid": None,
        "phone_number_sid": None,
        "price": None,
        "price_unit": "USD",
        "queue_time": "0",
        "start_time": _moment(call.answered_at),
        "status": call.status,
        "subresource_uris": {name: f"{uri}/{path}.json" for name, path in _OF_A_CALL.items()},
        "to": call.to,
        "to_formatted": call.to,
        "trunk_sid": None,
        "uri": f"{uri}.json",
    }


def page_resource(
    path: str, name: str, entries: Sequence[T], resource_of: Callable[[T], dict[str, Any]], number: int, size: int
) -> dict[str, Any]:
    """One page of all entries, under their name; `path` is that of the list, with its filters."""
    start = number * size
    page = [resource_of(entry) for entry in entries[start : start + size]]

    def uri(of: int) -> str:
        return f"{path}PageSize={size}&Page={of}"

    return {
        name: page,
        "page": number,
        "page_size": size,
        "start": start,
        "end": max(start, start + len(page) - 1),
        "uri": uri(number),
        "first_page_uri": uri(0),
        "next_page_uri": uri(number + 1) if start + size < len(entries) else None,
        "previous_page_uri": uri(number - 1) if number else None,
    }


def error_resource(refusal: Refusal) -> dict[str, Any]:
    """The error form: code, message, more_info, status."""
    return {
        "code": refusal.code,
        "message": refusal.message,
        "more_info": f"https://www.twilio.com/docs/errors/{refusal.code}",
        "status": refusal.status,
    }


def _moment(at: datetime | None) -> str | None:
    return format_datetime(at) if at else None
