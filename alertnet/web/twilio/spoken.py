"""What calls say and ask, as TwiML documents."""

from collections.abc import Iterable

from fastapi import Response
from twilio.twiml.voice_response import Gather, VoiceResponse

from alertnet.core.inbound.code_formats import ONE_TIME_PIN_LENGTH, WRITTEN_CODE_LENGTH
from alertnet.core.notification import Kind
from alertnet.flows.voice.incoming_call import Asks, Reception
from alertnet.flows.voice.live_call import KeypadQuestion, Spoken
from alertnet.runtime.wiring import Runtime

STAR = "*"
PATIENCE_SECONDS = {"again": 12}
USUAL_PATIENCE_SECONDS = 8
"""How many seconds to wait for the first key, and for each further one."""

LENGTHS = {Asks.CODE: WRITTEN_CODE_LENGTH, Asks.PROOF: ONE_TIME_PIN_LENGTH, Asks.PIN: ONE_TIME_PIN_LENGTH, Asks.TYPE: 2}
"""The most keys for each question; the star ends shorter input."""

TOLD = "told"
"""Stands where a question does in the address to which a recording's end is reported."""

PAUSE_SECONDS = 1
"""Between digits that are spoken slowly.

A verb of its own, since not all of the provider's voices support markup for it.
"""

LONGEST_RECORDING, SILENCE_ENDS_IT = 180, 5
"""Seconds."""

RINGING_SECONDS = 10
"""How long a call rings where a missed call may be a check-in, which is to cost nothing."""


class _Document:
    """One TwiML document, which sends keys and recordings back to `place`, our public URL."""

    def __init__(self, place: str) -> None:
        self.twiml = VoiceResponse()
        self._place = place

    def say(self, pieces: Iterable[tuple[str, str]]) -> None:
        """Say pieces of text, each with the voice of its language."""
        for piece, language in pieces:
            self.twiml.say(piece, language=language)

    def ask(self, parts: Iterable[str], language: str, path: str, *, keys: int, patience: int) -> None:
        """Ask for so many keys, which may interrupt the sentence; silence is reported too."""
        gather = Gather(
            num_digits=keys,
            finish_on_key=STAR,
            timeout=patience,
            action_on_empty_result=True,
            # Absolute, because the public URL may have a path of its own.
            action=f"{self._place}{path}",
            method="POST",
        )
        for place, part in enumerate(parts):
            if place:
                gather.pause(length=PAUSE_SECONDS)
            gather.say(part, language=language)
        self.twiml.append(gather)

    def record(self) -> None:
        """Record what is said after a tone; after silence the document goes on."""
        self.twiml.record(
            action=f"{self._place}/twilio/voice?keyed={TOLD}",
            method="POST",
            max_length=LONGEST_RECORDING,
            timeout=SILENCE_ENDS_IT,
            finish_on_key=STAR,
            play_beep=True,
            recording_status_callback=f"{self._place}/twilio/voice/recording",
            recording_status_callback_method="POST",
            recording_status_callback_event="completed",
        )

    def response(self) -> Response:
        return Response(str(self.twiml), media_type="text/xml")


def speak(runtime: Runtime, attempt: str, spoken: Spoken | None) -> Response:
    """What a call of ours says; it ends with a question, or is hung up."""
    document = _Document(runtime.settings.public_url or "")
    while spoken is not None:
        script = runtime.renderer(spoken.templates or runtime.edition.templates).speak(
            spoken.kind, spoken.language, spoken.said
        )
        for stage in spoken.stages:
            document.say(script.spoken(stage))
        if (question := spoken.question) is not None:
            path = f"/twilio/voice/{attempt}/keypad{_asked(question)}"
            patience = PATIENCE_SECONDS.get(question.stage, USUAL_PATIENCE_SECONDS)
            parts = script.parts(question.stage)
            document.ask(parts, script.language, path, keys=question.digits, patience=patience)
            return document.response()
        spoken = spoken.then
    document.twiml.hangup()
    return document.response()


def _asked(question: KeypadQuestion) -> str:
    """The try or further matter that the keys are for, as a query; it is signed with the URL."""
    if question.about is not None:
        return f"?about={question.about}"
    if question.try_number is None:
        return ""
    return f"?try={question.try_number}" + ("&silent=1" if question.silent else "")


def welcome(runtime: Runtime, reception: Reception) -> Response:
    """What a call to our number hears, is asked, and leads to."""
    renderer = runtime.renderer(runtime.edition.templates)
    neutral = renderer.neutral(reception.language, reception.raised or "", reception.callback or "")
    document = _Document(runtime.settings.public_url or "")
    if reception.rings_first:
        # As the first verb it lets the phone ring for so long before the call is answered.
        document.twiml.pause(length=RINGING_SECONDS)
    if reception.recorded is not None and reception.templates is not None:
        pinned = runtime.renderer(reception.templates)
        document.say(pinned.speak(Kind.RECORDED, reception.language, reception.recorded).spoken("after"))
    if reception.thanked is not None:
        document.say(renderer.speak(Kind.TEST, reception.language, reception.thanked).spoken("after"))
        document.twiml.hangup()
        return document.response()
    if reception.raised is not None:
        document.say(neutral.spoken("raised"))
    if reception.callback is not None and reception.asks is not None:
        stage, path, keys = _question(reception, reception.asks)
        document.ask(neutral.parts(stage), neutral.language, path, keys=keys, patience=USUAL_PATIENCE_SECONDS)
        return document.response()
    if reception.may_tell and runtime.settings.record_calls:
        document.say(neutral.spoken("tell"))
        document.record()
    if reception.callback is not None and not reception.is_spoken:
        document.say(neutral.spoken("put_through"))
        # What follows is heard if nobody takes the call, or once whoever took it has hung up.
        document.twiml.dial(reception.callback)
    document.say(neutral.spoken("unknown_caller" if reception.callback is None else "call_back"))
    document.twiml.hangup()
    return document.response()


def _question(reception: Reception, asks: Asks) -> tuple[str, str, int]:
    """The sentence that asks, where the keys go, and how many there may be."""
    path = f"/twilio/voice?keyed={asks}"
    if asks is Asks.CODE:
        path += f"&try={reception.try_number}"
    if reception.code is not None:
        path += f"&code={reception.code}"
    stage = f"key_{asks}" if reception.try_number == 1 else "wrong_key"
    takes_pin = asks is Asks.CODE and reception.takes_pin
    return stage, path, LENGTHS[Asks.PIN if takes_pin else asks]
