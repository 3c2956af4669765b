"""`trees simulate`: what a coordinator reads before it happens."""

import json
import shutil
from xml.etree import ElementTree

from tests.cli.conftest import REPOSITORY, Office

TREES = str(REPOSITORY / "contact_trees")
ARREST = ("--country", "CO", "--type", "arrest", "--consent", "international", "--nationality", "ES")
AT = ("--at", "2026-11-24T22:00", "--perpetrator", "army")


def test_the_timeline_is_read_with_local_times_languages_and_cost(office: Office) -> None:
    said = office.types("trees", "simulate", TREES, *ARREST, *AT, "--answers", "coordinator@4m", "--hours", "1")

    assert said.code == 0, said.err
    assert "+0:00:00    sms   coordinator (PBI Colombia), es, Tue 22:00 there" in said.out
    assert "+0:04:00  colombia: Coordination is satisfied" in said.out
    assert "not told: brigade" in said.out
    assert "cost: " in said.out


def test_a_place_and_an_organisation_say_who_is_left_out_for_them(office: Office) -> None:
    """B3: what is asked for the case at one checkpoint, of those whom nobody of the lawyers has agreed to help."""
    checkpoint = ("--country", "CO", "--type", "checkpoint", "--consent", "national", "--place", "L21", "--hours", "1")

    elsewhere = office.types("trees", "simulate", TREES, *checkpoint, "--organisation", "O4").out
    theirs = office.types("trees", "simulate", TREES, *checkpoint, "--organisation", "O3").out

    assert "checkpoint, moderate, in CO at L21" in elsewhere
    assert "not told: police-north (colombia, Checkpoint): place" in elsewhere
    assert "not told: lawyers (colombia, Checkpoint): organisation" in elsewhere
    assert "call  lawyers (Lawyers of the farmers' association)" in theirs


def test_a_language_without_messages_is_shown_beside_the_one_that_is_used(office: Office) -> None:
    """Whoever rehearses sees that the Guarani coordinator of a Spanish tree is written to in Spanish."""
    trees = office.folder / "trees"
    shutil.copytree(TREES, trees)
    colombia = trees / "colombia.yaml"
    told = "role: coordinator\n"
    assert told in colombia.read_text()
    colombia.write_text(colombia.read_text().replace(told, f"{told}    language: gn\n", 1))

    said = office.types("trees", "simulate", str(trees), *ARREST, *AT, "--hours", "1", "--messages")
    checked = office.types("trees", "check", str(trees))

    assert "sms   coordinator (PBI Colombia), gn → es, Tue 22:00 there" in said.out
    assert "| PBI URGENTE A-7K3M: detencion" in said.out
    assert "there are no messages in this language: gn → es" in checked.out


def test_json_holds_each_message_with_its_offset(office: Office) -> None:
    said = office.types("trees", "simulate", TREES, *ARREST, *AT, "--format", "json", "--hours", "1", "--messages")

    found = json.loads(said.out)
    first = found["events"][0]
    assert "URGENTE A-7K3M: detencion" in first.pop("message")
    assert first == {
        "at": "2026-11-25T03:00:00Z",
        "offset_seconds": 0.0,
        "tree": "colombia",
        "trees": ["colombia"],
        "level": "Coordination",
        "round": 1,
        "contact": "coordinator",
        "method": "sms",
        "kind": "alert",
        "language": "es",
        "local_time": "2026-11-24T22:00:00-05:00",
    }
    assert {
        "tree": "colombia",
        "level": "Authorities on the ground",
        "contact": "brigade",
        "reason": "perpetrator",
    } in (found["pruned"])
    assert found["ends_at"] is None
    assert found["cost"]["segments"] == found["cost"]["sms"] > 0


def test_the_picture_is_well_formed_and_names_every_contact(office: Office) -> None:
    said = office.types("trees", "simulate", TREES, *ARREST, *AT, "--format", "svg", "--hours", "1")

    words = "".join(ElementTree.fromstring(said.out).itertext())
    assert "international · embassy-es" in words


def test_no_name_or_number_is_in_it(office: Office, numbers: set[str]) -> None:
    """A9: what is printed goes round; whom it is about is named by id."""
    said = office.types("trees", "simulate", TREES, *ARREST, *AT, "--hours", "1")

    assert "sms   coordinator (PBI Colombia)" in said.out
    assert not [number for number in numbers if number in said.out]


def test_what_can_not_be_played_is_refused_by_name(office: Office) -> None:
    for words, named in (
        (("--country", "XX", "--type", "arrest"), "--country"),
        (("--country", "CO", "--type", "riot"), "--type"),
        ((*ARREST, "--answers", "nobody@5m"), "--answers"),
        ((*ARREST, "--answers", "coordinator"), "CONTACT@AFTER"),
        ((*ARREST, "--at", "tomorrow"), "--at"),
        ((*ARREST, "--at", "0001-01-01"), "within the years 2000 to 2100"),
        ((*ARREST, "--at", "9999-12-31T23:59-12:00"), "within the years 2000 to 2100"),
        ((*ARREST, "--hours", "0"), "--hours"),
    ):
        said = office.types("trees", "simulate", TREES, *words)
        assert (said.code, said.out) == (2, ""), words
        assert named in said.err
