"""Calls, spoken and keyed: each answer says what a flow decided, after its commit, as TwiML (A1)."""

from typing import Annotated

from fastapi import APIRouter, Query, Response
from starlette.background import BackgroundTask
from twilio.twiml.voice_response import Gather, VoiceResponse

from alertnet.core.codes import WRITTEN_CODE_LENGTH
from alertnet.core.notification import Kind
from alertnet.flows.answer_call import answer_call
from alertnet.flows.call_in import CallIn, Reception, key_written_code, receive_call
from alertnet.flows.calls import Question, Spoken
from alertnet.flows.keypad import Keyed, key_in
from alertnet.flows.track import track_call
from alertnet.runtime import Runtime
from alertnet.web.auth import InForce
from alertnet.web.forms import Form, needed
from alertnet.web.signature import Signed

router = APIRouter(prefix="/twilio/voice", include_in_schema=False)

STAR = "*"
WRONG_PERSON = "9"
PATIENCE_SECONDS = {"again": 12}
USUAL_PATIENCE_SECONDS = 8
"""How long the first key, and each one after another, is waited for."""

Turn = Annotated[int | None, Query(ge=1, le=9)]


@router.post("")
def receive(form: Signed, runtime: InForce, keyed: bool = False) -> Response:
    """A call to our number, at its beginning or (`keyed`) when a code was asked for."""
    call = CallIn(needed(form, "CallSid"), form.get("From", ""))
    if keyed:
        reception = runtime.transact(key_written_code, runtime.edition, call, form.get("Digits", ""))
    else:
        reception = runtime.transact(receive_call, runtime.edition, call)
    return _receive(runtime, reception)


@router.post("/status/{attempt}")
def track(attempt: str, form: Signed, runtime: InForce) -> Response:
    """How a call goes on and ends; nothing is said of an attempt that isn't there."""
    status, sip_code = needed(form, "CallStatus"), form.get("SipResponseCode")
    hang_ups = runtime.transact(track_call, attempt, needed(form, "CallSid"), status, sip_code, form.get("ErrorCode"))
    return Response(status_code=204, background=BackgroundTask(runtime.hang_up, hang_ups))


@router.post("/{attempt}")
def answer(attempt: str, form: Signed, runtime: InForce) -> Response:
    """Our call was picked up."""
    return _speak(runtime, attempt, runtime.transact(answer_call, attempt, needed(form, "CallSid")))


@router.post("/{attempt}/keypad")
def key(attempt: str, form: Signed, runtime: InForce, turn: Turn = None, silent: bool = False) -> Response:
    """Keys were pressed in our call, or none in time."""
    return _speak(runtime, attempt, runtime.transact(key_in, attempt, _keyed(form, turn, silent)))


def _keyed(form: Form, turn: int | None, silent: bool) -> Keyed:
    """The star ends what is keyed: 9 and the star are the 9, finished by it."""
    keys, finished_on = form.get("Digits", ""), form.get("FinishedOnKey", STAR)
    digits = keys.removesuffix(STAR)
    is_wrong_person = digits == WRONG_PERSON and (keys != digits or finished_on == STAR)
    return Keyed(digits, is_wrong_person, turn, silent)


def _speak(runtime: Runtime, attempt: str, spoken: Spoken | None) -> Response:
    twiml = VoiceResponse()
    if spoken is None:
        twiml.hangup()
        return _answer(runtime, twiml)
    script = runtime.renderer(spoken.templates).speak(spoken.kind, spoken.language, spoken.said)
    for stage in spoken.stages:
        twiml.say(script.sentences[stage], language=script.language)
    question = spoken.question
    if question is None:
        twiml.hangup()
    else:
        path = f"/twilio/voice/{attempt}/keypad{_place(question)}"
        patience = PATIENCE_SECONDS.get(question.stage, USUAL_PATIENCE_SECONDS)
        _ask(runtime, twiml, path, question.digits, patience, script.sentences[question.stage], script.language)
    return _answer(runtime, twiml, spoken.hang_ups)


def _place(question: Question) -> str:
    """Which try the keys are brought back for, as a query; it is signed like all of the URL."""
    if question.turn is None:
        return ""
    return f"?turn={question.turn}" + ("&silent=1" if question.silent else "")


def _receive(runtime: Runtime, reception: Reception) -> Response:
    renderer, twiml = runtime.renderer(runtime.edition.templates), VoiceResponse()
    words = renderer.neutral(reception.language)
    if reception.recorded is not None and reception.templates is not None:
        script = runtime.renderer(reception.templates).speak(Kind.RECORDED, reception.language, reception.recorded)
        twiml.say(script.sentences["after"], language=script.language)
    if reception.callback is None:
        twiml.say(words.sentences["unknown_caller"], language=words.language)
        twiml.hangup()
    elif reception.asks_code:
        sentence = words.sentences["key_code"]
        path = "/twilio/voice?keyed=1"
        _ask(runtime, twiml, path, WRITTEN_CODE_LENGTH, USUAL_PATIENCE_SECONDS, sentence, words.language)
    else:
        twiml.say(words.sentences["put_through"], language=words.language)
        twiml.dial(reception.callback)
    return _answer(runtime, twiml, reception.hang_ups)


def _ask(
    runtime: Runtime, twiml: VoiceResponse, path: str, digits: int, patience: int, sentence: str, language: str
) -> None:
    """A sentence that keys may interrupt; silence is reported as well."""
    gather = Gather(
        num_digits=digits,
        finish_on_key=STAR,
        timeout=patience,
        action_on_empty_result=True,
        # Absolute, because the public URL may have a path of its own.
        action=f"{runtime.settings.public_url}{path}",
        method="POST",
    )
    gather.say(sentence, language=language)
    twiml.append(gather)


def _answer(runtime: Runtime, twiml: VoiceResponse, hang_ups: tuple[str, ...] = ()) -> Response:
    return Response(str(twiml), media_type="text/xml", background=BackgroundTask(runtime.hang_up, hang_ups))
