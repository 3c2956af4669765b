"""Reads TwiML as far as the sandbox plays it; anything else is an error, never a guess."""

import xml.etree.ElementTree as ElementTree

from alertnet.core.codec import value

MAX_DOCUMENT = 64_000
"""The most characters; the provider's limit is 64 kB."""


class BadTwiml(ValueError):
    """The document can't be played; the provider would say "an application error has occurred"."""


@value
class Say:
    text: str
    language: str


@value
class Gather:
    """A question to be answered with keys."""

    says: tuple[Say, ...]
    action: str
    num_digits: int | None
    finish_on_key: str
    action_on_empty_result: bool

    def collect(self, keys: str) -> tuple[str, str]:
        """The digits that these keys make, and the key that ended them early, if any; later keys are lost."""
        digits = ""
        for key in keys:
            if key == self.finish_on_key:
                return digits, key
            digits += key
            if len(digits) == self.num_digits:
                break
        return digits, ""

    def ends_with(self, keys: str) -> bool:
        """Whether these keys are a complete answer, without waiting for silence."""
        digits, finished_on = self.collect(keys)
        return bool(finished_on) or len(digits) == self.num_digits


@value
class Record:
    """A tone, after which somebody speaks; if nobody does, the document goes on."""

    action: str
    status_callback: str


@value
class Redirect:
    url: str


@value
class Dial:
    number: str


@value
class Hangup:
    pass


Verb = Say | Gather | Record | Redirect | Dial | Hangup


def read_voice(document: str) -> tuple[Verb, ...]:
    """Read a voice answer as verbs in order, Play and Pause as silence; `BadTwiml` for what is not played here."""
    verbs = (_verb(element) for element in _response(document))
    return tuple(verb for verb in verbs if verb is not None)


def read_messages(document: str) -> tuple[str, ...]:
    """Read the texts in a messaging answer, none of an empty document; `BadTwiml` for anything else."""
    if not document.strip():
        return ()
    return tuple(_message(element) for element in _response(document))


def _response(document: str) -> ElementTree.Element:
    # Without a DOCTYPE there are no entities, so no entity bombs and no external files.
    if "<!DOCTYPE" in document or len(document) > MAX_DOCUMENT:
        raise BadTwiml(f"a DOCTYPE or {len(document)} characters (allowed: no DOCTYPE, {MAX_DOCUMENT})")
    try:
        root = ElementTree.fromstring(document)  # noqa: S314
    except ElementTree.ParseError as error:
        raise BadTwiml(f"not XML: {error}") from error
    if root.tag != "Response":
        raise BadTwiml(f"<{root.tag}> at the root (allowed: <Response>)")
    return root


def _verb(element: ElementTree.Element) -> Verb | None:
    match element.tag:
        case "Say":
            return _say(element)
        case "Gather":
            return _gather(element)
        case "Record":
            return Record(element.get("action", ""), element.get("recordingStatusCallback", ""))
        case "Redirect":
            return Redirect(_text(element))
        case "Dial":
            return Dial(_text(element))
        case "Hangup":
            return Hangup()
        case "Pause" | "Play":
            return None
    raise BadTwiml(f"<{element.tag}> (allowed: Say, Gather, Record, Redirect, Dial, Hangup, Pause, Play)")


def _gather(element: ElementTree.Element) -> Gather:
    num_digits = element.get("numDigits")
    if num_digits is not None and not num_digits.isdecimal():
        raise BadTwiml(f"numDigits={num_digits!r} (allowed: a number)")
    return Gather(
        says=tuple(_say(child) for child in element if child.tag == "Say"),
        action=element.get("action", ""),
        num_digits=int(num_digits) if num_digits else None,
        finish_on_key=element.get("finishOnKey", "#"),
        action_on_empty_result=element.get("actionOnEmptyResult", "false") == "true",
    )


def _say(element: ElementTree.Element) -> Say:
    return Say(_text(element), element.get("language", "en-US"))


def _message(element: ElementTree.Element) -> str:
    if element.tag != "Message":
        raise BadTwiml(f"<{element.tag}> (allowed: Message)")
    return _text(element)


def _text(element: ElementTree.Element) -> str:
    return "".join(element.itertext()).strip()
