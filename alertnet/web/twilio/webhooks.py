"""The provider's signed webhooks: SMS, calls and their status. A reply leaves only after its commit (A1).

A signature has no date and stays valid for ever, so every handler is idempotent.
"""

from collections.abc import Callable
from functools import partial
from typing import Annotated, TypeVar

from fastapi import APIRouter, Depends, Query, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.types import Scope
from twilio.twiml.messaging_response import MessagingResponse

from alertnet.core.codec import replace
from alertnet.core.directory.contact import MethodKind
from alertnet.core.inbound.code_formats import number_as_listed
from alertnet.core.limits import PUT_THROUGHS
from alertnet.core.monitoring.metrics import WEBHOOKS, once
from alertnet.flows.credentials.page_links import with_page
from alertnet.flows.sending.record_outcome import track_call, track_sms
from alertnet.flows.sms.receive_sms import receive_sms
from alertnet.flows.voice.incoming_call import Asks, KeyedIn, key_contacts_pin, pass_through, receive_call
from alertnet.flows.voice.live_call import Keyed, Spoken
from alertnet.flows.voice.outgoing_call import answer_call, key_in
from alertnet.flows.voice.recording import note_recording
from alertnet.flows.voice.report_by_call import end_telling, key_code_or_pin, key_pin, key_type
from alertnet.runtime.database.transactions import DatabaseAway
from alertnet.runtime.wiring import Runtime
from alertnet.store.db.tx import Tx, is_id
from alertnet.store.records.inbound import InboundCall, InboundText
from alertnet.web.auth import InForce, throttle_of
from alertnet.web.forms import Form, Identifier, form_of, identifier, needed, number, word
from alertnet.web.middleware import HeadersAsCame, Raising, Way
from alertnet.web.throttle import Throttle
from alertnet.web.twilio.signature import Signed, check_signature
from alertnet.web.twilio.spoken import STAR, TOLD, speak, welcome

T = TypeVar("T")

router = APIRouter(include_in_schema=False, route_class=Raising)

WRONG_PERSON, HASH = "9", "#"
KEYED = {
    Asks.CODE: key_code_or_pin,
    Asks.PROOF: key_contacts_pin,
    Asks.PIN: key_pin,
    Asks.TYPE: key_type,
    TOLD: end_telling,
}
"""The flow for keys in a call to our number, by what was asked."""

MOST_DIGITS = 6
"""The most digits of a recording's length (seconds), or of how many pictures came, that are believed."""

TryNumber = Annotated[int | None, Query(alias="try", ge=1, le=9)]


@router.post("/twilio/sms")
def text_in(form: Signed, runtime: InForce) -> Response:
    """The one reply to a text, or none."""
    id, sender, attached = (
        identifier(form, "MessageSid"),
        number_as_listed(needed(form, "From")),
        number(form, "NumMedia", MOST_DIGITS) or 0,
    )
    sms = InboundText(id, sender, form.get("Body", ""), attached=attached)
    reply = runtime.transact(receive_sms, runtime.edition, sms)
    answer = MessagingResponse()
    if reply is None:
        return Response(str(answer), media_type="text/xml")
    renderer = runtime.renderer(reply.templates)
    words = with_page(reply.kind, reply.said, runtime.settings.public_url or "")
    answer.message(renderer.render(reply.kind, MethodKind.SMS, reply.language, words).text)
    return Response(str(answer), media_type="text/xml")


@router.post("/twilio/sms/status/{attempt}")
async def text_status(attempt: Identifier, form: Signed, runtime: InForce) -> Response:
    """Record the status of an SMS. Unknown attempts get the same answer."""
    return await _noted(runtime, text_noted(attempt, form))


def text_noted(attempt: str, form: Form) -> Callable[[Tx], None]:
    """The flow that records the status of an SMS."""
    status, message, code = needed(form, "MessageStatus"), identifier(form, "MessageSid"), word(form, "ErrorCode")
    return lambda tx: track_sms(tx, attempt, message, status, code)


@router.post("/twilio/voice")
def call_in(
    form: Signed,
    runtime: InForce,
    keyed: str | None = None,
    try_number: TryNumber = None,
    code: str = "",
    *,
    throttle: Annotated[Throttle, Depends(throttle_of)],
) -> Response:
    """Answer a call to our number, or (`keyed`) handle keys after a question; without a database reach a human."""
    call = InboundCall(identifier(form, "CallSid"), number_as_listed(form.get("From", "")))
    try:
        if keyed is None:
            return welcome(runtime, runtime.transact(receive_call, runtime.edition, call))
        flow, keys = KEYED.get(keyed, key_code_or_pin), KeyedIn(_digits(form), try_number, code)
        return welcome(runtime, runtime.transact(flow, runtime.edition, call, keys))
    except DatabaseAway:
        known = pass_through(runtime.edition.network, call.sender)
        is_often = known.callback is not None and throttle.wait(PUT_THROUGHS, call.sender, runtime.now()) is not None
        return welcome(runtime, replace(known, is_spoken=is_often))


@router.post("/twilio/voice/recording")
def call_recorded(form: Signed, runtime: InForce) -> Response:
    """Note that a recording is ready to be fetched."""
    call = InboundCall(identifier(form, "CallSid"), number_as_listed(form.get("From", "")))
    accounts = runtime.settings.telephones.items()
    provider = next(name for name, account in accounts if account.sid == form.get("AccountSid"))
    if word(form, "RecordingStatus") == "completed":
        seconds = number(form, "RecordingDuration", MOST_DIGITS) or 0
        runtime.transact(note_recording, call, identifier(form, "RecordingSid"), provider, seconds)
    return Response(status_code=204)


@router.post("/twilio/voice/status/{attempt}")
async def call_status(attempt: Identifier, form: Signed, runtime: InForce) -> Response:
    """Record the progress and end of a call. Unknown attempts get the same answer."""
    return await _noted(runtime, call_noted(attempt, form))


def call_noted(attempt: str, form: Form) -> Callable[[Tx], None]:
    """The flow that records the progress or end of a call."""
    status, call = needed(form, "CallStatus"), identifier(form, "CallSid")
    codes = word(form, "SipResponseCode"), word(form, "ErrorCode")
    return lambda tx: track_call(tx, attempt, call, status, *codes)


@router.post("/twilio/voice/{attempt}")
def call_answered(attempt: Identifier, form: Signed, runtime: InForce) -> Response:
    """What our call says once it is answered."""
    return _spoken(runtime, attempt, form, answer_call, identifier(form, "CallSid"))


@router.post("/twilio/voice/{attempt}/keypad")
def call_keyed(
    attempt: Identifier,
    form: Signed,
    runtime: InForce,
    try_number: TryNumber = None,
    silent: bool = False,
    about: str | None = None,
) -> Response:
    """What our call says to keys, or after silence."""
    return _spoken(runtime, attempt, form, key_in, _keyed(form, try_number, silent, about))


def _spoken(
    runtime: Runtime, attempt: str, form: Form, flow: Callable[[Tx, str, T], Spoken | None], heard: T
) -> Response:
    """What our call says next; without a database, to whom the trees know, which number to call."""
    try:
        return speak(runtime, attempt, runtime.transact(flow, attempt, heard))
    except DatabaseAway:
        known = pass_through(runtime.edition.network, form.get("To", ""))
        if known.callback is None:
            raise
        return welcome(runtime, replace(known, is_spoken=True))


STATUSES = {"/twilio/sms/status/": text_status, "/twilio/voice/status/": call_status}


def straight_ways(runtime: Runtime, throttle: Throttle) -> dict[str, Way]:
    """The straight ways of what comes most: the statuses of messages and calls, several of each."""
    return {place: partial(_straight, runtime, throttle, place) for place in STATUSES}


async def _straight(
    runtime: Runtime, throttle: Throttle, place: str, scope: Scope, _: HeadersAsCame, body: bytes
) -> Response | None:
    path, form = scope["path"], form_of(body)
    attempt = path.removeprefix(place)
    if scope["query_string"] or not is_id(attempt):
        return None
    check_signature(runtime, throttle, path, Headers(scope=scope), form)
    response = await STATUSES[place](attempt, form, runtime)
    runtime.counting.add(once(WEBHOOKS, f"{place.removeprefix('/twilio/')}{{attempt}}", str(response.status_code)))
    return response


async def _noted(runtime: Runtime, flow: Callable[[Tx], None]) -> Response:
    """Run the flow without blocking the event loop, on PostgreSQL in a transaction of its own.

    There two that held several incidents, each in its own order, would wait for one another.
    """
    if runtime.transactions.in_turn:
        await runtime.transact_soon(flow)
    else:
        await run_in_threadpool(runtime.transact, flow)
    return Response(status_code=204)


def _keyed(form: Form, try_number: int | None, silent: bool, about: str | None) -> Keyed:
    """The keys as input: the star ends it, so 9 and the star are a 9 finished by the star."""
    keys, finished_on = form.get("Digits", ""), form.get("FinishedOnKey", STAR)
    is_wrong_person = keys == WRONG_PERSON + STAR or (keys == WRONG_PERSON and finished_on == STAR)
    return Keyed(_digits(form), is_wrong_person, try_number, silent, about)


def _digits(form: Form) -> str:
    # Elsewhere the hash ends what is keyed: out of habit it is pressed after a PIN, and comes as one of its digits.
    return form.get("Digits", "").rstrip(STAR + HASH)
