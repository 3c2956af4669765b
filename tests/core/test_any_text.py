"""Whatever somebody texts: no text makes the grammar stumble, take long, or say what nobody wrote (A12)."""

import random
import time
from collections.abc import Iterator
from statistics import median

import pytest

from alertnet.core.inbound.field_words import FIELD_VERBS, FieldVerb
from alertnet.core.inbound.on_the_road.check_in_text import has_words, legs_in
from alertnet.core.inbound.on_the_road.journey import TYPED
from alertnet.core.inbound.sms_answers import is_opt_out, parse_answers, parse_duty_change, says_more
from alertnet.core.inbound.sms_grammar import codes_in, parse_report
from alertnet.core.inbound.sms_words import clean, words_of
from alertnet.core.inbound.type_names import NAMES
from alertnet.core.incident import TYPES
from tests.core.cast import NOW

LONGEST = 1600
PIECES = (
    *(word for words in FIELD_VERBS.values() for word in sorted(words)),
    *(name for names in NAMES.values() for name in names),
    *(
        "47110",
        "471101",
        "4711",
        "20",
        "99",
        "77",
        "L12",
        "P7",
        "C2",
        "c0",
        "A-7K3M",
        "A7234",
        "B 2345",
        "2H30",
        "18:00",
        "18h",
    ),
    *("ＡＬＥＲＴＡ", "٤٧١١٠", "۲۰", "４７１１０", "Ｐ７", "L१२", "²³", "①②", "Ⅻ", "½"),
    *(
        "“",
        "’",
        "\u00a0",
        "\u202f",
        "\u200b",
        "\u200f",
        "\ufeff",
        "\x00",
        "\x1b",
        "\n",
        "\r\n",
        "\t",
        "_",
        "-",
        ".",
        "/",
        ";",
        "#",
    ),
    *(
        "İ",
        "ı",
        "ß",
        "ﬁ",
        "é",
        "e\u0301",
        "ñ",
        "ç",
        "Ç",
        "ǅ",
        "𝐒𝐎𝐒",
        "🆘",
        "👨‍👩‍👧",
        "ﷺ",
        "\U000e0041",
        "\ud7ff",
        "\u0345",
    ),
    *(
        "STOP",
        "YES",
        "START",
        "END",
        "QUIT",
        "CANCEL",
        "HELP",
        "no",
        "sin",
        "hola",
        "they",
        "soldados",
        "'; DROP TABLE",
        "{{ ref }}",
        "%s",
    ),
)


def texts(seed: int, count: int) -> Iterator[str]:
    """Texts at random: known pieces in any order, their letters shuffled or lost, and signs of all of Unicode."""
    chance = random.Random(seed)
    for _ in range(count):
        pieces = chance.choices(PIECES, k=chance.choice((0, 1, 1, 2, 3, 5, 8, 30)))
        text = chance.choice((" ", " ", "", "  ", "\u00a0", "-")).join(pieces)
        if chance.random() < 0.4 and text:
            at = chance.randrange(len(text))
            sign = chr(
                chance.choice((chance.randrange(0x300), chance.randrange(0xD800), chance.randrange(0xE000, 0x110000)))
            )
            text = text[:at] + sign * chance.choice((0, 1, 1, 40)) + text[at + chance.randrange(2) :]
        yield chance.choice((text, text.upper(), text.swapcase()))[:LONGEST]


def read(text: str) -> bool:
    """Everything that is asked of a text, and what must hold of the answer; whether it is for the grammar at all."""
    report = parse_report(text)
    parse_answers(text), parse_duty_change(text), is_opt_out(text), says_more(text), codes_in(text, {"K2"})
    legs_in(text, NOW, "America/Bogota")
    if report is None:
        return False
    assert report.type is None or report.type in TYPES
    assert report.pin is None or (report.pin.isascii() and report.pin.isdigit() and len(report.pin) in (5, 6))
    assert has_words(report.text) or report.text is None or report.text.strip()
    if report.panic:
        assert report.verb in (FieldVerb.RAISE, FieldVerb.WITHDRAW)
    # Nothing that was written is lost: what was not understood is kept as it stands.
    assert report.text is None or all(word.plain in _plain(text) for word in words_of(report.text))
    return True


def _plain(text: str) -> str:
    """All its words in one: a PIN that is taken out of the middle of one joins the halves by a space."""
    return "".join(word.plain for word in words_of(clean(text)))


def test_no_text_makes_the_grammar_stumble() -> None:
    assert {read(text) for text in texts(4711, 800)} == {True, False}
    assert set(TYPED) < set(FieldVerb)


@pytest.mark.long
def test_nor_do_a_million() -> None:
    assert {read(text) for text in texts(5823, 1_000_000)} == {True, False}


def test_no_text_takes_long() -> None:
    """In time of the processor, of the texts that people write and of those that nobody would: they take 0.2 ms."""
    taken = []
    for text in [*texts(7, 2_000), *("ALERTA 47110 20 L12 P7 C2 nos pararon en el puente " * 3,) * 500]:
        began = time.process_time()
        parse_report(text)
        taken.append(time.process_time() - began)

    assert median(taken) < 0.005
    assert sorted(taken)[int(len(taken) * 0.99)] < 0.02


@pytest.mark.parametrize("pieces", ["hola 47110 ", "1 47110 ", "47110re", "L1 471101 ", "SOS1 ", "l1", "ok47110 "])
def test_a_long_text_of_the_same_pieces_is_read_at_once(pieces: str) -> None:
    """What one phone sends holds up nobody (A11)."""
    began = time.process_time()
    parse_report((pieces * LONGEST)[:LONGEST])

    assert time.process_time() - began < 2
    # Nor does a longer one exhaust the stack.
    parse_report((pieces * LONGEST)[: 5 * LONGEST])


@pytest.mark.parametrize(
    "text",
    ["no " * 250 + "q " * 15 + "know " * 80 + "q " * 15 + "where " * 60, "ﷺ" * LONGEST],
    ids=["groups of words far apart", "signs of many letters"],
)
def test_a_text_in_which_a_type_is_looked_for_in_vain_is_read_at_once(text: str) -> None:
    """What a stranger sends holds up nobody: it took the writer seconds, and of a longer one days (A11)."""
    began = time.process_time()
    report = parse_report(f"SOS {text}")

    assert time.process_time() - began < 0.5
    assert report is not None
    assert (report.panic, report.type) == (True, None)
