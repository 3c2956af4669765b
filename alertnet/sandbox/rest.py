"""The provider's REST API: messages, calls and lists in JSON, as in https://github.com/twilio/twilio-oai."""

import asyncio
import base64
import hmac
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from email.utils import format_datetime
from functools import partial
from typing import Any, TypeVar
from urllib.parse import urlencode

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from alertnet.core.delivery.sms_encoding import count
from alertnet.sandbox.telephony.calls import Exchange
from alertnet.sandbox.telephony.faults import Fault
from alertnet.sandbox.telephony.network import CallRecord, Message, Network, Recording
from alertnet.sandbox.telephony.parameters import (
    REASONS,
    Form,
    PageRequest,
    Refusal,
    read_call,
    read_page,
    read_status,
    read_text,
)
from alertnet.sandbox.telephony.texts import MessageCentre

T = TypeVar("T")
API = "/2010-04-01/Accounts/"
NO_DAY = ""
"""In place of the filter for the first day, for a list that has none."""

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
"""Links to the subresources of a call; with them an entry is as long as the provider's."""

Faults = Mapping[Fault, timedelta]
Resource = dict[str, Any]
Act = Callable[[Request, Form, Faults], Resource]
Entry = TypeVar("Entry", Message, CallRecord)
ERRORS = {
    Fault.ERROR_429: Refusal(20429, status=429),
    Fault.ERROR_500: Refusal(20500, status=500),
    Fault.ERROR_503: Refusal(20503, status=503),
    Fault.WRONG_TOKEN: Refusal(20003, status=401),
    Fault.SUSPENDED: Refusal(20005, status=403),
}
RETRY_AFTER = {"Retry-After": "1"}
"""Seconds; sent with 429 and 503."""


def message_resource(account_sid: str, message: Message) -> dict[str, Any]:
    """A message as `api.v2010.account.message`."""
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
        "num_media": str(message.pictures),
        "num_segments": str(count(message.body).segments),
        "price": None,
        "price_unit": "USD",
        "status": message.status,
        "subresource_uris": {"media": f"{uri}/Media.json", "feedback": f"{uri}/Feedback.json"},
        "to": message.to,
        "uri": f"{uri}.json",
    }


def call_resource(account_sid: str, call: CallRecord) -> dict[str, Any]:
    """A call as `api.v2010.account.call`."""
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


def recording_resource(account_sid: str, made: tuple[str, Recording]) -> dict[str, Any]:
    """A recording as `api.v2010.account.recording`."""
    sid, recorded = made
    return {
        "sid": sid,
        "account_sid": account_sid,
        "api_version": "2010-04-01",
        "call_sid": recorded.call,
        "channels": 1,
        "conference_sid": None,
        "date_created": _moment(recorded.created_at),
        "date_updated": _moment(recorded.created_at),
        "duration": str(recorded.seconds),
        "encryption_details": None,
        "error_code": None,
        "media_url": f"{API}{account_sid}/Recordings/{sid}",
        "price": None,
        "price_unit": "USD",
        "source": "RecordVerb",
        "start_time": _moment(recorded.created_at),
        "status": "completed",
        "subresource_uris": {},
        "uri": f"{API}{account_sid}/Recordings/{sid}.json",
    }


def number_resource(account_sid: str, public_url: str, number: str) -> dict[str, Any]:
    """A number of ours as `api.v2010.account.incoming_phone_number`, as far as it says where what comes in goes."""
    return {
        "account_sid": account_sid,
        "phone_number": number,
        "sms_application_sid": "",
        "sms_method": "POST",
        "sms_url": f"{public_url}/twilio/sms",
        "voice_application_sid": "",
        "voice_method": "POST",
        "voice_url": f"{public_url}/twilio/voice",
    }


def page_resource(
    request: Request, page: PageRequest, day: str, name: str, entries: Sequence[T], resource_of: Callable[[T], Resource]
) -> Resource:
    """One page of a list, of which `day` names the filter for the first day."""
    number, size = page.number, page.size
    start = number * size
    filters = {"To": page.to, "From": page.sender, "Status": page.status, day: page.day and page.day.isoformat()}
    query = {name: value for name, value in filters.items() if value}
    shown = [resource_of(entry) for entry in entries[start : start + size]]

    def uri(of: int) -> str:
        token = {"PageToken": f"PA{of}"} if of else {}
        return f"{request.url.path}?{urlencode(query | {'PageSize': size, 'Page': of} | token)}"

    return {
        name: shown,
        "page": number,
        "page_size": size,
        "start": start,
        "end": max(start, start + len(shown) - 1),
        "uri": uri(number),
        "first_page_uri": uri(0),
        "next_page_uri": uri(number + 1) if start + size < len(entries) else None,
        "previous_page_uri": uri(number - 1) if number else None,
    }


def error_resource(refusal: Refusal) -> dict[str, Any]:
    """An error as the provider formats it: code, message, more_info, status."""
    return {
        "code": refusal.code,
        "message": refusal.message,
        "more_info": f"https://www.twilio.com/docs/errors/{refusal.code}",
        "status": refusal.status,
    }


def _moment(at: datetime | None) -> str | None:
    return format_datetime(at) if at else None


class Rest:
    """Authenticates each request, applies the faults ordered for it, carries it out and answers."""

    def __init__(
        self,
        network: Network,
        texts: MessageCentre,
        calls: Exchange,
        auth_token: str,
        settle: Callable[[], object],
        alertnet: Callable[[], tuple[str, str]],
    ) -> None:
        """`alertnet`: its public URL and its number."""
        self._network = network
        self._account_sid = network.account_sid
        self._texts = texts
        self._calls = calls
        self._settle = settle
        self._alertnet = alertnet
        self._authorization = b"Basic " + base64.b64encode(f"{network.account_sid}:{auth_token}".encode())

    def app(self) -> Starlette:
        routes = [
            self._route("POST", "/Messages.json", self._create_message, status=201),
            self._route("GET", "/Messages.json", self._list_messages),
            self._route("GET", "/Messages/{sid}.json", self._show_message),
            self._route("POST", "/Calls.json", self._create_call, status=201),
            self._route("GET", "/Calls.json", self._list_calls),
            self._route("GET", "/Calls/{sid}.json", self._show_call),
            self._route("POST", "/Calls/{sid}.json", self._update_call),
            self._route("GET", "/IncomingPhoneNumbers.json", self._list_numbers),
            self._route("GET", "/Recordings.json", self._list_recordings),
            self._route("GET", "/Recordings/{sid}.mp3", self._hear_recording),
            self._route("DELETE", "/Recordings/{sid}.json", self._delete_recording, status=204),
        ]
        return Starlette(routes=routes, exception_handlers={404: _not_found, 405: _not_found})

    def _route(self, method: str, path: str, act: Act, status: int = 200) -> Route:
        async def endpoint(request: Request) -> Response:
            if not hmac.compare_digest(request.headers.get("Authorization", "").encode(), self._authorization):
                return _refused(Refusal(20003, status=401))
            encoded = request.url.query if method == "GET" else (await request.body()).decode(errors="replace")
            form = Form(encoded)
            faults = self._network.faults.draw(method, self._numbers(request, form))
            for fault in ERRORS.keys() & faults.keys():
                return _refused(ERRORS[fault])
            if Fault.FORBIDDEN in faults:
                return Response("<html>Forbidden</html>", 403, media_type="text/html")
            try:
                resource = act(request, form, faults)
            except Refusal as refusal:
                return _refused(refusal)
            if Fault.CALL_BACK_EARLY in faults:
                await run_in_threadpool(self._settle)
            return _answer(resource, status, faults)

        return Route(API + self._account_sid + path, endpoint, methods=[method])

    def _numbers(self, request: Request, form: Form) -> frozenset[str]:
        sid = request.path_params.get("sid", "")
        entry = self._network.messages.get(sid) or self._network.calls.get(sid)
        return frozenset({entry.to if entry else form.get("To") or ""})

    def _create_message(self, _: Request, form: Form, faults: Faults) -> Resource:
        return message_resource(self._account_sid, self._texts.accept(read_text(form), faults))

    def _list_messages(self, request: Request, form: Form, _: Faults) -> Resource:
        page = read_page(form, "DateSent>")
        with self._network.lock:
            found = self._listed(self._network.messages.values(), page, lambda message: message.sent_at)
            of = partial(message_resource, self._account_sid)
            return page_resource(request, page, "DateSent>", "messages", found, of)

    def _show_message(self, request: Request, form: Form, _: Faults) -> Resource:
        return message_resource(self._account_sid, _known(self._network.messages, request))

    def _create_call(self, _: Request, form: Form, faults: Faults) -> Resource:
        # Only later does the provider say when it was.
        undated = dict.fromkeys(("date_created", "date_updated"))
        return call_resource(self._account_sid, self._calls.place(read_call(form), faults)) | undated

    def _list_calls(self, request: Request, form: Form, _: Faults) -> Resource:
        page = read_page(form, "StartTime>", "Status")
        with self._network.lock:
            found = self._listed(self._network.calls.values(), page, lambda call: call.answered_at or call.created_at)
            of = partial(call_resource, self._account_sid)
            return page_resource(request, page, "StartTime>", "calls", found, of)

    def _show_call(self, request: Request, form: Form, _: Faults) -> Resource:
        return call_resource(self._account_sid, _known(self._network.calls, request))

    def _update_call(self, request: Request, form: Form, _: Faults) -> Resource:
        call = _known(self._network.calls, request)
        self._calls.update(call, read_status(form))
        return call_resource(self._account_sid, call)

    def _list_numbers(self, request: Request, form: Form, _: Faults) -> Resource:
        page = read_page(form, NO_DAY, "PhoneNumber")
        public_url, number = self._alertnet()
        found = [number] if form.get("PhoneNumber") in (None, number) else []
        of = partial(number_resource, self._account_sid, public_url)
        return page_resource(request, page, NO_DAY, "incoming_phone_numbers", found, of)

    def _list_recordings(self, request: Request, form: Form, _: Faults) -> Resource:
        page = read_page(form, "DateCreated>")
        with self._network.lock:
            newest_first = reversed(self._network.recordings.items())
            found = [each for each in newest_first if page.day is None or each[1].created_at.date() >= page.day]
            of = partial(recording_resource, self._account_sid)
            return page_resource(request, page, "DateCreated>", "recordings", found, of)

    def _hear_recording(self, request: Request, form: Form, _: Faults) -> Resource:
        return {"sound": _known(self._network.recordings, request).sound}

    def _delete_recording(self, request: Request, form: Form, _: Faults) -> Resource:
        _known(self._network.recordings, request)
        del self._network.recordings[request.path_params["sid"]]
        return {}

    def _listed(
        self, entries: Iterable[Entry], page: PageRequest, at: Callable[[Entry], datetime | None]
    ) -> list[Entry]:
        """The entries of a list, newest first; `at` gives the moment for the filter by day, or None for no match."""
        now = self._network.now()
        found = [
            entry
            for entry in entries
            if entry.listed_from <= now
            and page.to in (None, entry.to)
            and page.sender in (None, entry.sender)
            and page.status in (None, entry.status)
            and (page.day is None or ((moment := at(entry)) is not None and moment.date() >= page.day))
        ]
        return found[::-1]


class _NoAnswer(Response):
    """Closes the connection without an answer; the server puts the transport into the scope's state."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["state"]["transport"].abort()
        while (await receive())["type"] != "http.disconnect":
            pass


def _answer(resource: Resource, status: int, faults: Faults) -> Response:
    if Fault.LOSE_ANSWER in faults:
        return _NoAnswer()
    if "sound" in resource:
        return Response(resource["sound"], media_type="audio/mpeg")
    answer = JSONResponse(resource, status) if resource else Response(status_code=status)
    if Fault.DRIP in faults:
        return StreamingResponse(_drip(bytes(answer.body)), status, media_type="application/json")
    return answer


async def _drip(body: bytes) -> AsyncIterator[bytes]:
    for byte in body:
        yield bytes([byte])
        await asyncio.sleep(1)


def _refused(refusal: Refusal) -> Response:
    headers = RETRY_AFTER if refusal.status in (429, 503) else None
    return JSONResponse(error_resource(refusal), refusal.status, headers)


async def _not_found(request: Request, _: Exception) -> Response:
    return _refused(Refusal(20404, request.url.path, status=404))


def _known(entries: Mapping[str, T], request: Request) -> T:
    entry = entries.get(request.path_params["sid"])
    if entry is None:
        raise Refusal(20404, request.url.path, status=404)
    return entry
