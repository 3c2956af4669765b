"""A folder of another version is used: what it lacks ships with the program, what is unknown is passed over."""

import shutil
from pathlib import Path

import pytest
import yaml

from alertnet.core.directory.contact import MethodKind
from alertnet.core.disclosure import Subject
from alertnet.core.errors import Misconfigured
from alertnet.core.notification import Kind
from alertnet.messages.checks.fitting import Fitted, read_fitted
from alertnet.messages.checks.lint import find_foreign_characters
from alertnet.messages.renderer import Renderer
from alertnet.messages.templates.load import Templates
from tests.messages.conftest import SHIPPED, Fill, Say

URL = "https://alarm.example.org"


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A folder of one's own, whole, in which the alert has other words."""
    folder = tmp_path / "own"
    shutil.copytree(SHIPPED, folder)
    alert = folder / "alert/en/sms.j2"
    alert.write_text(alert.read_text().replace("URGENT", "AT ONCE"))
    return folder


def fitted(folder: Path) -> Fitted:
    """What became of it; nothing keeps it from being used."""
    found = read_fitted(folder, SHIPPED)
    assert found.find_faults(URL) == []
    return found


def test_a_whole_folder_is_used_as_it_is(own: Path) -> None:
    found = fitted(own)

    assert (found.added, found.unknown, found.untranslated) == ((), (), ())
    assert "AT ONCE" in found.templates.files["alert/en/sms.j2"]


def test_a_kind_that_it_lacks_is_the_one_that_ships(own: Path, templates: Templates) -> None:
    shutil.rmtree(own / "task")

    found = fitted(own)

    assert found.templates.files["task/fr/sms.j2"] == templates.files["task/fr/sms.j2"]
    assert "AT ONCE" in found.templates.files["alert/en/sms.j2"]
    assert {each.partition("/")[0] for each in found.added} == {"task"}


def test_words_that_it_lacks_are_those_that_ship_and_are_named(own: Path, renderer: Renderer) -> None:
    path = own / "words/fr.yaml"
    words = yaml.safe_load(path.read_text())
    del words["key_pin"], words["subjects"]["task"]
    words["subjects"]["go"] = "feu vert"
    path.write_text(yaml.safe_dump(words))

    found = fitted(own)
    french = Renderer(found.templates).words("fr")

    assert set(found.added) == {"words/fr.yaml: key_pin", "words/fr.yaml: subjects.task"}
    assert french.key_pin == renderer.words("fr").key_pin
    assert french.statement(Subject.TASK, None) == renderer.words("fr").statement(Subject.TASK, None)
    assert french.statement(Subject.GO, None) == "feu vert"


def test_a_stage_of_a_call_that_it_lacks_is_the_one_that_ships(own: Path, renderer: Renderer, said: Say) -> None:
    path = own / "call/es/voice.j2"
    before, _, rest = path.read_text().partition("{% block pin %}")
    path.write_text(before + rest.partition("{% endblock %}")[2])

    found = fitted(own)

    assert found.added == ("call/es/voice.j2: pin",)
    script = Renderer(found.templates).speak(Kind.ALERT, "es", said())
    assert script.sentences["pin"] == renderer.speak(Kind.ALERT, "es", said()).sentences["pin"]


def test_what_a_newer_version_has_is_passed_over_and_named(own: Path) -> None:
    """The way back from an upgrade, with the folder of the newer version."""
    (own / "evacuation/en").mkdir(parents=True)
    (own / "evacuation/en/sms.j2").write_text("{{ nothing_we_know }}")
    for name, line in (("words/en.yaml", "curfew: curfew\n"), ("page/en.yaml", "curfew: Curfew\n")):
        (own / name).write_text((own / name).read_text() + line)
    alarm = own / "alarm/en/sms.j2"
    alarm.write_text(alarm.read_text() + "{% if subject == 'curfew' %}x{% endif %}")
    call = own / "call/en/voice.j2"
    call.write_text(call.read_text() + "{% block curfew %}x{% endblock %}")

    found = fitted(own)

    *names, subject = found.unknown
    assert sorted(names) == [
        "call/en/voice.j2: curfew",
        "evacuation/en/sms.j2",
        "page/en.yaml: curfew",
        "words/en.yaml: curfew",
    ]
    assert subject.startswith("alarm/en/sms.j2:")
    assert "subject is never 'curfew'" in subject
    assert "evacuation/en/sms.j2" not in found.templates.files


def test_what_a_language_of_ones_own_lacks_is_said_in_english(own: Path, said: Say) -> None:
    for path in [*own.rglob("en"), *own.rglob("en.yaml")]:
        target = path.with_name(path.name.replace("en", "it"))
        _ = shutil.copytree(path, target) if path.is_dir() else shutil.copy(path, target)
    shutil.rmtree(own / "task/it")
    words = yaml.safe_load((own / "words/it.yaml").read_text())
    del words["subjects"]["task"]
    (own / "words/it.yaml").write_text(yaml.safe_dump(words))

    found = fitted(own)
    renderer = Renderer(found.templates)

    assert "task/it/voice.j2" in found.untranslated
    assert renderer.render(Kind.TASK, MethodKind.SMS, "it", said()).language == "en"
    assert renderer.render(Kind.ALERT, MethodKind.SMS, "it", said()).language == "it"
    assert "a contact is to be called" in renderer.words("it").subjects["task"]


def test_one_message_alone_is_a_folder(folder: Fill, templates: Templates) -> None:
    """Whoever changes one message need not keep the others."""
    found = fitted(folder({"recorded/en/sms.j2": "{{ sender }} {{ ref }}: thank you. {{ due_at }} {{ callback }}"}))

    assert "thank you" in found.templates.files["recorded/en/sms.j2"]
    assert found.templates.files.keys() == templates.files.keys()


def test_an_accent_in_ones_own_language_does_not_end_the_program(own: Path, said: Say) -> None:
    """It is replaced on sending; only `templates check` asks for it to be written as it arrives."""
    path = own / "update/es/sms.j2"
    path.write_text(path.read_text() + " – „ač“")

    found = fitted(own)

    assert find_foreign_characters(found.templates) == [
        "update/es/sms.j2:2: 'č–“„' is not in the SMS alphabet (GSM 03.38)"
    ]
    assert Renderer(found.templates).render(Kind.UPDATE, MethodKind.SMS, "es", said()).text.endswith(' - "ac"')


@pytest.mark.parametrize("source", ["{{ place }}", "{% if", "{{ ref.upper() }}"])
def test_a_message_that_cannot_be_used_is_still_refused(own: Path, source: str) -> None:
    """A9: completing a folder lets nothing through that was refused before."""
    (own / "alert/fr/sms.j2").write_text(source)

    with pytest.raises(Misconfigured, match=r"alert/fr/sms\.j2:1: "):
        read_fitted(own, SHIPPED)


def test_a_language_that_leaves_out_what_ones_own_english_says_is_still_refused(own: Path) -> None:
    path = own / "alert/fr/sms.j2"
    path.write_text(path.read_text().replace("{{ link }}", ""))

    assert read_fitted(own, SHIPPED).find_faults(URL) == ["alert/fr/sms.j2: leaves out 'link', which English says"]
