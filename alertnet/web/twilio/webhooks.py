"""The provider's signed webhooks: SMS, calls and their status. A reply leaves only after its commit (A1).

A signature has no date and stays valid for ever, so every handler is idempotent.
"""

from typing import Annotated

from fastapi import APIRouter, Query, Response
from twilio.twiml.messaging_response import MessagingResponse

from alertnet.core.directory.contact import MethodKind
from alertnet.flows.sending.record_outcome import track_call, track_sms
from alertnet.flows.sending.render_and_send import with_page
from alertnet.flows.sms.receive_sms import receive_sms
from alertnet.flows.voice.incoming_call import Asks, key_contacts_pin, receive_call
from alertnet.flows.voice.live_call import Keyed
from alertnet.flows.voice.outgoing_call import answer_call, key_in
from alertnet.flows.voice.recording import note_recording
from alertnet.flows.voice.report_by_call import end_telling, key_code_or_pin, key_pin, key_type
from alertnet.store.records.inbound import InboundCall, InboundSms
from alertnet.web.auth import InForce
from alertnet.web.forms import Form, Identifier, identifier, needed, word
from alertnet.web.twilio.signature import Signed
from alertnet.web.twilio.spoken import STAR, speak, welcome

router = APIRouter(include_in_schema=False)

WRONG_PERSON = "9"
KEYED = {"pin": key_pin, "type": key_type, "told": end_telling}
"""The flow for keys in a call to our number, by what was asked; for other questions a written code is expected."""

MOST_DIGITS = 6
"""The most digits of a recording's length (seconds), or of how many pictures came, that are believed."""

TryNumber = Annotated[int | None, Query(alias="try", ge=1, le=9)]


@router.post("/twilio/sms")
def text_in(form: Signed, runtime: InForce) -> Response:
    """The one reply to a text, or none."""
    id, sender, attached = identifier(form, "MessageSid"), needed(form, "From"), _number(form, "NumMedia")
    sms = InboundSms(id, sender, form.get("To", ""), form.get("Body", ""), attached=attached)
    reply = runtime.transact(receive_sms, runtime.edition, sms)
    answer = MessagingResponse()
    if reply is None:
        return Response(str(answer), media_type="text/xml")
    renderer = runtime.renderer(reply.templates)
    words = with_page(reply.kind, reply.said, runtime.settings.public_url or "")
    answer.message(renderer.render(reply.kind, MethodKind.SMS, reply.language, words).text)
    return Response(str(answer), media_type="text/xml")


@router.post("/twilio/sms/status/{attempt}")
def text_status(attempt: Identifier, form: Signed, runtime: InForce) -> Response:
    """Record the status of an SMS. Unknown attempts get the same answer."""
    status = needed(form, "MessageStatus")
    message = identifier(form, "MessageSid")
    runtime.transact(track_sms, attempt, message, status, word(form, "ErrorCode"))
    return Response(status_code=204)


@router.post("/twilio/voice")
def call_in(
    form: Signed, runtime: InForce, keyed: str | None = None, try_number: TryNumber = None, code: str = ""
) -> Response:
    """Answer a call to our number, or (`keyed`) handle keys after a question."""
    call = InboundCall(identifier(form, "CallSid"), form.get("From", ""))
    if keyed is None:
        return welcome(runtime, runtime.transact(receive_call, runtime.edition, call))
    if (key_in_call_in := KEYED.get(keyed)) is not None:
        return welcome(runtime, runtime.transact(key_in_call_in, runtime.edition, call, _digits(form)))
    if keyed == Asks.PROOF:
        return welcome(runtime, runtime.transact(key_contacts_pin, runtime.edition, call, _digits(form), code))
    return welcome(runtime, runtime.transact(key_code_or_pin, runtime.edition, call, _digits(form), try_number))


@router.post("/twilio/voice/recording")
def call_recorded(form: Signed, runtime: InForce) -> Response:
    """Note that a recording is ready to be fetched."""
    call = InboundCall(identifier(form, "CallSid"), form.get("From", ""))
    accounts = runtime.settings.telephones.items()
    provider = next(name for name, account in accounts if account.sid == form.get("AccountSid"))
    if word(form, "RecordingStatus") == "completed":
        seconds = _number(form, "RecordingDuration")
        runtime.transact(note_recording, call, identifier(form, "RecordingSid"), provider, seconds)
    return Response(status_code=204)


@router.post("/twilio/voice/status/{attempt}")
def call_status(attempt: Identifier, form: Signed, runtime: InForce) -> Response:
    """Record the progress and end of a call. Unknown attempts get the same answer."""
    status, codes = needed(form, "CallStatus"), (word(form, "SipResponseCode"), word(form, "ErrorCode"))
    runtime.transact(track_call, attempt, identifier(form, "CallSid"), status, *codes)
    return Response(status_code=204)


@router.post("/twilio/voice/{attempt}")
def call_answered(attempt: Identifier, form: Signed, runtime: InForce) -> Response:
    """What our call says once it is answered."""
    return speak(runtime, attempt, runtime.transact(answer_call, attempt, identifier(form, "CallSid")))


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
    return speak(runtime, attempt, runtime.transact(key_in, attempt, _keyed(form, try_number, silent, about)))


def _keyed(form: Form, try_number: int | None, silent: bool, about: str | None) -> Keyed:
    """The keys as input: the star ends it, so 9 and the star are a 9 finished by the star."""
    keys, finished_on = form.get("Digits", ""), form.get("FinishedOnKey", STAR)
    digits = _digits(form)
    is_wrong_person = digits == WRONG_PERSON and (keys != digits or finished_on == STAR)
    return Keyed(digits, is_wrong_person, try_number, silent, about)


def _number(form: Form, name: str) -> int:
    text = form.get(name, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= MOST_DIGITS else 0


def _digits(form: Form) -> str:
    return form.get("Digits", "").removesuffix(STAR)
