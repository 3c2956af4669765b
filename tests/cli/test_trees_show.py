"""`trees show`: the network as one would hang it on the wall."""

from xml.etree import ElementTree

import pytest

from tests.cli.conftest import REPOSITORY, Office

TREES = str(REPOSITORY / "contact_trees")


def test_the_terminal_shows_levels_with_their_times_and_contacts(office: Office) -> None:
    said = office.types("trees", "show", TREES, "--tree", "colombia")

    assert said.code == 0, said.err
    lines = [line.strip(" │├└─·") for line in said.out.splitlines()]
    assert lines[0] == "colombia: Colombia support network"
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


@pytest.mark.parametrize("form", ["--svg", "--html"])
def test_the_picture_holds_every_contact_and_no_number(office: Office, numbers: set[str], form: str) -> None:
    """A9: it hangs where others see it."""
    said = office.types("trees", "show", TREES, form)

    page = said.out.replace("<!doctype html>", "").replace('<meta charset="utf-8">', "")
    words = " ".join(ElementTree.fromstring(page.strip()).itertext())
    assert "embassy-es" in words
    assert "Embassies" in words
    assert not [number for number in numbers if number in said.out]


def test_a_tree_that_is_not_there_is_refused_by_name(office: Office) -> None:
    said = office.types("trees", "show", TREES, "--tree", "atlantis")

    assert (said.code, said.out) == (2, "")
    assert "atlantis" in said.err
