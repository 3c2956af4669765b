"""One term for one notion: what a button says is found again in the confirmation, on the sheet and in the call."""

import shutil
from pathlib import Path

import pytest

from alertnet.messages.checks.glossary import NOTIONS, find_mixed_terms
from alertnet.messages.renderer import Renderer
from alertnet.messages.templates.load import read_templates
from alertnet.messages.words import load_text
from tests.messages.conftest import LANGUAGES, SHIPPED


@pytest.fixture
def own(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SHIPPED, tmp_path / "own"))


def mixed(folder: Path) -> list[str]:
    return find_mixed_terms(folder, Renderer(read_templates(folder)))


def test_every_language_has_one_term_for_each_notion(renderer: Renderer) -> None:
    assert find_mixed_terms(SHIPPED, renderer) == []
    assert {path.stem for path in (SHIPPED / "glossary").glob("*.yaml")} == {tag for tag in LANGUAGES if "-" not in tag}


@pytest.mark.parametrize("language", [tag for tag in LANGUAGES if "-" not in tag])
def test_no_term_stands_for_two_notions(language: str) -> None:
    terms = load_text((SHIPPED / f"glossary/{language}.yaml").read_text())
    forms = [form for notion in NOTIONS for form in terms[notion]["say"]]

    assert len(forms) >= len(NOTIONS)
    assert len(forms) == len(set(forms))
    assert all(terms[notion]["never"] for notion in NOTIONS)


def test_another_term_is_named_with_its_place(own: Path) -> None:
    slips = [
        ("page/fr.yaml", "Je m'en charge", "J'agis", "page/fr.yaml: acknowledge: has no word for 'acknowledge'"),
        ("recorded/de/sms.j2", "Sie übernehmen.", "Sie handeln.", "recorded/de by sms: has no word for 'acknowledge'"),
        ("alert/es/sms.j2", "Si se hace cargo", "Si lo asume", "alert/es/sms.j2: 'asume' is not the word"),
        ("words/pt.yaml", "repassou o caso", "transmitiu o caso", "words/pt.yaml: 'transmitiu' is not the word"),
        ("call/en/voice.j2", "for the coordinators", "for the focal point", "call/en/voice.j2: 'focal point' is not"),
        ("stand_down/en/voice.j2", "closed", "over", "stand_down/en by call: has no word for 'close'"),
    ]
    for path, before, after, _ in slips:
        (own / path).write_text((own / path).read_text().replace(before, after))

    faults = mixed(own)

    for *_, told in slips:
        assert any(fault.startswith(told) for fault in faults), told


def test_an_accent_that_an_sms_lacks_is_no_other_term(own: Path) -> None:
    """`coordinacion` in an SMS is the `coordinación` of the mail."""
    assert "coordinacion" in (own / "not_understood/es/sms.j2").read_text()
    assert mixed(own) == []


def test_a_glossary_that_lacks_a_notion_is_named(own: Path) -> None:
    path = own / "glossary/es.yaml"
    path.write_text("\n".join(line for line in path.read_text().splitlines() if not line.startswith("close")))

    assert mixed(own) == ["glossary/es.yaml: needs exactly acknowledge, pass_on, coordinator, alert, close"]


def test_a_folder_without_a_glossary_is_checked_without_it(own: Path) -> None:
    page = own / "page/en.yaml"
    page.write_text(page.read_text().replace("I take charge", "I will do it"))
    assert "page/en.yaml: acknowledge: has no word" in mixed(own)[0]

    shutil.rmtree(own / "glossary")

    assert mixed(own) == []
