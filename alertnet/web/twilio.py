"""The provider's signed webhooks: SMS, calls and their status. A reply leaves only after its commit (A1).

The signed URL is built from the configured public one, never from Host or X-Forwarded-*, which anybody can set. A
signature has no date and stays valid for ever, so every handler is idempotent.
"""

from typing import Annotated

import structlog
from fastapi import APIRouter, Depends, HTTPException, Query, Request, Response
from twilio.request_validator import SIGNATURE_HEADER, SIGNATURE_SETTINGS_HEADER, RequestValidator
from twilio.twiml.messaging_response import MessagingResponse
from twilio.twiml.voice_response import Gather, VoiceResponse

from alertnet.core.directory.contact import MethodKind
from alertnet.core.inbound.code_formats import ONE_TIME_PIN_LENGTH, WRITTEN_CODE_LENGTH
from alertnet.core.notification import Kind
from alertnet.flows.sending.record_outcome import track_call, track_sms
from alertnet.flows.sending.render_and_send import with_page
from alertnet.flows.sms.receive_sms import receive_sms
from alertnet.flows.voice.call_answered import answer_call
from alertnet.flows.voice.incoming_call import Asks, Reception, key_contacts_pin, receive_call
from alertnet.flows.voice.keypad import key_in
from alertnet.flows.voice.live_call import Keyed, KeypadQuestion, Spoken
from alertnet.flows.voice.recording import note_recording
from alertnet.flows.voice.report_by_call import end_telling, key_code_or_pin, key_pin, key_type
from alertnet.runtime.settings.settings import Settings
from alertnet.runtime.wiring import Runtime
from alertnet.store.records.inbound import InboundCall, InboundSms
from alertnet.web.auth import InForce, runtime_of
from alertnet.web.forms import Form, Identifier, identifier, needed, read_form, word

router = APIRouter(include_in_schema=False)

LONGEST_PATH = 300  # characters of a path or URL that are logged

log = structlog.get_logger(__name__)


STAR = "*"
WRONG_PERSON = "9"
PATIENCE_SECONDS = {"again": 12}
USUAL_PATIENCE_SECONDS = 8
"""How many seconds to wait for the first key, and for each further one."""

LENGTHS = {Asks.CODE: WRITTEN_CODE_LENGTH, Asks.PROOF: ONE_TIME_PIN_LENGTH, Asks.PIN: ONE_TIME_PIN_LENGTH, Asks.TYPE: 2}
"""The most keys for each question; the star ends shorter input."""

KEYED = {"pin": key_pin, "type": key_type, "told": end_telling}
"""The flow for keys in a call to our number, by what was asked; for other questions a written code is expected."""

PAUSE_SECONDS = 1
"""Between digits that are spoken slowly.

A verb of its own, since not all of the provider's voices support markup for it.
"""

LONGEST_RECORDING, SILENCE_ENDS_IT = 180, 5
"""Seconds."""

MOST_DIGITS = 7
"""The most digits of a recording's length (seconds) that is believed."""

RINGING_SECONDS = 10
"""How long a call rings where a missed call may be a check-in, which is to cost nothing."""

TryNumber = Annotated[int | None, Query(alias="try", ge=1, le=9)]


async def signed_form(request: Request) -> Form:
    """Read and verify a webhook of the provider (twilio.com/docs/usage/webhooks/webhooks-security).

    Raises:
        HTTPException: 403 for any other request, and for all where no token is configured.
    """
    form = await read_form(request)
    settings = runtime_of(request).settings
    reason = _why_refused(settings, request, form)
    if reason is not None:
        path, url = request.url.path[:LONGEST_PATH], _expected(settings, request)[:LONGEST_PATH]
        log.warning("webhook_refused", reason=reason, path=path, expected_url=url)
        raise HTTPException(403, f"not accepted as the provider's: {reason}")
    return form


def _why_refused(settings: Settings, request: Request, form: Form) -> str | None:
    telephones = settings.telephones.values()
    if not (settings.public_url and telephones):
        return "no account is configured"
    if SIGNATURE_SETTINGS_HEADER in request.headers:
        # It is signed with a shared key that we don't have; don't fall back to the token.
        return "it is signed with a shared key"
    # One account in two regions has a token in each.
    accounts = [account for account in telephones if account.sid == form.get("AccountSid")]
    if not accounts:
        return "another account"
    url = _expected(settings, request)
    signature = request.headers.get(SIGNATURE_HEADER, "")
    tokens = [token.get_secret_value() for account in accounts for token in account.auth_tokens]
    return None if any(_is_valid(token, url, form, signature) for token in tokens) else "wrong signature"


def _expected(settings: Settings, request: Request) -> str:
    """The URL that was given to the provider and that it signs."""
    return (settings.public_url or "") + request.url.path + (f"?{request.url.query}" if request.url.query else "")


def _is_valid(token: str, url: str, form: Form, signature: str) -> bool:
    try:
        return bool(RequestValidator(token).validate(url, form, signature))
    except (TypeError, ValueError):
        # The validator fails on input that the provider would not have made.
        return False


Signed = Annotated[Form, Depends(signed_form)]


@router.post("/twilio/sms")
def text_in(form: Signed, runtime: InForce) -> Response:
    """The one reply to a text, or none."""
    id, sender, attached = identifier(form, "MessageSid"), needed(form, "From"), form.get("NumMedia", "")
    count = int(attached) if attached.isdecimal() else 0
    sms = InboundSms(id, sender, form.get("To", ""), form.get("Body", ""), attached=count)
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
        return _receive(runtime, runtime.transact(receive_call, runtime.edition, call))
    if (key_in_call_in := KEYED.get(keyed)) is not None:
        return _receive(runtime, runtime.transact(key_in_call_in, runtime.edition, call, _digits(form)))
    if keyed == Asks.PROOF:
        return _receive(runtime, runtime.transact(key_contacts_pin, runtime.edition, call, _digits(form), code))
    return _receive(runtime, runtime.transact(key_code_or_pin, runtime.edition, call, _digits(form), try_number))


@router.post("/twilio/voice/recording")
def call_recorded(form: Signed, runtime: InForce) -> Response:
    """Note that a recording is ready to be fetched."""
    call = InboundCall(identifier(form, "CallSid"), form.get("From", ""))
    seconds = word(form, "RecordingDuration") or ""
    accounts = runtime.settings.telephones.items()
    provider = next(name for name, account in accounts if account.sid == form.get("AccountSid"))
    if word(form, "RecordingStatus") == "completed":
        length = int(seconds) if seconds.isascii() and seconds.isdigit() and len(seconds) < MOST_DIGITS else 0
        runtime.transact(note_recording, call, identifier(form, "RecordingSid"), provider, length)
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
    return _speak(runtime, attempt, runtime.transact(answer_call, attempt, identifier(form, "CallSid")))


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
    return _speak(runtime, attempt, runtime.transact(key_in, attempt, _keyed(form, try_number, silent, about)))


def _keyed(form: Form, try_number: int | None, silent: bool, about: str | None) -> Keyed:
    """The keys as input: the star ends it, so 9 and the star are a 9 finished by the star."""
    keys, finished_on = form.get("Digits", ""), form.get("FinishedOnKey", STAR)
    digits = _digits(form)
    is_wrong_person = digits == WRONG_PERSON and (keys != digits or finished_on == STAR)
    return Keyed(digits, is_wrong_person, try_number, silent, about)


def _digits(form: Form) -> str:
    return form.get("Digits", "").removesuffix(STAR)


def _speak(runtime: Runtime, attempt: str, spoken: Spoken | None) -> Response:
    twiml = VoiceResponse()
    while spoken is not None:
        _say(runtime, twiml, attempt, spoken)
        if spoken.question is not None:
            return _answer(twiml)
        spoken = spoken.then
    twiml.hangup()
    return _answer(twiml)


def _say(runtime: Runtime, twiml: VoiceResponse, attempt: str, spoken: Spoken) -> None:
    templates = spoken.templates or runtime.edition.templates
    script = runtime.renderer(templates).speak(spoken.kind, spoken.language, spoken.said)
    for stage in spoken.stages:
        for piece, language in script.spoken(script.sentences[stage]):
            twiml.say(piece, language=language)
    question = spoken.question
    if question is not None:
        path = f"/twilio/voice/{attempt}/keypad{_place(question)}"
        patience = PATIENCE_SECONDS.get(question.stage, USUAL_PATIENCE_SECONDS)
        _gather(runtime, twiml, path, question.digits, patience, script.parts(question.stage), script.language)


def _place(question: KeypadQuestion) -> str:
    """The try or further matter that the keys are for, as a query; it is signed with the URL."""
    if question.about is not None:
        return f"?about={question.about}"
    if question.try_number is None:
        return ""
    return f"?try={question.try_number}" + ("&silent=1" if question.silent else "")


def _receive(runtime: Runtime, reception: Reception) -> Response:
    renderer, twiml = runtime.renderer(runtime.edition.templates), VoiceResponse()
    words = renderer.neutral(reception.language, reception.raised or "", reception.callback or "")
    if reception.rings_first:
        # As the first verb it lets the phone ring for so long before the call is answered.
        twiml.pause(length=RINGING_SECONDS)
    if reception.recorded is not None and reception.templates is not None:
        script = runtime.renderer(reception.templates).speak(Kind.RECORDED, reception.language, reception.recorded)
        twiml.say(script.sentences["after"], language=script.language)
    if reception.thanked is not None:
        script = renderer.speak(Kind.TEST, reception.language, reception.thanked)
        twiml.say(script.sentences["after"], language=script.language)
        twiml.hangup()
        return _answer(twiml)
    if reception.raised is not None:
        twiml.say(words.sentences["raised"], language=words.language)
    if reception.callback is None:
        twiml.say(words.sentences["unknown_caller"], language=words.language)
        twiml.hangup()
    elif reception.asks is not None:
        parts = words.parts(f"key_{reception.asks}" if reception.try_number == 1 else "wrong_key")
        path = f"/twilio/voice?keyed={reception.asks}"
        if reception.asks is Asks.CODE:
            path += f"&try={reception.try_number}"
        if reception.code is not None:
            path += f"&code={reception.code}"
        length = LENGTHS[Asks.PIN if reception.asks is Asks.CODE and reception.takes_pin else reception.asks]
        _gather(runtime, twiml, path, length, USUAL_PATIENCE_SECONDS, parts, words.language)
        return _answer(twiml)
    if reception.may_tell and runtime.settings.record_calls:
        twiml.say(words.sentences["tell"], language=words.language)
        _record(runtime, twiml)
    if reception.callback is not None and reception.is_spoken:
        twiml.say(words.sentences["call_back"], language=words.language)
        twiml.hangup()
    elif reception.callback is not None:
        twiml.say(words.sentences["put_through"], language=words.language)
        twiml.dial(reception.callback)
    return _answer(twiml)


def _record(runtime: Runtime, twiml: VoiceResponse) -> None:
    """Record what is said after a tone; after silence the document goes on."""
    twiml.record(
        action=f"{runtime.settings.public_url}/twilio/voice?keyed=told",
        method="POST",
        max_length=LONGEST_RECORDING,
        timeout=SILENCE_ENDS_IT,
        finish_on_key=STAR,
        play_beep=True,
        recording_status_callback=f"{runtime.settings.public_url}/twilio/voice/recording",
        recording_status_callback_method="POST",
        recording_status_callback_event="completed",
    )


def _gather(
    runtime: Runtime, twiml: VoiceResponse, path: str, digits: int, patience: int, parts: tuple[str, ...], language: str
) -> None:
    """Ask for keys, which may interrupt the sentence; silence is reported too."""
    gather = Gather(
        num_digits=digits,
        finish_on_key=STAR,
        timeout=patience,
        action_on_empty_result=True,
        # Absolute, because the public URL may have a path of its own.
        action=f"{runtime.settings.public_url}{path}",
        method="POST",
    )
    for place, part in enumerate(parts):
        if place:
            gather.pause(length=PAUSE_SECONDS)
        gather.say(part, language=language)
    twiml.append(gather)


def _answer(twiml: VoiceResponse) -> Response:
    return Response(str(twiml), media_type="text/xml")
