"""SMS sizes held against Twilio's published calculator (sms-segments-calculator 1.3.0), and folding."""

from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertnet.core.delivery.sms_encoding import SmsSize, count, fold, is_gsm7

CALCULATED = [
    ("", "gsm7", 0, 1),
    ("Hello", "gsm7", 5, 1),
    ("a" * 160, "gsm7", 160, 1),
    ("a" * 161, "gsm7", 161, 2),
    ("a" * 306, "gsm7", 306, 2),
    ("a" * 307, "gsm7", 307, 3),
    ("€" * 80, "gsm7", 160, 1),
    ("€" * 81, "gsm7", 162, 2),
    ("a" * 152 + "€" + "a" * 7, "gsm7", 161, 2),
    ("a" * 152 + "€" + "a" * 152, "gsm7", 306, 3),
    ("a" * 152 + "€" * 77, "gsm7", 306, 3),
    ("é à ñ ü ù ¿ ¡ Ç", "gsm7", 15, 1),
    ("ç", "ucs2", 1, 1),
    ("detención", "ucs2", 9, 1),
    ("á" * 70, "ucs2", 70, 1),
    ("á" * 71, "ucs2", 71, 2),
    ("á" * 134, "ucs2", 134, 2),
    ("á" * 135, "ucs2", 135, 3),
    ("😀" * 35, "ucs2", 70, 1),
    ("😀" * 36, "ucs2", 72, 2),
    ("á" * 66 + "😀" + "á" * 66, "ucs2", 134, 3),
    ("á" * 66 + "😀" + "á" * 67, "ucs2", 135, 3),
    ("😀" * 66, "ucs2", 132, 2),
    ("😀" * 67, "ucs2", 134, 3),
    ("مرحبا", "ucs2", 5, 1),
    ("line\nbreak", "gsm7", 10, 1),
    ("{}[]~|^\\", "gsm7", 16, 1),
    ("{ç}", "ucs2", 3, 1),
    ("‘curly’ “quotes” – dash", "ucs2", 23, 1),
    ("\f", "gsm7", 2, 1),
    ("\t", "ucs2", 1, 1),
    ("\u00a0", "ucs2", 1, 1),
    ("ΔΦΓΛΩΠΨΣΘΞ", "gsm7", 10, 1),
    ("α", "ucs2", 1, 1),
]
"""Text, encoding, units and segments as that calculator gives them."""


@pytest.mark.parametrize(("text", "encoding", "units", "segments"), CALCULATED)
def test_sizes_are_those_of_the_providers_calculator(
    text: str, encoding: Literal["gsm7", "ucs2"], units: int, segments: int
) -> None:
    """What we count as one segment is billed as one segment."""
    assert count(text) == SmsSize(encoding, units, segments)


def test_an_escape_is_never_split_across_segments() -> None:
    """306 septets fill two segments, unless an escape would straddle them: then there are three."""
    assert count("a" * 304 + "€").segments == 2
    assert count("a" * 152 + "€" + "a" * 152).segments == 3


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("detención, agresión, él", "detencion, agresion, él"),
        ("enlèvement à Nîmes, ça", "enlèvement à Nimes, ca"),
        ("ñ ü é à è ù ¿ ¡ Ç", "ñ ü é à è ù ¿ ¡ Ç"),
        ("“l’œuvre” – là…", '"l\'oeuvre" - là...'),
        ("« oui »", '" oui "'),
        ("a\u00a0b\u202fc\u200bd", "a b cd"),
        ("e\u0301", "é"),
        ("zażółć Łódź", "zazolc Lodz"),
    ],
)
def test_folding_replaces_only_what_the_alphabet_lacks(text: str, folded: str) -> None:
    """Accents that GSM-7 has stay; the others give way to plain letters."""
    assert fold(text) == folded
    assert is_gsm7(folded)


@pytest.mark.parametrize("text", ["اعتقال", "арешт – “так”", "逮捕", "detención 😀"])
def test_what_cannot_be_folded_whole_is_left_as_it_is(text: str) -> None:
    """Half a transliteration would cost as much as none and read worse."""
    assert fold(text) == text


@given(st.text(max_size=400))
def test_folding_is_settled_after_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text(max_size=400))
def test_segments_hold_what_they_can(text: str) -> None:
    """Segments lie between the perfect packing and that with one unit lost in each."""
    size = count(text)
    alone, joined = (160, 153) if size.encoding == "gsm7" else (70, 67)

    if size.units <= alone:
        assert size.segments == 1
    else:
        assert -(-size.units // joined) <= size.segments <= -(-size.units // (joined - 1))
