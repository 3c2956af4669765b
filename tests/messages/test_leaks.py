"""What a template may not say where it stands, and a page that can't run away."""

from collections.abc import Mapping

import pytest

from alertnet.core.directory.contact import Disclosure
from alertnet.core.disclosure import details_of
from alertnet.core.errors import Misconfigured
from alertnet.messages.checks.example import CANARIES
from alertnet.messages.checks.leaks import find_leaks
from alertnet.messages.renderer import Renderer
from alertnet.messages.reported import details_in_words
from alertnet.messages.templates.load import Templates, read_templates
from tests.messages.conftest import Fill


def leaks(templates: Templates, files: Mapping[str, str]) -> str:
    return "\n".join(find_leaks(Renderer(Templates({**templates.files, **files}))))


@pytest.mark.parametrize(
    ("path", "source", "fault"),
    [
        (
            "alert/fr/voice.j2",
            "\n{% block greeting %}{{ type }}{% endblock %}",
            "2: 'type' may not be said in",
        ),
        ("call/es/voice.j2", "{% block code %}{% if severity %}!{% endif %}{% endblock %}", "1: 'severity' may not be"),
        ("alert/en/voice.j2", "{% block greeting %}{{ spoken_code }}{% endblock %}", "1: 'spoken_code' may not be"),
        ("mail/en/subject.j2", "{{ ref }} {{ code }}", "1: 'code' may not be said in a subject (allowed: also, "),
        ("alert/en/subject.j2", "{{ link }}", "1: 'link' may not be said in a subject"),
        ("update/es/sms.j2", "{{ about }}", "1: 'about' may not be said here"),
        ("alert/en/body.j2", "{{ statement }}", "1: 'statement' may not be said here"),
        ("alarm/en/sms.j2", "{{ spoken_code }}", "1: 'spoken_code' may not be said here"),
    ],
)
def test_nothing_is_said_too_soon_or_to_the_wrong_people(
    templates: Templates, path: str, source: str, fault: str
) -> None:
    """A9: a voicemail hears no type, a lock screen shows no code, and recipients never hear of each other."""
    assert f"{path}:{fault}" in leaks(templates, {path: source})


def test_a_type_that_would_betray_somebody_keeps_its_neutral_name(templates: Templates) -> None:
    """B2: the sensitive ones are neutral."""
    words = templates.files["words/en.yaml"].replace("  torture: serious assault", "  torture: torture")

    assert "words/en.yaml: types: sexual_violence and torture need the same" in leaks(
        templates, {"words/en.yaml": words}
    )


def test_nor_is_it_told_apart_by_a_shorter_name(templates: Templates) -> None:
    words = templates.files["words/en.yaml"].replace("short_types:\n", "short_types:\n  torture: torture\n")

    assert "words/en.yaml: types: sexual_violence and torture need the same" in leaks(
        templates, {"words/en.yaml": words}
    )


def test_a_label_of_the_contacts_page_names_no_other_contact(templates: Templates) -> None:
    """A9: whom the coordinators are asked about stays off the contact's page."""
    page = templates.files["page/es.yaml"].replace('discretion: "', 'discretion: "{about} ')

    assert f"page/es.yaml: {CANARIES.place} may not be shown" in leaks(templates, {"page/es.yaml": page})


def test_how_much_is_read_goes_by_disclosure_and_a_name_is_never_read(renderer: Renderer) -> None:
    """A9: codes stand for people, for everybody."""
    labels = renderer.page_words("en")
    shown = {each: " / ".join(details_in_words(details_of(CANARIES, each), labels)) for each in Disclosure}

    assert shown[Disclosure.MINIMAL] == ""
    assert shown[Disclosure.LIMITED] == "CANARY-SUMMARY"
    assert (
        shown[Disclosure.FULL] == "CANARY-SUMMARY / CANARY-DETAILS / Place: CANARY-PLACE / People: CANARY-CODE (other)"
    )


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ("{% for a in others %}{% for b in others %}x{% endfor %}{% endfor %}", "1: a loop goes once through a list"),
        ("{% for a in 'x' %}{% endfor %}", "1: a loop goes once through a list"),
        ("\n{% include 'page/page.html.j2' %}", "2: only page/style.css.j2 can be taken in"),
        ("{{ label.__class__ }}", "1: Getattr is not allowed"),
        ("{{ label[title] }}", "1: only a label has parts"),
        ("{{ said }}", "1: unknown name 'said' (known: actions, "),
        ("{{ title|safe }}", "1: unknown filter 'safe'"),
        ("{% if x %}", "1: Unexpected end of template"),
    ],
)
def test_the_page_is_bounded_like_a_message(folder: Fill, source: str, fault: str) -> None:
    """No loop in a loop, no attribute, no file that takes in itself: a page always ends."""
    path = folder({"page/page.html.j2": source})

    with pytest.raises(Misconfigured) as error:
        read_templates(path)

    assert f"page/page.html.j2:{fault}" in "\n".join(error.value.faults)


def test_a_page_that_asks_for_a_label_which_is_not_there_is_named(templates: Templates) -> None:
    page = templates.files["page/page.html.j2"] + '{{ label["nowhere"] }}'

    assert "page/page.html.j2: can't be shown in en: " in leaks(templates, {"page/page.html.j2": page})
