"""Every message of every kind, in every language and by every method: short enough, discreet, and in the same parts."""

import re
from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from html import unescape
from itertools import product

import pytest

from alertnet.core.delivery.sms_encoding import count
from alertnet.core.directory.contact import MethodKind
from alertnet.core.disclosure import Said, Subject
from alertnet.core.inbound.sms_answers import VERBS, Verb
from alertnet.core.incident import TYPES, CloseReason
from alertnet.core.notification import URGENT, Kind
from alertnet.messages.checks.leaks import FOR_COORDINATORS, FOR_THE_FIELD
from alertnet.messages.message import METHODS, STAGES, SUBJECTS, CallScript, Message
from alertnet.messages.renderer import Renderer
from alertnet.messages.words import spoken_number
from tests.messages.conftest import LANGUAGES, SAID

LONGEST_LINK = f"https://{'m' * 32}/a/ABCDEFGH23456789"
LONGEST = replace(SAID, sender="PEACEBRIGADE", link=LONGEST_LINK, about="embassy-of-a-far-country")
SHORT = replace(SAID, sender="PBI", link="https://a.be/1", about="desk", level=11)
"""Small enough that no language has to drop anything."""
ASKING = URGENT | {Kind.ACTION_REMINDER}
UNANSWERABLE = (Subject.LOST_REPORTS, Subject.LOST_INCIDENT)
TOLD = ("threat", "missed_check_in", "checkpoint")
"""Types with the shortest and the longest names: no template asks for the type, which only takes room."""
OTHERS = tuple(tag for tag in LANGUAGES if tag != "en")
SECRET, ROUTE = "CANARY", "L99 18:00"
PARTS = {"sender": "PBI", "ref": "A-7K3M", "code": "4711", "link": "https://a.be/1", "callback": "+573005550101"}


def about(kind: Kind, said: Said) -> list[Said]:
    """The kind with each of its subjects, or for each reason."""
    reasons = tuple(CloseReason) if kind is Kind.STAND_DOWN else (None,)
    return [replace(said, subject=each, reason=why) for each, why in product(SUBJECTS.get(kind, (None,)), reasons)]


def cases(kind: Kind, said: Said, types: Iterable[str] = TOLD) -> list[Said]:
    """The same, and in the words of those types."""
    first, *others = about(kind, said)
    return [first, *others, *(replace(first, type=each) for each in types)]


def variants(said: Said) -> list[Said]:
    """The same in a drill, to a number that takes no replies, and to a phone that is left alone."""
    return [said, replace(said, drill=True), replace(said, answerable=False, code=None), replace(said, silent=True)]


def shown(kind: Kind, said: Said) -> list[Said]:
    """Each of its cases, and each subject or reason in each variant."""
    return [*cases(kind, said), *(each for case in about(kind, said) for each in variants(case)[1:])]


@cache
def rendered(renderer: Renderer, kind: Kind, method: MethodKind, language: str, said: Said) -> Message:
    """Once for all that is claimed of it."""
    return renderer.render(kind, method, language, said)


@cache
def spoken(renderer: Renderer, kind: Kind, language: str, said: Said) -> CallScript:
    return renderer.speak(kind, language, said)


def written(renderer: Renderer, kind: Kind, language: str, said: Said) -> list[str]:
    """All that leaves in clear: SMS, and a mail's subject, text and HTML."""
    texts = []
    for method in METHODS[kind] - {MethodKind.CALL}:
        message = rendered(renderer, kind, method, language, said)
        texts += [message.text, message.subject, message.html]
    return texts


def keys_of(sentence: str, said: Said) -> set[str]:
    """The keys that a sentence of a call names, without what it spells."""
    for spelt in ("A, 7, K, 3, M", "4, 0, 7", "4 … 0 … 7", spoken_number(said.callback, "").strip()):
        sentence = sentence.replace(spelt, "")
    return set(re.findall(r"\b\d\b", sentence))


def parts_of(text: str) -> set[str]:
    """What an SMS or a mail consists of: who, which, where to, and what may be answered; a hold may be said as a no."""
    verbs = {VERBS[word.lower()] for word in re.findall(r"([A-Z]+) 4711", text) if word.lower() in VERBS}
    asked = {"hold" if verb in (Verb.NO, Verb.HOLD) else verb.value for verb in verbs}
    return {name for name, value in PARTS.items() if value in text} | asked


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", [kind for kind, methods in METHODS.items() if MethodKind.SMS in methods])
def test_every_sms_is_one_segment_of_gsm7(renderer: Renderer, kind: Kind, language: str) -> None:
    """B4: with the longest link and sender, whatever it is about, for every type, in each of its variants."""
    for said in (each for case in cases(kind, LONGEST, TYPES) for each in variants(case)):
        size = count(rendered(renderer, kind, MethodKind.SMS, language, said).text)

        assert (size.encoding, size.segments) == ("gsm7", 1), said


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", METHODS)
def test_no_message_says_more_than_it_may(renderer: Renderer, kind: Kind, language: str) -> None:
    """A9: who it is about only to coordinators, no code or link in a subject line, no spoken code in writing."""
    for said in cases(kind, replace(SHORT, about=SECRET, awaited=ROUTE, spoken_code="908")):
        texts = written(renderer, kind, language, said)

        assert any("A-7K3M" in text for text in texts)
        assert kind in FOR_COORDINATORS or not any(SECRET in text for text in texts)
        assert kind in FOR_THE_FIELD or not any(ROUTE in text for text in texts)
        assert not any("908" in text or "9, 0, 8" in text for text in texts)
        if MethodKind.EMAIL in METHODS[kind]:
            subject = rendered(renderer, kind, MethodKind.EMAIL, language, said).subject
            assert parts_of(subject) == {"sender", "ref"}
            assert SECRET not in subject


@pytest.mark.parametrize("kind", METHODS)
def test_every_language_has_the_parts_of_english(renderer: Renderer, kind: Kind) -> None:
    for said, method in product(shown(kind, SHORT), METHODS[kind] - {MethodKind.CALL}):
        english, *others = (parts_of(rendered(renderer, kind, method, tag, said).text) for tag in ("en", *OTHERS))

        for language, own in zip(OTHERS, others, strict=True):
            assert own == english, (language, method, said.subject)
        assert {"ref"} < english


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", METHODS)
def test_whoever_has_the_message_alone_knows_whose_it_is_and_how_to_go_on(
    renderer: Renderer, kind: Kind, language: str
) -> None:
    """A newcomer at each role: who writes, about which matter, and a code, a link or a number, however tight it is.

    What asks for something says so with a way to answer it, unless there is no record left to answer on.
    """
    for said in shown(kind, LONGEST):
        for method in METHODS[kind] - {MethodKind.CALL}:
            text = rendered(renderer, kind, method, language, said).text
            ways = {name for name in ("code", "link", "callback") if (value := getattr(said, name)) and value in text}

            assert said.ref in text
            assert said.sender in text or said.organisation in text
            assert ways, (method, text)
            assert kind not in ASKING or said.subject in UNANSWERABLE or ways & {"code", "link"}, (method, text)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", [kind for kind, methods in METHODS.items() if MethodKind.EMAIL in methods])
def test_a_mail_is_whole_as_text_and_as_html_without_images(renderer: Renderer, kind: Kind, language: str) -> None:
    """Whoever opens it where pictures are blocked, or reads no HTML, has all of it."""
    for said in shown(kind, SHORT):
        mail = rendered(renderer, kind, MethodKind.EMAIL, language, said)
        read = unescape(re.sub(r"<(?!a )[^>]*>", " ", mail.html.partition("<body")[2]))

        assert parts_of(read) == parts_of(mail.text) > {"ref"}
        assert not re.search(r"<(img|svg|picture|link|script|style|iframe)|url\(|src=|background=", mail.html)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", [kind for kind, methods in METHODS.items() if MethodKind.CALL in methods])
def test_every_call_has_the_keys_of_english_and_says_nothing_before_its_code(
    renderer: Renderer, kind: Kind, language: str
) -> None:
    for said in cases(kind, SHORT):
        own, english = (spoken(renderer, kind, tag, said).sentences for tag in (language, "en"))

        for stage in STAGES:
            assert keys_of(own[stage], said) == keys_of(english[stage], said), (stage, own[stage])
        assert keys_of(own["after"], said) or kind not in URGENT
        assert "4, 0, 7" in own["code"]
        type_ = renderer.words(language).types[said.type]
        assert not any(f": {type_}" in own[stage] for stage in STAGES if stage not in ("after", "no_incident"))
