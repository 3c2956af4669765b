"""`letter`: the page that introduces the network to a contact, so that a first alert at night is believed (B7)."""

import re
from pathlib import Path
from shutil import copytree

import pytest

from alertnet.runtime.wiring import Runtime
from alertnet.shipped import TEMPLATES, shipped
from tests.cli.conftest import REPOSITORY, Office
from tests.cli.test_call_sheet import read

LANGUAGES = ("de", "en", "es", "fr", "pt")


def letter(office: Office, *words: str, format: str = "html") -> str:
    """The letter that the command writes."""
    path = office.folder / f"letter.{format}"
    said = office.types("letter", *words, "--format", format, "--output", str(path))
    assert said.code == 0, said.err
    return read(path)


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_says_who_calls_how_it_looks_how_to_answer_and_whom_to_ask(office: Office, language: str) -> None:
    text = letter(office, "embassy-es", "--language", language).replace("\u00a0", " ")

    for said in ("+34 600 55 01 40", "derechos-humanos@embajada-es.example", "OK 4711", "A-7K3M", "+32 470 55 01 01"):
        assert said in text
    assert f'lang="{language}"' in text
    assert "{" not in text.partition("<main>")[2]


@pytest.mark.parametrize("language", ["es", "fr", "pt"])
def test_a_network_whose_title_has_a_comma_stands_at_the_end_of_a_sentence(language: str) -> None:
    """PBI, réseau international de soutien est aux côtés: on paper that is to be trusted, a slip."""
    words = (shipped(TEMPLATES) / "letter" / f"{language}.yaml").read_text()

    assert re.findall(r"\{organisation\}(.)", words) == ['"', ".", ","]


def test_the_letter_is_in_the_language_of_the_contact_unless_another_is_asked_for(office: Office) -> None:
    assert "Cómo responder" in letter(office, "embassy-es")
    assert "How to answer" in letter(office, "embassy-es", "--language", "en")


def test_paper_is_in_the_words_of_a_region_too(office: Office) -> None:
    """Of a language's region the program that draws it knows nothing."""
    text = letter(office, "embassy-es", "--language", "es-ES", format="pdf")

    assert "Cómo responder" in text


def test_it_is_made_of_the_trees_in_force_unless_a_folder_is_named(office: Office, runtime: Runtime) -> None:
    """Who edits trees in the console has them in no folder: the letter would show an embassy a number of last year."""
    assert runtime.edition.number
    ours = office.folder / "ours"
    copytree(REPOSITORY / "contact_trees", ours)
    for each in ours.glob("*.yaml"):
        each.write_text(each.read_text().replace("PBI", "XYZ"))
    office.env["ALERTNET_CONTACT_TREES"] = str(ours)

    in_force, named = letter(office, "embassy-es"), letter(office, "embassy-es", "--trees", str(ours))

    assert ("XYZ" in in_force, "XYZ" in named) == (False, True)


def test_it_is_one_page_of_paper(office: Office) -> None:
    from pypdf import PdfReader

    text = letter(office, "embassy-es", format="pdf")

    assert "Cómo responder" in text
    assert len(PdfReader(office.folder / "letter.pdf").pages) == 1


def test_genuine_are_the_numbers_and_addresses_of_the_settings(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    before = letter(office, "embassy-es")
    office.env |= {
        "ALERTNET_TWILIO_FROM": "+15005550006,+15005550007",
        "ALERTNET_SMTP_URL": "smtp://localhost:2525?from=alarm@pbi.example",
        "ALERTNET_PUBLIC_URL": "https://alarm.pbi.example",
    }

    after = letter(office, "embassy-es").replace("\u00a0", " ")

    genuine = ("+1 500-555-0006, +1 500-555-0007", "alarm@pbi.example", "https://alarm.pbi.example/a/")
    assert [each in after for each in genuine] == [True] * 3
    assert [each in before for each in genuine] == [False] * 3


def test_how_to_answer_is_said_for_the_methods_that_the_contact_has(office: Office) -> None:
    assert "OK 4711" in letter(office, "ohchr", "--language", "en")
    assert "OK 4711" not in letter(office, "ministry-es", "--language", "en")


@pytest.mark.parametrize("language", LANGUAGES)
def test_whose_sms_take_no_replies_and_no_links_reads_the_words_that_will_come(office: Office, language: str) -> None:
    """In India or Palestine: a letter that shows other words makes each genuine alert look false."""
    office.env["ALERTNET_PUBLIC_URL"] = "https://alarm.pbi.example"
    trees = office.folder / "ours"
    copytree(REPOSITORY / "contact_trees", trees)
    rule = "{replies: false, links: false, source: us, checked: 2026-11-20}"
    (trees / "countries.yaml").write_text(f"countries: {{ES: {rule}}}")

    text = letter(office, "embassy-es", "--language", language, "--trees", str(trees))
    other = letter(office, "embassy-es", "--language", language)

    assert ("4711" in text, "4711" in other) == (False, True)
    assert ("ABCDEFGH23456789" in text, "ABCDEFGH23456789" in other) == (False, True)
    assert "A-7K3M: " in text
    assert "+32470550101" in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_of_whom_no_answer_is_expected_the_letter_asks_none(office: Office, language: str) -> None:
    """Neither a code to answer with, nor a link, nor how: what it is told it is told to know it."""
    office.env["ALERTNET_PUBLIC_URL"] = "https://alarm.pbi.example"
    expected = {
        "de": "Wir erwarten keine Antwort von Ihnen",
        "en": "No answer is expected from you",
        "es": "No esperamos una respuesta suya",
        "fr": "Nous n’attendons pas de réponse de votre part",
        "pt": "Não esperamos resposta sua",
    }

    text = letter(office, "un-procedures", "--language", language)
    other = letter(office, "embassy-es", "--language", language)

    assert expected[language] in text
    assert [each in text for each in ("4711", "alarm.pbi.example/a/")] == [False] * 2
    assert [each in other for each in ("4711", "alarm.pbi.example/a/")] == [True] * 2


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("nobody",), "colombia/coordinator"),
        (("head-office",), "colombia/head-office, international/head-office"),
        (("embassy-es", "--language", "tlh"), "de, en, es, es-ES, fr, pt"),
    ],
)
def test_what_is_no_contact_or_language_is_refused_with_what_is(
    office: Office, tmp_path: Path, words: tuple[str, ...], told: str
) -> None:
    err = office.refused("letter", *words, "--output", str(tmp_path / "none.pdf"))

    assert told in err
    assert not (tmp_path / "none.pdf").exists()
    assert office.types("letter", "colombia/head-office", "--output", str(tmp_path / "one.pdf")).code == 0


def test_a_card_for_the_telephone_has_our_numbers_and_nothing_else(office: Office) -> None:
    """Whoever keeps it sees who calls, and can let these numbers through while the telephone is silent (A9)."""
    office.env |= {
        "ALERTNET_TWILIO_FROM": "+15005550006,+15005550007",
        "ALERTNET_SMTP_URL": "smtp://localhost:2525?from=alarm@pbi.example",
        "ALERTNET_PUBLIC_URL": "https://alarm.pbi.example",
    }
    path = office.folder / "ours.vcf"

    said = office.types("letter", "embassy-es", "--format", "vcf", "--output", str(path))

    assert said.code == 0, said.err
    assert path.read_bytes().decode().split("\r\n") == [
        *("BEGIN:VCARD", "VERSION:3.0", "N:PBI;;;;", "FN:PBI"),
        *("TEL;TYPE=VOICE:+15005550006", "TEL;TYPE=VOICE:+15005550007"),
        *("EMAIL:alarm@pbi.example", "END:VCARD", ""),
    ]


def test_without_numbers_of_ours_there_is_no_card(office: Office) -> None:
    office.env.pop("ALERTNET_TWILIO_FROM", None)

    said = office.types("letter", "embassy-es", "--format", "vcf", "--output", str(office.folder / "ours.vcf"))

    assert (said.code, said.err.splitlines()[-1].partition(":")[0]) == (2, "ALERTNET_TWILIO_FROM")


@pytest.mark.parametrize(
    ("contact", "unset", "needless"),
    [
        ("embassy-es", ["ALERTNET_TWILIO_FROM", "ALERTNET_SMTP_URL", "ALERTNET_PUBLIC_URL"], []),
        ("defenders-network", ["ALERTNET_TWILIO_FROM", "ALERTNET_PUBLIC_URL"], ["ALERTNET_SMTP_URL"]),
    ],
)
def test_a_letter_that_can_not_say_where_genuine_messages_come_from_says_so(
    office: Office, contact: str, unset: list[str], needless: list[str]
) -> None:
    """It would call all of our messages false: "what comes from elsewhere is not from us"."""
    for name in (*unset, *needless):
        office.env.pop(name, None)

    said = office.types("letter", contact, "--output", str(office.folder / "letter.pdf"))

    assert said.code == 0
    assert f"Not set: {', '.join(unset)}. " in said.err
