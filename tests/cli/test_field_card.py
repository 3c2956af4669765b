"""`field-card`: what a member carries is what the grammar understands, and a discreet one says nothing else (B7)."""

from io import BytesIO

import pytest
from PIL import Image
from pypdf import PdfReader

from alertnet.cli.field.field_card import drawn
from alertnet.core.inbound.field_words import ALARMS, PANIC, FieldVerb
from alertnet.core.inbound.sms_grammar import parse_report
from alertnet.core.incident import TYPES
from alertnet.messages.field_card import AFTER, HIDDEN_PIN, panels_of
from alertnet.messages.renderer import Renderer
from tests.cli.conftest import Office
from tests.cli.test_call_sheet import read
from tests.support.program import shipped_templates

LANGUAGES = ("en", "fr", "es", "de", "pt")
MM = 72 / 25.4
"""Points of a PDF in a millimetre."""
TELLING = (
    "alert",
    "alarm",
    "help",
    "aide",
    "ayuda",
    "sos",
    "danger",
    "peligro",
    "coordin",
    "pin",
    "incident",
    "threat",
)


@pytest.fixture(scope="module")
def renderer() -> Renderer:
    return Renderer(shipped_templates())


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_line_of_the_card_is_understood_as_it_says(renderer: Renderer, language: str) -> None:
    """B4: made from the grammar, and read back by it."""
    first, second = panels_of(renderer, language, "+15005550006", None, discreet=False)
    typed = [parse_report(line.replace("PIN", "47110")) for line, _ in first.lines[1:]]

    assert [report.verb for report in typed if report] == [FieldVerb.RAISE, *AFTER]
    assert typed[1] is not None
    assert (typed[1].type, typed[1].place, typed[1].people) == ("arrest", "L12", ("P7",))
    assert [int(each.split()[0]) for each in second.listed] == sorted(each.number for each in TYPES.values())


@pytest.mark.parametrize("discreet", [False, True])
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_line_has_room_on_its_panel(renderer: Renderer, language: str, discreet: bool) -> None:
    """A panel is as large as a bank card, and nothing is smaller than can be read."""
    panels = panels_of(renderer, language, "+15005550006", "+32470550101", discreet=discreet)
    written: list[tuple[str, float, float, float]] = []

    def note(text: str, cm: list[float], _tm: object, _font: object, size: float) -> None:
        if text.strip():
            written.append((text.strip(), cm[4] / MM, (page.mediabox.height - cm[5]) / MM, size))

    page = PdfReader(BytesIO(drawn([panels], "pdf"))).pages[0]
    page.extract_text(visitor_text=note)

    for row, panel in enumerate(panels):
        top = 30 + row * 54
        on_it = {text: x for text, x, y, _ in written if top < y < top + 53}
        said = {each for line in panel.lines for each in line if each} | set(panel.listed)
        assert said <= set(on_it)
        assert all(21 < x < 21 + 85 for x in on_it.values())
    assert min(size for *_, size in written) > 5.5


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_discreet_card_gives_nothing_away(renderer: Renderer, language: str) -> None:
    """A9: whoever searches the pocket reads how somebody says that they are on their way."""
    (panel,) = panels_of(renderer, language, "+15005550006", None, discreet=True)
    said = " ".join(" ".join(line) for line in panel.lines).lower()
    words = renderer.words(language)

    names = {words.short_type(code).lower() for code in TYPES} | {words.types[code].lower() for code in TYPES}
    assert not [word for word in (*names, *PANIC, *ALARMS, *TELLING) if f" {word}" in f" {said}"]
    alone = parse_report(panel.lines[-1][0])
    assert alone is not None
    assert (alone.verb, alone.pin, alone.type) == (FieldVerb.RAISE, HIDDEN_PIN, "arrest")


def test_it_is_one_page_that_names_nobody(office: Office) -> None:
    """B7: in three languages, to be folded."""
    path = office.folder / "card.pdf"
    said = office.types("field-card", "--team", "north", "--output", str(path))
    assert said.code == 0, said.err

    text = read(path)

    assert len(PdfReader(path).pages) == 1
    for verb in ("ALERT", "ALERTE", "ALERTA", "FALSE", "FAUSSE", "FALSA"):
        assert verb in text
    assert not [name for name in ("PBI", "Ana", "north", "Colombia", "alertnet") if name in text]
    metadata = PdfReader(path).metadata
    assert "alertnet" not in str(metadata).lower()


def test_a_card_without_a_number_to_text_to_is_never_made_unseen(office: Office) -> None:
    """Whoever carries it would find out at night."""
    with_number = office.types("field-card", "--output", str(office.folder / "card.pdf"))
    del office.env["ALERTNET_TWILIO_FROM"]

    said = office.types("field-card", "--output", str(office.folder / "card.pdf"))

    assert ("names no number" in said.err, "names no number" in with_number.err) == (True, False)


@pytest.mark.parametrize("words", [("--format", "png"), ()], ids=["named", "by the name of its file"])
def test_it_is_a_picture_too(office: Office, words: tuple[str, ...]) -> None:
    path = office.folder / "card.png"
    assert office.types("field-card", "--discreet", *words, "--output", str(path)).code == 0

    image = Image.open(BytesIO(path.read_bytes()))

    assert round(image.width / image.height, 2) == round(297 / 210, 2)
    assert len(image.getcolors(256) or ()) > 10


@pytest.mark.parametrize("languages", ["xx", "en,fr,es,de", ""])
def test_languages_that_there_are_not_are_refused(office: Office, languages: str) -> None:
    said = office.types("field-card", "--languages", languages)

    assert (said.code, "one to three of" in said.err) == (2, True)
