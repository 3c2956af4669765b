"""Calls: which sentence may be heard when, and digits one by one."""

import pytest

from alertnet.core.directory.contact import MethodKind
from alertnet.core.disclosure import Subject
from alertnet.core.incident import TYPES
from alertnet.core.notification import Kind
from alertnet.messages.message import METHODS, STAGES
from alertnet.messages.renderer import Renderer
from alertnet.messages.words import spoken_number
from tests.messages.conftest import LANGUAGES, Say

CALLS = [kind for kind, methods in METHODS.items() if MethodKind.CALL in methods]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", CALLS)
def test_every_stage_has_words(renderer: Renderer, said: Say, kind: Kind, language: str) -> None:
    sentences = renderer.speak(kind, language, said()).sentences

    assert tuple(sentences) == STAGES
    assert all(sentences.values())


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("type_", TYPES)
def test_before_the_code_nothing_of_the_matter_is_said(
    renderer: Renderer, said: Say, type_: str, language: str
) -> None:
    """A9, and voicemails: the type is named in the sentence after the code, in no other."""
    sentences = renderer.speak(Kind.ALERT, language, said(type=type_)).sentences
    name = renderer.words(language).types[type_]

    assert f": {name}." in sentences["after"]
    assert all(f": {name}." not in sentences[stage] for stage in STAGES if stage != "after")


@pytest.mark.parametrize("kind", [Kind.ALERT, Kind.REMINDER])
@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_asked_is_said_after_the_code_alone(renderer: Renderer, said: Say, kind: Kind, language: str) -> None:
    """B4: who is told by call alone hears it nowhere else."""
    sentences = renderer.speak(kind, language, said(ask={"en": "visit"})).sentences
    words = renderer.page_words(language)["ask_visit"]

    assert words in sentences["after"]
    assert all(words not in sentences[stage] for stage in STAGES if stage != "after")


def test_a_text_of_their_own_is_not_spoken(renderer: Renderer, said: Say) -> None:
    """A9: it might name somebody, and anybody may stand beside the phone."""
    after = renderer.speak(Kind.ALERT, "en", said(ask={"en": "ask for Maria"})).sentences["after"]

    assert "alert: arrest. A colleague" in after
    assert "Maria" not in after


def test_the_greeting_is_fit_for_a_voicemail(renderer: Renderer, said: Say) -> None:
    assert renderer.speak(Kind.ALERT, "en", said()).sentences["greeting"] == (
        "This is an automatic call from Peace Brigades International, reference A, 7, K, 3, M. "
        "Please call back on plus 5 7, 3 0 0, 5 5 5, 0 1 0 1."
    )


def test_the_spoken_code_is_said_twice_digit_by_digit(renderer: Renderer, said: Say) -> None:
    code = renderer.speak(Kind.ALERT, "fr", said()).sentences["code"]

    assert "4, 0, 7. Je répète : 4, 0, 7." in code
    assert "4711" not in code


def test_without_a_spoken_code_once_more_asks_for_the_pin(renderer: Renderer, said: Say) -> None:
    again = renderer.speak(Kind.ALERT, "en", said(spoken_code=None)).sentences["again"]

    assert again == "Once more, slowly. Please enter your PIN."


def test_a_decision_by_telephone_offers_go_and_hold(renderer: Renderer, said: Say) -> None:
    level = renderer.speak(Kind.DECISION, "en", said(subject=Subject.LEVEL)).sentences["after"]
    verify = renderer.speak(Kind.DECISION, "en", said(subject=Subject.VERIFY, automatic_at=None)).sentences["after"]

    assert (
        "Shall level 3 be told, embassy-es, 12 contacts? You are asked because: the plan says to ask first. If you"
        in level
    )
    assert (
        "This report is not verified yet: arrest. Is it genuine? If so, press 1. If you are in doubt, press 2."
        in verify
    )


@pytest.mark.parametrize(
    ("asked", "voice"),
    [("en", "en-GB"), ("fr", "fr-FR"), ("fr-CA", "fr-CA"), ("es", "es-MX"), ("es-ES", "es-ES"), ("es-CO", "es-MX")],
)
def test_the_voice_is_one_that_exists(renderer: Renderer, said: Say, asked: str, voice: str) -> None:
    """A region is kept where a voice speaks it; unlisted ones get the language's usual voice."""
    assert renderer.speak(Kind.ALERT, asked, said()).language == voice


def test_a_call_as_a_message_is_its_sentences(renderer: Renderer, said: Say) -> None:
    message = renderer.render(Kind.ALERT, MethodKind.CALL, "en", said())

    assert message.sentences == tuple(renderer.speak(Kind.ALERT, "en", said()).sentences.values())
    assert (message.language, message.text, message.subject) == ("en-GB", "", "")


@pytest.mark.parametrize("language", LANGUAGES)
def test_unknown_callers_learn_nothing(renderer: Renderer, language: str) -> None:
    sentence = renderer.neutral(language).sentences["unknown_caller"].lower()

    assert sentence.startswith(("thank you", "merci", "gracias", "danke", "obrigado"))
    assert not any(word in sentence for word in ("alert", "urgen", "human", "humain", "derecho", "pbi"))


@pytest.mark.parametrize(
    ("number", "heard"),
    [
        ("+32470550101", "plus 3 2, 4 7 0, 5 5, 0 1, 0 1"),
        ("+33612345678", "plus 3 3, 6, 1 2, 3 4, 5 6, 7 8"),
        ("+573005550101", "plus 5 7, 3 0 0, 5 5 5, 0 1 0 1"),
        ("+254711000001", "plus 2 5 4, 7 1 1, 0 0 0, 0 0 1"),
        ("112", "1 1 2"),
    ],
)
def test_a_number_is_said_in_the_groups_of_its_country(number: str, heard: str) -> None:
    """Whoever writes it down hears what a business card shows; no group is longer than four."""
    assert spoken_number(number, "plus") == heard
