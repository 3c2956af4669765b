"""`trees show`: the network as one would hang it on the wall."""

import re
import shutil
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.cli.conftest import REPOSITORY, Office

TREES = str(REPOSITORY / "contact_trees")


def test_the_terminal_shows_levels_with_their_times_and_contacts(office: Office) -> None:
    said = office.types("trees", "show", TREES, "--tree", "colombia")

    assert said.code == 0, said.err
    lines = [line.strip(" │├└─·") for line in said.out.splitlines()]
    assert lines[0] == "colombia: PBI Colombia, red de apoyo"
    assert any(line.startswith("10m") and "Ombudsman and defenders" in line for line in lines)
    assert any("(lawyers)" in line and "only for O3" in line for line in lines)
    assert any("(police-north)" in line and "only at L1*" in line for line in lines)
    assert any("(coordinator)  sms, call +3m" in line and "deputy coordinator-2" in line for line in lines)
    assert "international" not in lines[0]


def test_the_terminal_shows_the_teams_with_their_zone_and_no_number(office: Office, numbers: set[str]) -> None:
    said = office.types("trees", "show", TREES)

    team = "in CO, es, consent international, times in America/Bogota, a number to call of its own: ana, luis, mary"
    assert said.out.endswith(f"field:\n  north: {team}\n")
    assert not [number for number in numbers if number in said.out]


def test_whoever_has_the_telephone_now_is_named(office: Office, tmp_path: Path) -> None:
    """By the rota of the file: of a contact, and of one that only stands in."""
    shutil.copytree(TREES, tmp_path / "trees")
    tree = tmp_path / "trees" / "colombia.yaml"
    text = tree.read_text().replace("rota: []", "rota: [ana]")
    tree.write_text(
        text.replace("  - name: Checkpoint", "  - {name: Seconds, notify: [coordinator-2]}\n  - name: Checkpoint")
    )

    said = office.types("trees", "show", str(tmp_path / "trees")).out

    assert "deputy coordinator-2 (now north/ana)" in said
    assert re.search(r"\(coordinator-2\)  .*on duty in turn north/ana; now north/ana", said)


def test_a_page_of_paper_ends_between_two_levels(office: Office) -> None:
    """Each level is a picture of its own, which no page break cuts; the first page is the first tree's."""
    said = office.types("trees", "show", TREES, "--html").out

    pictures = [part.partition("</svg>")[0] for part in said.split("<svg ")[1:]]
    heads = [re.findall(r'font-size="15" fill="#111" font-weight="bold">([^<]*)', picture) for picture in pictures]
    assert heads[:2] == [["Coordination"], ["Ombudsman and defenders"]]
    assert all(len(each) == 1 for each in heads)
    assert "PBI Colombia, red de apoyo" in pictures[0]
    assert "break-inside:avoid" in said


@pytest.mark.parametrize("form", ["--svg", "--html"])
def test_the_picture_holds_every_contact_and_no_number(office: Office, numbers: set[str], form: str) -> None:
    """A9: it hangs where others see it."""
    said = office.types("trees", "show", TREES, form)

    page = said.out.replace("<!doctype html>", "")
    words = " ".join(ElementTree.fromstring(page.strip()).itertext())
    assert "embassy-es" in words
    assert "Embassies" in words
    assert not [number for number in numbers if number in said.out]


def test_a_tree_that_is_not_there_is_refused_by_name(office: Office) -> None:
    err = office.refused("trees", "show", TREES, "--tree", "atlantis")

    assert "atlantis" in err
