"""Which language is used, and what must be there of each."""

import re
from typing import Any

import pytest
from jinja2.parser import Parser

from alertnet.core.directory.contact import MethodKind
from alertnet.core.errors import Unknown
from alertnet.core.incident import ASKS
from alertnet.core.notification import Kind
from alertnet.messages import words
from alertnet.messages.checks.lint import find_faults, find_foreign_characters, find_missing, find_oversize
from alertnet.messages.page import Page
from alertnet.messages.renderer import Renderer
from alertnet.messages.templates.completion import complete
from alertnet.messages.templates.load import Templates
from tests.messages.conftest import LANGUAGES, Say

URL = "https://" + "a" * 32


def changed(templates: Templates, files: dict[str, str]) -> Templates:
    return Templates({**templates.files, **files})


def test_the_shipped_templates_are_fit_for_use(templates: Templates) -> None:
    """Every kind, language and part is there, and the longest SMS is one segment with a public URL of 40 characters."""
    assert find_faults(templates, URL) == []
    assert find_faults(changed(templates, {"alert/en/sms.j2": "{{ code }}" * 99}), URL) != []


@pytest.mark.parametrize(("asked", "used"), [("fr-CA", "fr"), ("xx", "en"), ("es-CO", "es")])
def test_an_unknown_language_is_answered_in_the_nearest(renderer: Renderer, said: Say, asked: str, used: str) -> None:
    message = renderer.render(Kind.ALERT, MethodKind.SMS, asked, said())

    assert message == renderer.render(Kind.ALERT, MethodKind.SMS, used, said())
    assert message.language == used


def test_the_languages_are_those_that_have_a_folder(templates: Templates, renderer: Renderer) -> None:
    """No language is named in the program: who adds its folders has added it."""
    assert renderer.languages == LANGUAGES
    assert find_missing(templates) == []
    assert {"de", "en", "es", "fr", "pt"} <= set(LANGUAGES)


@pytest.mark.parametrize("method", [MethodKind.SMS, MethodKind.EMAIL, MethodKind.CALL])
def test_where_its_language_has_no_messages_a_contact_is_told_in_that_of_its_tree(
    renderer: Renderer, said: Say, method: MethodKind
) -> None:
    """Whoever answers for Guatemala in K'iche' reads Spanish sooner than English."""
    in_tree = said(tree_language="es")

    assert renderer.render(Kind.ALERT, method, "quc", in_tree) == renderer.render(Kind.ALERT, method, "es", in_tree)
    assert renderer.page("quc", Page(in_tree)) == renderer.page("es", Page(in_tree))
    assert renderer.render(Kind.ALERT, MethodKind.SMS, "de", in_tree).language == "de"


def test_a_region_says_otherwise_what_it_has_and_the_rest_as_its_language(renderer: Renderer, said: Say) -> None:
    """In Spain an `allanamiento` is a trespass: the raid is a `registro`."""
    raid = said(type="raid")

    spain, colombia = (renderer.render(Kind.ALERT, MethodKind.SMS, tag, raid) for tag in ("es-ES", "es-CO"))

    assert (spain.language, colombia.language) == ("es-ES", "es")
    assert spain.text == colombia.text.replace("allanamiento", "registro")
    assert renderer.speak(Kind.ALERT, "es-ES", raid).language == "es-ES"
    assert "Registro · gravedad crítica" in renderer.page("es-ES", Page(raid, answers=("acknowledge",)))


def test_a_region_may_leave_out_what_its_language_says_and_nothing_else(templates: Templates) -> None:
    regional = "words/es-ES.yaml"
    wrong = changed(templates, {regional: templates.files[regional] + "curfew: toque de queda\n"})

    assert find_missing(wrong) == []
    (fault,) = words.find_faults(regional, wrong.files[regional])
    assert fault.startswith("words/es-ES.yaml: unknown 'curfew'")


def test_a_region_is_not_completed_in_english(templates: Templates) -> None:
    """A8: a folder of one's own with a region in it keeps that as small as it is."""
    own = Templates({"words/es-ES.yaml": "voices: [es-ES]\n"})

    assert complete(own, templates, ["es"]).files["words/es-ES.yaml"] == "voices: [es-ES]\n"
    assert "alert/es/sms.j2" in complete(own, templates, ["es"]).files


def test_a_kind_is_refused_by_a_method_it_does_not_have(renderer: Renderer, said: Say) -> None:
    with pytest.raises(Unknown, match="no message 'receipt by email'"):
        renderer.render(Kind.RECEIPT, MethodKind.EMAIL, "en", said())


@pytest.mark.parametrize(
    "path", ["alert/fr/sms.j2", "notice/es/body.j2", "alarm/en/voice.j2", "words/fr.yaml", "page/es.yaml"]
)
def test_a_missing_file_is_named(templates: Templates, path: str) -> None:
    files = {name: source for name, source in templates.files.items() if name != path}

    assert find_faults(Templates(files), URL) == [f"{path}: missing"]


def test_a_new_language_is_told_all_that_it_lacks(templates: Templates) -> None:
    faults = find_missing(changed(templates, {"alert/it/sms.j2": "{{ ref }}"}))

    assert "words/it.yaml: missing" in faults
    assert "stand_down/it/voice.j2: missing" in faults
    assert "alert/it/sms.j2: missing" not in faults


def test_a_missing_or_misspelt_stage_of_a_call_is_named(templates: Templates) -> None:
    voice = "{% block afterwards %}x{% endblock %}"

    faults = find_missing(changed(templates, {"alert/fr/voice.j2": voice}))

    assert faults[0] == "alert/fr/voice.j2: missing stage 'after'"
    assert faults[1].startswith("alert/fr/voice.j2: unknown stage 'afterwards' (known: greeting, ")


def test_a_page_word_that_english_has_and_french_lacks_is_named(templates: Templates) -> None:
    french = templates.files["page/fr.yaml"].replace("discretion:", "discrétion:")

    assert find_missing(changed(templates, {"page/fr.yaml": french})) == [
        "page/fr.yaml: missing 'discretion'",
        "page/fr.yaml: unknown 'discrétion' (not in page/en.yaml)",
    ]


def test_an_sms_that_cannot_fit_is_found_before_it_is_sent(templates: Templates) -> None:
    long = changed(templates, {"update/es/sms.j2": "x" * 150 + " {{ link }}"})

    faults = find_oversize(Renderer(long), URL)

    assert {fault.split(":")[0] for fault in faults} == {"update/es/sms.j2", "update/es-ES/sms.j2"}
    assert "210 gsm7 units in 2 segments" in faults[0]


def test_a_single_statement_that_is_too_long_for_an_sms_is_found(templates: Templates) -> None:
    words, subjects = templates.files["words/en.yaml"], ("late", "action_visited", "lost_reports", "unanswered")
    long = re.sub(rf"(?m)^  ({'|'.join(subjects)}): .*$", rf"  \1: {'too much of it ' * 8}", words)

    faults = find_oversize(Renderer(changed(templates, {"words/en.yaml": long})), URL)

    assert {fault.split(", ")[1].split(":")[0] for fault in faults} == {*subjects}


def test_a_longer_public_url_than_agreed_is_found_too(templates: Templates) -> None:
    english = Renderer(Templates({path: text for path, text in templates.files.items() if "/en" in path}))

    assert find_oversize(english, URL) == []
    assert find_oversize(english, URL + "a" * 40)


def test_other_scripts_may_take_two_segments(templates: Templates, said: Say) -> None:
    arabic = {path.replace("/en", "/ar"): source for path, source in templates.files.items() if "/en" in path}
    arabic |= {path: "ع" * 100 for path in arabic if path.endswith("sms.j2")}
    two = changed(templates, arabic | {"update/ar/sms.j2": "ع" * 140})

    faults = find_oversize(Renderer(two), URL)

    assert {fault.split(":")[0] for fault in faults} == {"update/ar/sms.j2"}
    assert Renderer(two).render(Kind.ALERT, MethodKind.SMS, "ar", said()).text == "ع" * 100


def test_characters_outside_the_sms_alphabet_are_named_with_their_line(templates: Templates) -> None:
    sloppy = changed(templates, {"alert/fr/sms.j2": "{{ ref }}\nreçu – là"})

    assert find_foreign_characters(sloppy) == [
        "alert/fr/sms.j2:2: 'ç–' is not in the SMS alphabet (GSM 03.38)",
    ]


def test_a_word_to_answer_with_is_one_that_is_understood(templates: Templates) -> None:
    """Else whoever writes what it was asked to write has said something else, or nothing."""
    german = templates.files["alert/de/sms.j2"]
    foreign = changed(templates, {"alert/de/sms.j2": german.replace("NEIN {{ code }}", "NIEMALS {{ code }}")})

    (fault,) = find_faults(foreign, URL)
    assert fault.startswith("alert/de/sms.j2: 'NIEMALS' before a code would not be understood (known: OK, NO, NON, ")


def test_the_page_has_words_for_every_ask_in_every_language(renderer: Renderer) -> None:
    for language in renderer.languages:
        words = renderer.page_words(language)
        assert all(words[f"ask_{ask}"] for ask in ASKS)


def test_the_page_falls_back_like_the_messages(renderer: Renderer) -> None:
    assert renderer.page_words("fr-CA")["acknowledge"] == "Je m'en charge"
    assert renderer.page_words("xx")["acknowledge"] == "I take charge"


def test_page_words_have_the_same_places_to_fill_in_every_language(renderer: Renderer) -> None:
    def places(text: str) -> list[str]:
        return sorted(part.split("}")[0] for part in text.split("{")[1:])

    english = renderer.page_words("en")
    for language in renderer.languages:
        for name, text in renderer.page_words(language).items():
            assert places(text) == places(english[name]), (language, name)


def test_words_of_another_version_can_be_read(templates: Templates, said: Say) -> None:
    """A8: an incident stays on the templates that it opened with, whatever an upgrade adds to them."""
    older = "\n".join(line for line in templates.files["words/fr.yaml"].splitlines() if not line.startswith("key_pin"))
    renderer = Renderer(changed(templates, {"words/fr.yaml": older + "\nunheard_of: x\n"}))

    assert "arrestation" in renderer.render(Kind.ALERT, MethodKind.SMS, "fr", said()).text


def test_every_language_has_the_same_parts(templates: Templates) -> None:
    """By SMS, where a choice still goes by it, in what calls share, beyond what English says, on page and sheet."""
    slips = [
        ("alert/fr/sms.j2", "{{ link }}", "", "leaves out 'link', which English says"),
        ("decision/es/voice.j2", "{{ contacts }}", "", "leaves out 'contacts'"),
        ("call/fr/voice.j2", "{{ organisation }}", "PBI", "leaves out 'organisation'"),
        ("alarm/es/body.j2", "{{ callback }}", "{{ callback }} {{ due_at }}", "says 'due_at', which"),
        ("page/fr.yaml", "{callback}", "", "call_us: leaves out 'callback', which English says"),
        ("sheet/es.yaml", "{time}", "", "after: leaves out 'time', which English says"),
    ]
    slipped = {path: templates.files[path].replace(before, after) for path, before, after, _ in slips}

    faults = find_faults(changed(templates, slipped), URL)

    for path, _, _, fault in slips:
        assert any(each.startswith(f"{path}: {fault}") for each in faults), path


def test_who_calls_is_said_in_the_language_of_the_recipient(renderer: Renderer, said: Say) -> None:
    """An English title read by a Spanish voice is hardly understood."""
    titled = said(titles={"en": "Peace network", "es": "Red de paz"}, tree_language="en")

    assert "Llamada automática de Red de paz," in renderer.speak(Kind.ALERT, "es-CO", titled).sentences["greeting"]
    assert renderer.render(Kind.ALERT, MethodKind.EMAIL, "fr", titled).text.startswith("Peace network\n")
    assert "Red de paz – alerta urgente" in renderer.page("es", Page(titled))


def test_ahead_of_the_first_alert_only_what_its_contacts_read_is_compiled(
    templates: Templates, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Compiling all languages took a twentieth of a start; whoever reads another waits some milliseconds, once."""
    parsed: list[str] = []
    begin = Parser.__init__

    def noted(self: Parser, *args: Any) -> None:
        begin(self, *args)
        parsed.append(str(self.name))

    monkeypatch.setattr(Parser, "__init__", noted)
    # Other texts than the shipped ones, which this process may have compiled before.
    mine = {path: f"{{# mine #}}{text}" for path, text in templates.files.items() if path.endswith(".j2")}
    renderer = Renderer(changed(templates, mine))

    renderer.compile(Kind.ALERT, "mail", languages=("es", "en"))

    assert {"alert/es/sms.j2", "alert/en/body.j2", "mail/es/subject.j2", "mail/mail.html.j2"} <= {*parsed}
    assert [path for path in parsed if "/fr/" in path or path.startswith("alarm/")] == []
