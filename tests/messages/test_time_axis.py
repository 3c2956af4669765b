"""A picture on a time axis: no mark hides another, however many there are, and it is said in words too."""

import io
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import combinations
from math import dist
from xml.etree import ElementTree

import pytest
from pypdf import PdfReader

from alertnet.messages.drawings.report import Report
from alertnet.messages.drawings.time_axis import Mark, TimeAxis, as_file, as_svg

BEGIN = datetime(2026, 11, 24, 7, tzinfo=UTC)


def at(minutes: float, row: str = "embassy", sign: str = "S", **more: bool) -> Mark:
    return Mark(BEGIN + timedelta(minutes=minutes), row, sign, "told", f"{row} at {minutes}", **more)


def axis(marks: Sequence[Mark], **more: int) -> TimeAxis:
    return TimeAxis("A-7K3M <night>", "who was told", marks, lambda at: f"{at:%H:%M}", "now", **more)


def drawn(of: TimeAxis) -> list[ElementTree.Element]:
    """The elements of the picture and of the names over it."""
    return list(ElementTree.fromstring(f"<div>{as_svg(of)}</div>").iter())


def places(of: TimeAxis) -> list[tuple[float, float]]:
    circles = [each for each in drawn(of) if each.tag.endswith("circle")]
    return [(float(each.get("cx", "")), float(each.get("cy", ""))) for each in circles]


def test_marks_of_one_moment_and_of_close_ones_stand_apart() -> None:
    marks = [at(minute / 10, row, sign) for minute in range(8) for row in ("embassy", "desk") for sign in "SCM"]

    found = places(axis(marks))

    assert len(found) == 48
    assert min(dist(one, two) for one, two in combinations(found, 2)) >= 20


def test_a_control_character_in_what_somebody_wrote_breaks_no_picture() -> None:
    """No XML may hold one: a browser, or a PDF, would show nothing of it."""
    found = drawn(axis([at(0, "form\x0cfeed"), at(1, "\x1bescape\x00\uffff")]))

    texts = [each.text for each in found]
    assert "form feed" in texts
    assert " escape  " in texts


def test_a_long_night_stays_as_wide_as_a_page_and_loses_nothing() -> None:
    """Close moments share a column, and marks that are alike there are counted in one."""
    found = drawn(axis([at(minute) for minute in range(600)], most=20, widest=30))

    signs = [each.text or "" for each in found if each.tag.endswith("text") and (each.text or "").startswith("S")]
    assert 2 <= len(signs) <= 20
    assert sum(int(sign[1:] or 1) for sign in signs) == 600
    assert float(found[1].get("width", "")) < 20 * 30 + 60


def test_what_is_planned_stands_behind_the_line_of_now_and_is_pale() -> None:
    found = drawn(axis([at(0), at(3), at(90, planned=True)]))

    [line] = [each for each in found if each.get("class") == "now"]
    pale = [each for each in found if "planned" in each.get("class", "").split()]
    [(first, _), (second, _), (planned, _)] = places(axis([at(0), at(3), at(90, planned=True)]))
    assert first < second < float(line.get("x1", "")) < planned
    assert len(pale) == 1


def test_title_description_and_each_mark_are_said_in_words() -> None:
    """And what is written in it is text, whatever it holds."""
    found = drawn(axis([at(0, "<b>desk</b>")]))

    words = [each.text for each in found if each.text and each.text.strip()]
    assert words[:2] == ["A-7K3M <night>", "who was told"]
    assert {"<b>desk</b> at 0", "<b>desk</b>", "07:00"} <= set(words)
    assert found[1].get("role") == "img"


def test_a_picture_of_nothing_is_a_picture() -> None:
    assert places(axis([])) == []
    assert "A-7K3M" in as_file(axis([]))


@pytest.mark.parametrize(("lanes", "minutes"), [(26, 20), (3, 600)], ids=["tall", "wide"])
def test_what_the_signs_of_a_printed_picture_mean_stands_on_its_page(lanes: int, minutes: int) -> None:
    """Whoever is handed the paper turns no page for it."""
    marks = [at(minute, f"embassy {lane}") for lane in range(lanes) for minute in range(0, minutes, minutes // 20)]
    picture = replace(axis(marks), description="S SMS, C call, M mail, T task. " * 6)

    pages = PdfReader(io.BytesIO(Report("A-7K3M", "en", (), picture, "as of now").as_pdf())).pages

    assert "C call" in pages[1].extract_text()
    assert len(pages) == 2
