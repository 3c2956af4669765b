"""`duty`: who has the telephone now, and who takes a turn out of order; it holds at once beside a running process."""

import re
import shutil
from datetime import date
from pathlib import Path

import pytest

from alertnet.runtime.wiring import Runtime
from alertnet.store.records import timeline
from alertnet.store.views import timeline_view
from tests.cli.conftest import Office

ROOT = Path(__file__).parents[2]


@pytest.fixture
def trees(office: Office, tmp_path: Path) -> str:
    """The examples, with two members on the rota of the second coordinator."""
    folder = tmp_path / "trees"
    shutil.copytree(ROOT / "contact_trees", folder)
    path = folder / "colombia.yaml"
    path.write_text(path.read_text().replace("rota: []", "rota: [ana, luis]"))
    office.env["ALERTNET_CONTACT_TREES"] = str(folder)
    return str(folder)


@pytest.mark.usefixtures("runtime", "trees")
def test_show_says_who_is_on_duty_and_when_that_changes(office: Office) -> None:
    said = office.types("duty", "show")
    assert said.code == 0
    assert re.fullmatch(r"colombia/coordinator-2: north/(ana|luis); the turn changes Mon [0-9-]{10} 09:00\n", said.out)


@pytest.mark.usefixtures("runtime")
def test_show_says_so_where_nobody_takes_turns(office: Office, tmp_path: Path) -> None:
    folder = tmp_path / "trees"
    shutil.copytree(ROOT / "contact_trees", folder)
    path = folder / "colombia.yaml"
    path.write_text(re.sub(r"\n *duty: .*", "", path.read_text()))
    office.env["ALERTNET_CONTACT_TREES"] = str(folder)

    said = office.types("duty", "show")

    assert (said.code, said.out) == (0, "")
    assert "Nobody takes turns: no contact has a `duty` with a rota." in said.err


@pytest.mark.usefixtures("runtime", "trees")
def test_a_turn_out_of_order_holds_at_once_and_is_on_the_record(office: Office, runtime: Runtime) -> None:
    said = office.types("duty", "set", "colombia/coordinator-2", "luis", "--until", "2035-12-27")
    assert said.out == "colombia/coordinator-2: north/luis is on duty until Thu 2035-12-27 00:00.\n"
    assert office.types("duty", "show").out.startswith("colombia/coordinator-2: north/luis;")
    office.types("duty", "set", "colombia/coordinator-2", "luis", "--off", "--until", "2035-12-27")
    assert office.types("duty", "show").out.startswith("colombia/coordinator-2: north/ana;")
    entries, _ = runtime.read(lambda tx: timeline_view.entries(tx.session, timeline.SYSTEM, 0, 10))
    assert [each["kind"] for each in entries].count("duty_arranged") == 2


def lines(office: Office, *typed: str) -> list[str]:
    said = office.types("duty", *typed)
    assert said.code == 0, said.err
    return said.out.splitlines()


@pytest.mark.usefixtures("runtime", "trees")
def test_the_turns_of_the_coming_weeks_follow_one_another(office: Office) -> None:
    head, *coming = lines(office, "show", "--weeks", "8")

    assert head.startswith("colombia/coordinator-2: north/")
    assert len(coming) == 8
    assert len({line.rpartition(" ")[2] for line in coming[::2]}) == 1
    assert {line.rpartition(" ")[2] for line in coming} == {"north/ana", "north/luis"}
    spans = [re.findall(r"\d{4}-\d\d-\d\d \d\d:\d\d", line) for line in coming]
    assert [ends for _, ends in spans[:-1]] == [starts for starts, _ in spans[1:]]


@pytest.mark.usefixtures("runtime", "trees")
def test_a_swap_is_two_turns_and_is_taken_back_whole(office: Office, runtime: Runtime) -> None:
    before = lines(office, "show", "--weeks", "6")
    third = before[3]
    gives, takes = ("ana", "luis") if third.endswith("north/ana") else ("luis", "ana")
    week = f"{date.fromisoformat(third.split()[1]):%G-W%V}"

    done = lines(office, "swap", "ana", "luis", "--week", week)
    after = lines(office, "show", "--weeks", "6")
    lines(office, "set", "colombia/coordinator-2", "ana", "--until", "2035-01-01")
    undone_set, undone_swap = lines(office, "undo"), lines(office, "undo")

    assert [line.split()[1] for line in done] == [f"north/{takes}", f"north/{gives}"]
    assert after != before
    assert len(undone_set) == 1
    assert undone_swap == [f"no longer: {line}" for line in done]
    assert lines(office, "show", "--weeks", "6") == before
    entries, _ = runtime.read(lambda tx: timeline_view.entries(tx.session, timeline.SYSTEM, 0, 20))
    assert [each["kind"] for each in entries if each["kind"].startswith("duty_")] == [
        *["duty_arranged"] * 3,
        *["duty_undone"] * 3,
    ]
    assert "nothing is undone" in office.types("duty", "undo").err


@pytest.mark.usefixtures("runtime", "trees")
def test_turns_come_as_a_calendar_or_its_secret_address(office: Office) -> None:
    calendar = office.types("duty", "ical", "luis").out
    address, other = (office.types("duty", "ical", "luis", "--address").out.strip() for _ in range(2))

    assert calendar.startswith("BEGIN:VCALENDAR")
    assert calendar.count("BEGIN:VEVENT") == 13
    assert "north/" not in calendar
    assert re.fullmatch(r"https?://[^/]+/duty/[a-z2-9]{24}\.ics", address)
    assert address != other
    assert office.types("duty", "ical", "luis", "--revoke").code == 0
    assert "SUMMARY:north/ana: " in office.types("duty", "ical").out


@pytest.mark.usefixtures("runtime", "trees")
@pytest.mark.parametrize(
    ("typed", "fault"),
    [(["mary"], "north/ana, north/luis"), (["--address"], "whose calendar it is"), (["--revoke"], "whose calendar")],
)
def test_a_calendar_of_nobody_is_refused(office: Office, typed: list[str], fault: str) -> None:
    err = office.refused("duty", "ical", *typed)

    assert fault in err


@pytest.mark.usefixtures("runtime", "trees")
def test_the_sheet_names_who_is_on_duty_now(office: Office) -> None:
    """Of the rota, and of what was arranged, by name and number."""
    office.types("duty", "set", "colombia/coordinator-2", "luis", "--until", "2035-12-27")
    assert office.types("raise", "--country", "CO", "--type", "defamation").code == 0

    office.types("call-sheet", "--format", "text")

    sheet = " ".join((office.folder / "call-sheet.txt").read_text().split())
    assert "On duty now: north/luis +57 300 5550002" in sheet


@pytest.mark.usefixtures("runtime", "trees")
@pytest.mark.parametrize(
    ("typed", "fault"),
    [
        (["ana", "luis", "--week", "December"], "a week of ISO 8601, such as 2026-W50"),
        (["ana", "luis", "--week", "2020-W10"], "a week that one of the two has, and that is not over"),
        (["ana", "mary", "--week", "2035-W10"], "two of one rota"),
        (["ana", "ana", "--week", "2035-W10"], "two of one rota"),
        (["ana", "luis", "--week", "2035-W10", "--contact", "colombia/mayor"], "no contact with a duty rota"),
    ],
)
def test_what_can_not_be_swapped_is_refused_with_what_can(office: Office, typed: list[str], fault: str) -> None:
    err = office.refused("duty", "swap", *typed)

    assert fault in err


@pytest.mark.usefixtures("runtime", "trees")
@pytest.mark.parametrize(
    ("typed", "fault"),
    [
        (["colombia/mayor", "ana"], "no contact with a duty rota 'colombia/mayor'"),
        (["colombia/coordinator-2", "mary"], "north/ana, north/luis"),
        (["colombia/coordinator-2", "ana", "--until", "Christmas"], "2026-12-24"),
        (["colombia/coordinator-2", "ana", "--until", "2020-01-01"], "a moment that is still to come"),
        (["colombia/coordinator-2", "ana", "--until", "9999-12-31"], "within the years 2000 to 2100"),
        (["colombia/coordinator-2", "ana", "--from", "0001-01-01"], "within the years 2000 to 2100"),
        (["colombia/coordinator-2", "\udcff"], "text in UTF-8"),
    ],
)
def test_what_can_not_be_arranged_is_refused_with_what_can(office: Office, typed: list[str], fault: str) -> None:
    err = office.refused("duty", "set", *typed)
    assert fault in err
