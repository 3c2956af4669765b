"""Mails: a subject that gives nothing away, a text, and the same text as HTML."""

import re

import pytest

from alertnet.core.directory.contact import MethodKind
from alertnet.core.incident import TYPES
from alertnet.core.notification import Kind
from alertnet.messages.message import METHODS
from alertnet.messages.renderer import Renderer
from alertnet.messages.templates.load import Templates
from tests.messages.conftest import AT, LANGUAGES, Say
from tests.support.html import Elements

MAILS = [kind for kind, methods in METHODS.items() if MethodKind.EMAIL in methods and kind is not Kind.TEST]
"""A test of numbers is about no incident: its subject says that nothing has happened."""


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", MAILS)
def test_the_subject_is_who_calls_what_it_is_reference_and_type_alone(
    renderer: Renderer, said: Say, kind: Kind, language: str
) -> None:
    """A9: subject lines carry no person, place or free text."""
    words = renderer.words(language)
    colon = " :" if language == "fr" else ":"

    for type_ in TYPES:
        mail = renderer.render(kind, MethodKind.EMAIL, language, said(type=type_))

        assert mail.subject == f"PBI {words.headings[kind]} A-7K3M{colon} {words.types[type_]}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_subject_tells_alert_record_and_close_apart(renderer: Renderer, said: Say, language: str) -> None:
    """Whoever skims a full mailbox sees which of ten mails about one incident still wants something."""
    kinds = (Kind.ALERT, Kind.RECORDED, Kind.STAND_DOWN, Kind.UPDATE, Kind.CORRECTION, Kind.DECISION, Kind.TASK)

    for drill in (False, True):
        subjects = [renderer.render(each, MethodKind.EMAIL, language, said(drill=drill)).subject for each in kinds]
        assert len(set(subjects)) == len(kinds)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", MAILS)
def test_text_and_html_say_the_same(renderer: Renderer, said: Say, kind: Kind, language: str) -> None:
    mail = renderer.render(kind, MethodKind.EMAIL, language, said())

    for line in filter(None, mail.text.splitlines()):
        assert line.replace("'", "&#39;") in mail.html
    assert "None" not in mail.text


NOT_BY_MAIL = {
    "en": "A reply to this mail does not count as an answer.",
    "es": "Responder a este correo no cuenta como respuesta.",
    "fr": "Répondre à ce courriel ne compte pas comme réponse.",
    "de": "Eine Antwort auf diese E-Mail zählt nicht.",
    "pt": "Responder a este e-mail não conta como resposta.",
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", [Kind.ALERT, Kind.REMINDER, Kind.ACTION_REMINDER])
def test_who_is_asked_by_mail_reads_that_a_reply_to_it_is_no_answer(
    renderer: Renderer, said: Say, kind: Kind, language: str
) -> None:
    """No program reads the mailbox that it comes from."""
    asked = renderer.render(kind, MethodKind.EMAIL, language, said()).text
    told = renderer.render(kind, MethodKind.EMAIL, language, said(link=None, code=None, expects_answer=False)).text

    assert NOT_BY_MAIL[language[:2]] in asked
    assert NOT_BY_MAIL[language[:2]] not in told


def test_an_alert_shows_day_time_and_offset(renderer: Renderer, said: Say) -> None:
    english = renderer.render(Kind.ALERT, MethodKind.EMAIL, "en", said()).text
    french = renderer.render(Kind.ALERT, MethodKind.EMAIL, "fr", said(timezone="Asia/Kathmandu")).text

    assert "URGENT – alert A-7K3M: arrest (critical), reported 24 November, 02:14 (UTC-5)." in english
    assert "signalement du 24 novembre, 12:59 (UTC+5:45)." in french


def test_the_first_of_a_month_is_written_as_the_language_does(renderer: Renderer, said: Say) -> None:
    first = said(at=AT.replace(month=8, day=1))

    assert "1er août, 02:14" in renderer.render(Kind.ALERT, MethodKind.EMAIL, "fr", first).text
    assert "1 de agosto, 02:14" in renderer.render(Kind.ALERT, MethodKind.EMAIL, "es", first).text


def test_no_line_begins_with_the_sign_that_french_sets_apart(renderer: Renderer, said: Say) -> None:
    mail = renderer.render(Kind.ALERT, MethodKind.EMAIL, "fr", said())

    assert "alerte A-7K3M\u00a0: arrestation" in mail.text
    assert not re.search(r" [:;?!]", mail.text)
    assert renderer.page_words("fr")["action"] == "Qu'est-ce qui a été fait\u00a0?"


def test_the_link_can_be_pressed(renderer: Renderer, said: Say) -> None:
    html = renderer.render(Kind.ALERT, MethodKind.EMAIL, "en", said()).html

    assert re.search(rf'<a href="{said().link}" style="[^"]+">{said().link}</a>', html)


def test_html_from_outside_is_only_text(renderer: Renderer, said: Say) -> None:
    html = renderer.render(Kind.ALERT, MethodKind.EMAIL, "en", said(organisation="<script>alert(1)</script>")).html

    assert "<script>" not in html
    assert "&lt;script&gt;" in html


def test_what_is_absent_leaves_no_gap(renderer: Renderer, said: Say) -> None:
    whole, bare = (
        renderer.render(Kind.ALERT, MethodKind.EMAIL, "en", each).text for each in (said(), said(link=None, code=None))
    )

    assert "button" in whole
    assert "button" not in bare
    assert "\n\n\n" not in bare


def test_a_drill_is_marked_in_subject_and_text(renderer: Renderer, said: Say) -> None:
    mail = renderer.render(Kind.ALERT, MethodKind.EMAIL, "fr", said(drill=True))

    closed = renderer.render(Kind.STAND_DOWN, MethodKind.EMAIL, "fr", said(drill=True))
    assert mail.subject.startswith("PBI EXERCICE A-7K3M")
    assert closed.subject.startswith("PBI EXERCICE CLOS A-7K3M")
    assert "URGENT" not in mail.text + mail.subject


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", MAILS)
def test_the_html_survives_outlook(renderer: Renderer, said: Say, kind: Kind, language: str) -> None:
    """Tables and styles at each element; no image, no style sheet, no script, nothing fetched from anywhere."""
    elements = Elements(renderer.render(kind, MethodKind.EMAIL, language, said()).html).found
    tags = {tag for tag, _ in elements}

    assert tags == {"html", "head", "meta", "title", "body", "table", "tr", "td", "p", "br", "a"} & tags
    assert {"table", "p"} <= tags
    assert all(attributes.get("role") == "presentation" for tag, attributes in elements if tag == "table")
    assert all("style" in attributes for tag, attributes in elements if tag in ("p", "a", "body"))
    assert not any("src" in attributes or "class" in attributes for _, attributes in elements)


@pytest.mark.parametrize(("language", "expected"), [("en", "ltr"), ("fr", "ltr"), ("ar", "rtl"), ("ps", "rtl")])
def test_the_html_says_its_language_and_direction(renderer: Renderer, said: Say, language: str, expected: str) -> None:
    files = renderer.templates.files
    added = {path.replace("/en", f"/{language}"): source for path, source in files.items() if "/en" in path}
    html = Renderer(Templates({**files, **added})).render(Kind.ALERT, MethodKind.EMAIL, language, said()).html
    (root,) = [attributes for tag, attributes in Elements(html).found if tag == "html"]

    assert root == {"lang": language, "dir": expected}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_text_stands_alone(renderer: Renderer, said: Say, language: str) -> None:
    """Whoever reads no HTML finds everything: who calls, the reference, link, code, and a person's number."""
    text = renderer.render(Kind.ALERT, MethodKind.EMAIL, language, said()).text
    words = said()

    for part in (words.organisation, words.ref, words.link, words.code, words.callback):
        assert part
        assert part in text
    assert "<" not in text
