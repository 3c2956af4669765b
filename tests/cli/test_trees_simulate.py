"""`trees simulate`: what a coordinator reads before it happens."""

import json
import math
import re
import shutil
from datetime import timedelta
from pathlib import Path
from xml.etree import ElementTree

from alertnet.core.limits import COORDINATOR_CALLS, COORDINATOR_TEXTS
from tests.cli.conftest import REPOSITORY, Office

TREES = str(REPOSITORY / "contact_trees")
ARREST = ("--country", "CO", "--type", "arrest", "--consent", "international", "--nationality", "ES")
AT = ("--at", "2026-11-24T22:00", "--perpetrator", "army")


def test_the_timeline_is_read_with_local_times_languages_and_cost(office: Office) -> None:
    said = office.types("trees", "simulate", TREES, *ARREST, *AT, "--answers", "coordinator@4m", "--hours", "1")

    assert said.code == 0, said.err
    lines = [line.strip() for line in said.out.splitlines()]
    assert "+0:00 Tue 22:00  colombia: Coordination" in lines
    assert "coordinator (PBI Colombia), es: sms +0:00, call +0:03, email +0:03, again +0:03" in lines
    assert "+0:04 satisfied" in lines
    assert any("head-office (PBI International Office), en, Wed 04:05 there: sms +0:05" in line for line in lines)
    assert "not told (perpetrator): colombia/brigade, colombia/ministry-defence" in lines
    assert any(line.startswith("segments and calls by country: BE (price not known): ") for line in lines)


def test_the_time_is_that_of_the_country_and_says_so(office: Office) -> None:
    """Whoever plans a night in Kenya from Brussels means the night in Kenya."""
    case = ("--country", "KE", "--type", "arrest", "--hours", "1")

    there = office.types("trees", "simulate", TREES, *case, "--at", "2026-11-24T22:00")
    named = office.types("trees", "simulate", TREES, *case, "--at", "2026-11-24T20:00+01:00")

    assert "opens Tue 2026-11-24 22:00 +03:00, the time in KE (Africa/Nairobi)" in there.out
    assert there.out == named.out


def test_a_night_that_nobody_answers_fits_on_two_pages(office: Office) -> None:
    """And every message of it is there for whoever asks for all."""
    said = office.types("trees", "simulate", TREES, *ARREST, *AT)
    full = office.types("trees", "simulate", TREES, *ARREST, *AT, "--full")
    played = json.loads(office.types("trees", "simulate", TREES, *ARREST, *AT, "--format", "json").out)

    assert 20 < len(said.out.splitlines()) <= 120
    written = [line for line in full.out.splitlines() if re.match(r" +\+[0-9:]+ (sms|call|email|task) ", line)]
    assert len(written) == len(played["events"]) > 500


def test_what_people_do_is_typed_and_what_comes_of_it_read(office: Office) -> None:
    deeds = ("--declines", "coordinator@1m", "--answers", "colombia/ombuds@12m", "--answers", "police@1m")
    more = (
        "--fails",
        "ombuds/sms",
        "--hold",
        "Embassies@10m",
        "--go",
        "State institutions@50m",
        "--reports",
        "ombuds@1h",
    )

    said = office.types("trees", "simulate", TREES, *ARREST, *AT, *deeds, *more, "--calls", "voicemail", "--hours", "2")

    lines = [line.strip() for line in said.out.splitlines()]
    assert "+0:01 coordinator says that it can't" in lines
    assert "+0:01 coordinator-2 stands in for coordinator (declined)" in lines
    assert any(line.startswith("ombuds (") and "sms +0:10 fails" in line for line in lines)
    assert "+0:12 ombuds takes charge" in lines
    assert "no effect: answer colombia/police +0:01: it has not been told by then" in lines
    assert any("hold international/Embassies +0:10" in line and "calls reach a voicemail" in line for line in lines)


def test_alarms_are_answered_or_not_and_what_both_cost_is_told(office: Office) -> None:
    """B9: an alarm rings on until it is answered: the difference is most of what such a night costs."""
    night = ("trees", "simulate", TREES, *ARREST, *AT, "--hours", "12")

    silent, answered = (office.types(*night, *more).out.splitlines() for more in ([], ["--alarms", "answered@5m"]))

    (quiet, other), (own, contrary) = (
        [line.partition(": ")[2] for line in lines if line.startswith("cost")] for lines in (silent, answered)
    )
    assert (quiet, other) == (contrary, own)
    assert any(line.startswith("cost if alarms are answered after 0:05: ") for line in silent)
    assert any(line.startswith("cost if nobody answers the alarms: ") for line in answered)
    assert silent[2].endswith("; nobody answers the alarms")
    assert any("alarmed: " in line and "again" in line for line in silent)
    assert any("alarmed: " in line for line in answered)
    assert not any("alarmed: " in line and "again" in line for line in answered)


def test_repeats_that_a_coordinators_phone_is_spared_are_said_to_be_not_played(office: Office) -> None:
    """B9: it is rung at +0:03, and at +0:06 by the plan alone; who counts on the plan must know."""
    said = office.types("trees", "simulate", TREES, *ARREST, *AT, "--hours", "1")

    assert "call +0:03, email +0:03, again +0:03 +0:06" in said.out
    assert COORDINATOR_CALLS.most == 1
    assert COORDINATOR_CALLS.window == timedelta(minutes=10)
    assert COORDINATOR_TEXTS.most == 12
    last = said.out.splitlines()[-1]
    assert "a coordinator's phone rings once in ten minutes and gets twelve SMS an hour at most" in last


def test_a_place_and_an_organisation_say_who_is_left_out_for_them(office: Office) -> None:
    """B3: what is asked for the case at one checkpoint, of those whom nobody of the lawyers has agreed to help."""
    checkpoint = ("--country", "CO", "--type", "checkpoint", "--consent", "national", "--place", "L21", "--hours", "1")

    elsewhere = office.types("trees", "simulate", TREES, *checkpoint, "--organisation", "O4").out
    theirs = office.types("trees", "simulate", TREES, *checkpoint, "--organisation", "O3").out

    assert "checkpoint, moderate, in CO at L21" in elsewhere
    assert "not told (place): colombia/police-north" in elsewhere
    assert "not told (organisation): colombia/lawyers" in elsewhere
    assert "lawyers (Lawyers of the farmers' association), es: " in theirs


def test_a_country_that_no_tree_serves_is_named_with_who_stands_in(office: Office, tmp_path: Path) -> None:
    """A2: else last resort looks as if it were for that country."""
    for name in ("colombia.yaml", "head_office.yaml", "teams.yaml"):
        shutil.copy(REPOSITORY / "contact_trees" / name, tmp_path)

    served, other = (
        office.types("trees", "simulate", str(tmp_path), "--country", country, "--type", "arrest", "--hours", "1").out
        for country in ("CO", "FR")
    )

    assert "nobody in the trees that serve FR may be told: the last resort of every tree is alerted" in other
    assert "colombia: Last resort" in other
    assert "may be told" not in served


def test_an_alert_to_a_country_that_can_not_answer_says_so(office: Office) -> None:
    """B4: neither a code to answer with, nor a link where none may be; the price stands beside the country."""
    trees = office.folder / "trees"
    shutil.copytree(TREES, trees)
    colombia = trees / "colombia.yaml"
    colombia.write_text(colombia.read_text().replace("+573005550101", "+50255501234"))
    no_links = "countries:\n  GT: {links: false, price: high, source: tried, checked: 2026-11-20}\n"
    night = ("trees", "simulate", str(trees), *ARREST, *AT, "--hours", "1")

    said, before = office.types(*night).out, office.types(*night, "--messages").out
    (trees / "countries.yaml").write_text(no_links)
    after = office.types(*night, "--messages").out

    assert "coordinator (PBI Colombia), es: sms +0:00 (can't reply), call +0:03" in said
    assert "sms   coordinator (PBI Colombia), es (can't reply)\n" in before
    first = before[before.index("sms   coordinator") :].split("\n")[1]
    assert "No responda a este numero" in first
    assert "https://" in first
    assert "4711" not in first
    assert "sms   coordinator (PBI Colombia), es (can't reply, no link)\n" in after
    without = after[after.index("sms   coordinator") :].split("\n")[1]
    assert "No responda a este numero" in without
    assert "https://" not in without
    assert "llame" in without
    assert "GT (price high): " in after


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

    assert "sms   coordinator (PBI Colombia), gn → es" in said.out
    assert "| PBI URGENTE A-7K3M: detencion" in said.out
    assert "there are no messages in this language: gn → es" in checked.out


def test_of_a_call_those_sentences_are_shown_that_who_picks_up_would_hear(office: Office) -> None:
    """Not all that some call may say: what comes next, or that it is over, has nothing to name in a rehearsal."""
    said = office.types("trees", "simulate", TREES, *ARREST, *AT, "--hours", "1", "--messages").out

    calls = re.findall(r"call  coordinator \(.*\n((?: +\| .*\n)+)", said)
    heard = [line.strip(" |") for line in calls[0].splitlines()]
    assert [words.split()[0] for words in heard] == ["Llamada", "Si", "Gracias."]
    assert "marque su PIN" in heard[1]
    assert ": ." not in said


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
        "arrives": True,
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
    assert sum(each["calls"] for each in found["cost"]["by_country"].values()) == found["cost"]["calls"]
    assert (found["zone"], found["opened_local"]) == ("America/Bogota", "2026-11-24T22:00:00-05:00")


def test_the_picture_is_well_formed_and_names_every_contact(office: Office) -> None:
    said = office.types("trees", "simulate", TREES, *ARREST, *AT, "--format", "svg", "--hours", "1")

    words = "".join(ElementTree.fromstring(said.out).itertext())
    assert "international · embassy-es" in words


def test_no_mark_of_the_picture_hides_another(office: Office) -> None:
    """Messages of one minute, and of one moment, stand apart however long the night is."""
    said = office.types("trees", "simulate", TREES, *ARREST, *AT, "--format", "svg")

    circles = [each for each in ElementTree.fromstring(said.out).iter() if each.tag.endswith("circle")]
    places = sorted((float(each.get("cx", "")), float(each.get("cy", ""))) for each in circles)
    near = [(one, two) for at, one in enumerate(places) for two in places[at + 1 : at + 60] if math.dist(one, two) < 16]
    assert len(places) > 100
    assert near == []


def test_the_page_has_each_step_beside_its_moment(office: Office) -> None:
    said = office.types("trees", "simulate", TREES, *ARREST, *AT, "--format", "html", "--hours", "1")

    page = ElementTree.fromstring(said.out.replace("<!doctype html>", ""))
    steps = {"".join(each[0].itertext()): "".join(each[1].itertext()) for each in page.iter("li")}
    assert steps["+0:10 Tue 22:10"].startswith("colombia: Ombudsman and defenders" + "ombuds (Office of the Ombudsman)")
    assert "segments and calls by country" in "".join(page.itertext())


def test_no_name_or_number_is_in_it(office: Office, numbers: set[str]) -> None:
    """A9: what is printed goes round; whom it is about is named by id."""
    said = office.types("trees", "simulate", TREES, *ARREST, *AT, "--hours", "1")

    assert "coordinator (PBI Colombia), es: sms" in said.out
    assert not [number for number in numbers if number in said.out]


def test_what_can_not_be_played_is_refused_by_name(office: Office) -> None:
    for words, named in (
        (("--country", "XX", "--type", "arrest"), "--country"),
        (("--country", "CO", "--type", "riot"), "--type"),
        ((*ARREST, "--answers", "nobody@5m"), "--answers"),
        ((*ARREST, "--answers", "coordinator"), "CONTACT@AFTER"),
        ((*ARREST, "--declines", "nobody@5m"), "--declines"),
        ((*ARREST, "--reports", "nobody@5m"), "--reports"),
        ((*ARREST, "--go", "Nowhere@5m"), "--go"),
        ((*ARREST, "--hold", "Embassies"), "LEVEL@AFTER"),
        ((*ARREST, "--alarms", "answered"), "silent, answered@5m"),
        ((*ARREST, "--fails", "ombuds/task"), "ombuds/sms, ombuds/email, ombuds/call"),
        ((*ARREST, "--exclude", "ministry-defense"), "ministry-defence"),
        ((*ARREST, "--at", "tomorrow"), "--at"),
        ((*ARREST, "--at", "0001-01-01"), "within the years 2000 to 2100"),
        ((*ARREST, "--at", "9999-12-31T23:59-12:00"), "within the years 2000 to 2100"),
        ((*ARREST, "--hours", "0"), "--hours"),
    ):
        said = office.types("trees", "simulate", TREES, *words)
        assert (said.code, said.out) == (2, ""), words
        assert named in said.err


def test_a_name_that_two_trees_have_is_refused_with_both(office: Office) -> None:
    """Nobody can tell which of two coordinators was meant; one desk that both trees include is one recipient."""
    trees = office.folder / "trees"
    shutil.copytree(TREES, trees)
    international = trees / "international.yaml"
    desk = (
        "  coordinator: {role: coordinator, organisation: Brussels, methods: [{sms: '+32470550199'}]}\n  embassy-es:\n"
    )
    international.write_text(international.read_text().replace("  embassy-es:\n", desk, 1))

    refused = office.types("trees", "simulate", str(trees), *ARREST, "--answers", "coordinator@4m")
    named = office.types(
        "trees", "simulate", str(trees), *ARREST, "--answers", "colombia/coordinator@4m", "--hours", "1"
    )
    shared = office.types("trees", "simulate", str(trees), *ARREST, "--answers", "head-office@6m", "--hours", "1")

    assert (refused.code, refused.out) == (2, "")
    assert "colombia/coordinator@4m, international/coordinator@4m" in refused.err
    assert "+0:04 coordinator takes charge" in named.out
    assert "+0:06 head-office takes charge" in shared.out


LONG_WEEKEND = """
tree: coast
title: Coast network
scope: national
serves: {countries: [CO]}
timezone: America/Bogota
language: es
sender: COAST
callback: "+573005550101"
last_resort: [desk]
contacts:
  desk: {role: coordinator, organisation: Coast, methods: [{sms: "+573005550101"}]}
  friends: {role: ngo, organisation: Friends, methods: [{sms: "+573005550130"}]}
  office:
    role: ombuds
    organisation: Ombuds office
    hours: "Mo-Fr 08:00-17:00"
    holidays: [CO]
    methods: [{sms: "+573005550120"}, {email: office@ombuds.example}]
levels:
  - {name: Coordination, notify: [desk], wait: 10m}
  - {name: Office, notify: [office, friends], wait: 30m}
"""


def test_an_office_closed_on_friday_evening_is_told_on_tuesday_after_a_holiday(office: Office, tmp_path: Path) -> None:
    """B3: at its next opening, if nobody has answered by then: Monday 16 November 2026 is a holiday in Colombia."""
    (tmp_path / "coast.yaml").write_text(LONG_WEEKEND)
    friday = ("trees", "simulate", str(tmp_path), "--country", "CO", "--type", "arrest", "--consent", "national")
    night = (*friday, "--perpetrator", "none", "--at", "2026-11-13T19:00", "--hours", "100")

    silent = office.types(*night).out
    answered = office.types(*night, "--answers", "friends@30m").out

    assert "+85:00 Office: office opens, and is told now" in [line.strip() for line in silent.splitlines()]
    assert "closed when their level opens: coast/office (hours)" in answered
    assert "office opens" not in answered


def test_whom_quiet_hours_spare_until_a_later_round_is_named_with_the_time(office: Office, tmp_path: Path) -> None:
    """A later round gives numbers; who hears first in it would be read nowhere, neither as told nor as left out."""
    quiet = LONG_WEEKEND.replace("organisation: Friends", 'organisation: Friends, quiet: {critical: "22:00-07:00"}')
    (tmp_path / "coast.yaml").write_text(quiet)
    case = ("--country", "CO", "--type", "arrest", "--consent", "national", "--perpetrator", "none")

    night = office.types("trees", "simulate", str(tmp_path), *case, "--at", "2026-11-13T23:00", "--hours", "9").out

    lines = [line.strip() for line in night.splitlines()]
    assert "office (Ombuds office), es: email +0:10" in lines
    assert "friends (Friends), es: sms +8:00" in lines
    assert not any(line.startswith("desk") and "+8" in line for line in lines)
