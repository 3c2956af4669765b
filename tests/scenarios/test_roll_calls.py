"""Something has happened: everybody is asked whether they are safe, and who does not answer is looked for."""

import re
from typing import Any

import pytest

from tests.scenarios.conftest import Worlds
from tests.scenarios.test_journeys import CONTACTS, LEVELS, alarms, incidents
from tests.scenarios.test_paused import SMS, pauses
from tests.scenarios.valley import a_tree
from tests.scenarios.world import DURESS, TRUE, World

FIELD = """
teams:
  north:
    country: CO
    language: es
    members:
      ana: {name: Ana Example, phone: "+573005550001"}
      luis: {name: Luis Example, phone: "+573005550002", silent: true}
      mary: {name: Mary Example, phone: "+573005550003", language: en}
      marie: {name: Marie Example, phone: "+573005550004", language: fr}
  south:
    country: CO
    language: de
    members:
      max: {name: Max Example, phone: "+573005550005"}
      rosa: {name: Rosa Example, phone: "+573005550006", language: pt}
  abroad:
    country: GT
    language: es
    members:
      eva: {name: Eva Example, phone: "+50255550001"}
"""
PHONES = {"mary": "+573005550003", "marie": "+573005550004", "max": "+573005550005", "rosa": "+573005550006"}
ASKED = {
    "ana": "todo bien",
    "mary": "are you safe",
    "marie": "tout va bien",
    "max": "in Sicherheit",
    "rosa": "tudo bem",
}
GSM7 = re.compile(r"[A-Za-z0-9@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,\-./:;<=>?¡ÄÖÑÜ§¿äöñüà]{1,160}")


@pytest.fixture
def valley(world_of: Worlds) -> World:
    """Whoever has a name above has a PIN."""
    world = world_of(a_tree(LEVELS, CONTACTS, countries="CO, GT"), field=FIELD)
    world.gives_pins("north/ana", "north/mary", "north/marie", "south/max", "south/rosa")
    world.headers = world.key(None, "administer")
    return world


def calls_roll(world: World, **whom: Any) -> str:
    """The place of a roll-call, once everybody has been asked."""
    answer = world.client.post("/v1/roll-calls", json=whom, headers=world.headers)
    assert answer.status_code == 201, answer.text
    world.settles()
    return str(answer.headers["Location"])


def figures(world: World, place: str) -> dict[str, Any]:
    shown: dict[str, Any] = world.client.get(place, headers=world.headers).json()
    return shown


def inbox(world: World, who: str) -> list[str]:
    return world.phone(PHONES.get(who, who)).inbox


def replies(world: World, who: str, text: str) -> str | None:
    return world.texts(PHONES.get(who, who), text)


def test_everybody_in_a_country_is_asked_in_one_segment_of_their_language(valley: World) -> None:
    """A9: not a word of why."""
    place = calls_roll(valley, country="CO", text="Secreta was raided")

    for who, words in ASKED.items():
        (text,) = inbox(valley, who)
        assert words in text
        assert "OK PIN" in text
        assert GSM7.fullmatch(text), text
        assert "Secreta" not in text
    assert inbox(valley, "luis") == inbox(valley, "+50255550001") == []
    shown = figures(valley, place)
    assert (shown["asked"], shown["answered"], shown["not_answered"]) == (5, 0, 5)
    assert (shown["of"], shown["text"]) == ("country CO", "Secreta was raided")
    assert shown["not_asked"] == ["north/luis"]


def test_who_answers_is_counted_and_left_in_peace_and_who_does_not_is_reminded(valley: World) -> None:
    place = calls_roll(valley, team="north")
    valley.passes(minutes=10)
    reply = replies(valley, "ana", f"ok {TRUE}")
    wrong = replies(valley, "mary", "OK 11111")
    valley.passes(minutes=60)

    assert reply is not None
    assert wrong is not None
    shown = figures(valley, place)
    assert (shown["asked"], shown["answered"], shown["not_answered"], shown["under_duress"]) == (3, 1, 2, 0)
    assert {each["member"]: each["status"] for each in shown["members"]} == {
        "north/ana": "answered",
        "north/marie": "awaited",
        "north/mary": "awaited",
    }
    assert len(inbox(valley, "ana")) == 2
    assert len(inbox(valley, "marie")) == 4
    valley.passes(minutes=21)
    assert [len(alarms(valley, f"call north/{who}")) for who in ("ana", "marie")] == [0, 1]
    # Mary's wrong PIN is a text that people read.
    assert [each["type"] for each in incidents(valley)] == ["other"]


def test_an_incident_opens_for_each_who_does_not_answer_where_that_was_asked(valley: World) -> None:
    place = calls_roll(valley, team="north", raise_incidents=True, incident_after="30m")
    replies(valley, "mary", f"OK {TRUE}")
    valley.passes(minutes=29)
    assert incidents(valley) == []
    valley.passes(minutes=1)

    assert [each["type"] for each in incidents(valley)] == ["missed_check_in"] * 2
    refs = {each["member"]: each["incident"] for each in figures(valley, place)["members"]}
    assert refs["north/mary"] is None
    assert sorted(refs[f"north/{who}"] for who in ("ana", "marie")) == sorted(each.ref for each in incidents(valley))


def test_under_duress_the_answer_is_the_same_and_coordinators_alone_see_the_figure(valley: World) -> None:
    """B4: byte for byte."""
    place = calls_roll(valley, team="north")
    valley.passes(minutes=5)
    true = replies(valley, "mary", f"OK {TRUE}")
    valley.gives_pins("north/mary")
    again = calls_roll(valley, team="north", text="a raid")
    forced = replies(valley, "mary", f"OK {DURESS}")

    assert forced == true
    shown = figures(valley, again)
    assert (shown["answered"], shown["under_duress"]) == (1, 1)
    assert [each["member"] for each in shown["members"] if each["status"] == "duress"] == ["north/mary"]
    assert figures(valley, place)["under_duress"] == 0
    valley.headers = valley.key("north", "read")
    told = figures(valley, again)
    assert ("under_duress" in told, told["text"]) == (False, None)
    assert {each["status"] for each in told["members"]} == {"answered", "awaited"}
    assert len(alarms(valley, "read the page")) == 1


def test_who_was_heard_of_otherwise_is_checked_in_by_whoever_heard(valley: World) -> None:
    """The office has Mary on the telephone."""
    place = calls_roll(valley, team="north", raise_incidents=True)
    mary = next(each for each in figures(valley, place)["members"] if each["member"] == "north/mary")
    said = {"kind": "ok"}
    valley.client.post(f"/v1/journeys/{mary['journey']}/check-ins", json=said, headers=valley.headers)
    valley.passes(minutes=90)

    assert figures(valley, place)["answered"] == 1
    assert len(inbox(valley, "mary")) == 1
    assert len(incidents(valley)) == 2


def test_a_phone_that_somebody_else_may_hold_is_left_alone(valley: World) -> None:
    """After an arrest nothing of ours rings there."""
    replies(valley, "mary", f"SOS {TRUE} 20")
    before = list(inbox(valley, "mary"))
    place = calls_roll(valley, team="north")

    assert inbox(valley, "mary") == before
    assert figures(valley, place)["not_asked"] == ["north/luis", "north/mary"]


@pytest.mark.parametrize(("report", "is_asked"), [("20 L12", False), ("31 L12", True)], ids=["arrest", "threat"])
def test_what_waits_for_the_provider_is_not_sent_to_a_phone_in_other_hands(
    valley: World, report: str, *, is_asked: bool
) -> None:
    """B4: it was told meanwhile that we write no more."""
    pauses(valley, [SMS], minutes=3)
    calls_roll(valley, team="north")
    replies(valley, "ana", f"ALERTA {TRUE} {report}")

    valley.passes(minutes=4)

    assert any(ASKED["ana"] in text for text in inbox(valley, "ana")) is is_asked
    assert ASKED["mary"] in inbox(valley, "mary")[0]


@pytest.mark.parametrize(
    ("texts", "not_asked"),
    [
        ([f"SOS {TRUE} 20"], ["north/luis", "north/mary"]),
        ([f"ALERT {TRUE} 31", f"FALSE {TRUE}"], ["north/ana", "north/luis", "north/marie", "north/mary"]),
    ],
    ids=["arrested", "withdrawn"],
)
def test_it_is_left_alone_whatever_the_team_reports_after_that(
    valley: World, texts: list[str], not_asked: list[str]
) -> None:
    """B4: until a coordinator has closed it; a later report takes nothing back."""
    for text in texts:
        replies(valley, "mary", text)
    valley.passes(minutes=11)
    replies(valley, "mary", f"ALERT {TRUE} 31 L40")

    place = calls_roll(valley)

    assert sorted(figures(valley, place)["not_asked"]) == not_asked
    assert "in Sicherheit" in inbox(valley, "max")[-1]


@pytest.mark.parametrize(
    "then", [None, pytest.param(f"OK {TRUE}", marks=pytest.mark.long)], ids=["awaited", "checked in"]
)
def test_an_ok_without_its_pin_opens_no_incident_while_the_watch_of_its_phone_goes_on(
    valley: World, then: str | None
) -> None:
    """A12: half the field answers so. It rings and is read; silence after it has the times of the roll-call."""
    calls_roll(valley)
    replies(valley, "mary", "ok")
    if then is not None:
        replies(valley, "mary", then)
    replies(valley, "max", "zwei Männer vor der Tür")

    valley.passes(minutes=45)

    assert [each["severity"] for each in incidents(valley)] == ["serious", "moderate"]
    assert alarms(valley, "read the message from north")


def test_an_ok_without_its_pin_after_which_nothing_came_is_an_incident_once_it_is_missed(valley: World) -> None:
    """A2: nothing ends in silence."""
    calls_roll(valley)
    replies(valley, "mary", "ok")

    valley.passes(minutes=105)

    assert [each["severity"] for each in incidents(valley)] == ["serious"]


def test_of_a_team_whose_phones_are_all_left_alone_it_is_said_that_it_must_be_found_otherwise(valley: World) -> None:
    """B4: after a withdrawal nothing of ours goes to the team's phones. It is no misspelt name.

    One that is misspelt is refused with those that can be asked.
    """
    for text in (f"ALERT {TRUE} 31", f"FALSE {TRUE}"):
        replies(valley, "mary", text)

    refused = valley.client.post("/v1/roll-calls", json={"team": "north"}, headers=valley.headers)

    assert refused.status_code == 409
    assert "team north is left alone: no phone of it may be written to" in refused.json()["detail"]
    assert calls_roll(valley, team="south")
    others = [
        valley.client.post("/v1/roll-calls", json=of, headers=valley.headers)
        for of in ({"team": "west"}, {"country": "FR"})
    ]
    assert [each.json()["errors"][0]["allowed"] for each in others] == [["abroad", "south"], ["CO", "GT"]]


def test_a_team_can_be_asked_three_times_an_hour(valley: World) -> None:
    """B9."""
    for _ in range(3):
        calls_roll(valley, team="north")
    refused = valley.client.post("/v1/roll-calls", json={"team": "north"}, headers=valley.headers)

    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "3600")
    assert len(inbox(valley, "mary")) == 3
    calls_roll(valley, team="south")
    valley.clock.forward(minutes=60)
    calls_roll(valley, team="north")


def test_whom_nobody_can_ask_is_refused_by_name(valley: World) -> None:
    refused = [
        valley.client.post("/v1/roll-calls", json=body, headers=valley.headers)
        for body in (
            {"team": "west"},
            {"team": "north", "country": "CO"},
            {"country": "HN"},
            {"incident_after": "soon"},
        )
    ]

    assert [each.status_code for each in refused] == [422] * 4
    named = [each.json()["errors"][0]["field"] for each in refused]
    assert named == ["team", "country", "country", "incident_after"]


def test_a_key_of_a_team_asks_and_sees_that_team_alone(valley: World) -> None:
    place = calls_roll(valley)
    souths = valley.key("south", "administer")

    shown = valley.client.get(place, headers=souths).json()
    assert sorted(each["member"] for each in shown["members"]) == ["south/max", "south/rosa"]
    assert shown["not_asked"] == []
    for whom in ({}, {"team": "north"}, {"country": "CO"}):
        assert valley.client.post("/v1/roll-calls", json=whom, headers=souths).status_code == 403
    own = valley.client.post("/v1/roll-calls", json={"team": "south"}, headers=souths)
    assert own.json()["asked"] == 2
    norths = valley.key("north", "read")
    assert valley.client.get(own.headers["Location"], headers=norths).status_code == 404


def test_roll_calls_are_listed_page_by_page_and_a_team_sees_its_own(valley: World) -> None:
    """B5: whoever reads the figures finds them without an id at hand."""
    places = [calls_roll(valley, team=team) for team in ("north", "south", "north")]
    replies(valley, "ana", f"OK {TRUE}")
    listed = valley.client.get("/v1/roll-calls", headers=valley.headers).json()
    theirs = valley.client.get("/v1/roll-calls", headers=valley.key("south", "read")).json()

    assert {each["id"] for each in listed["items"]} == {place.rpartition("/")[2] for place in places}
    assert sorted((each["of"], each["asked"], each["answered"]) for each in listed["items"]) == [
        ("team north", 3, 1),
        ("team north", 3, 1),
        ("team south", 2, 0),
    ]
    assert [each["of"] for each in theirs["items"]] == ["team south"]
    assert listed["next"] is None


def test_who_has_cried_for_help_is_not_asked_again_whether_all_is_well(valley: World) -> None:
    """Under rubble each SMS costs battery, and where somebody hides it makes a sound."""
    calls_roll(valley, team="north")
    replies(valley, "marie", "SOS")
    before = len(inbox(valley, "marie"))

    valley.passes(minutes=16)

    assert sum("are you safe" in text for text in inbox(valley, "mary")) == 2
    assert not any("tout va bien" in text for text in inbox(valley, "marie")[before:])
