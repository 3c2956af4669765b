"""Whoever stands beside a phone, or has its team's key, sees after the PIN for duress what the true one leaves (B4).

Two teams have the same evening: Ana is forced, Luis is not.
"""

import re
from typing import Any

import pytest

from tests.scenarios.conftest import Worlds
from tests.scenarios.test_journeys import CONTACTS, LEVELS
from tests.scenarios.valley import CONTACTS as VALLEY
from tests.scenarios.valley import COORDINATION, a_tree
from tests.scenarios.world import DURESS, TRUE, World, code_in, link_in
from tests.support.rows import in_long

FIELD = """
teams:
  north:
    country: CO
    language: es
    members:
      ana: {name: Ana Example, phone: "+573005550001"}
      mudo: {name: Mudo Example, phone: "+573005550003", silent: true}
      mary: {name: Mary Example, phone: "+573005550004"}
  south:
    country: CO
    language: es
    members:
      luis: {name: Luis Example, phone: "+573005550002"}
"""
EVENINGS = (("north", "ana", DURESS), ("south", "luis", TRUE))
REF = re.compile(r"\b[A-Z]-[A-Z0-9]{4}\b")


@pytest.fixture
def valley(world_of: Worlds) -> World:
    world = world_of(a_tree(LEVELS, CONTACTS), field=FIELD)
    world.gives_pins("north/ana", "south/luis")
    world.headers = world.key(None, "administer")
    return world


def seen_by(world: World, team: str, path: str) -> Any:
    """What a key of the team reads there."""
    answer = world.client.get(path, headers=world.key(team, "read"))
    assert answer.status_code == 200, answer.text
    return answer.json()


def severities_in(timeline: Any) -> list[Any]:
    return [each["payload"]["severity"] for each in timeline["items"] if "severity" in each["payload"]]


def newest_of(world: World, team: str) -> str:
    """The reference of the latest incident on the team's list."""
    return str(seen_by(world, team, "/v1/incidents")["items"][0]["ref"])


@pytest.mark.parametrize(
    "texts",
    [
        ("FALSA {pin}", "OK {pin}"),
        in_long(("hola que tal", "SOS mistake {pin} police")),
        ("we are all safe {pin}", "SOS"),
        *(pytest.param((text,), marks=pytest.mark.long) for text in ("SOS", "OK {pin}", "NUEVA", "FALSA", "BAJA")),
    ],
)
def test_what_the_phone_writes_next_is_answered_alike(valley: World, texts: tuple[str, ...]) -> None:
    """Of what duress has opened by itself no reply gives the reference; the text is read all the same."""
    replies, lists = [], []
    for team, member, pin in EVENINGS:
        valley.texts(member, f"OK {pin}")
        valley.passes(minutes=15)
        said = [valley.texts(member, text.format(pin=pin)) or "" for text in texts]
        replies.append([re.sub(r"\d\d:\d\d", "TIME", REF.sub("REF", each)) for each in said])
        lists.append([each["type"] for each in seen_by(valley, team, "/v1/incidents")["items"]])

    assert replies[0] == replies[1]
    assert all(replies[0])
    assert lists[0] == lists[1]


def test_once_the_text_has_become_an_incident_the_phone_is_answered_alike(valley: World) -> None:
    """It becomes one beside what duress has opened, too: else the reply to FALSE would tell the two evenings apart."""
    replies, lists = [], []
    for team, member, pin in EVENINGS:
        valley.texts(member, f"OK {pin}")
        valley.passes(minutes=31)
        lists.append([(each["type"], each["severity"]) for each in seen_by(valley, team, "/v1/incidents")["items"]])
        reply = valley.texts(member, f"FALSA {pin}")
        replies.append(re.sub(r"\d\d:\d\d", "TIME", REF.sub("REF", reply or "")))

    assert replies[0] == replies[1]
    assert "REF: recibido" in replies[0]
    assert lists[0] == lists[1] == [("other", "serious")]


def test_duress_again_is_put_into_what_it_has_opened(valley: World) -> None:
    """As long as what the phone has written between is no incident, the coordinators keep one of it."""
    for text in (f"OK {DURESS}", "hola que tal", f"FALSA {DURESS}"):
        valley.texts("ana", text)
        valley.passes(minutes=5)

    items = valley.client.get("/v1/incidents", headers=valley.headers).json()["items"]
    assert [each["severity"] for each in items].count("critical") == 1
    assert len(items) == 2


def test_the_timeline_of_what_is_open_shows_no_check_in_under_duress(valley: World) -> None:
    """But for deliveries what a true OK leaves there is left, and it is no graver, also once the team calls it off.

    It is as grave as what is said openly before and after, and no earlier entry changes. Those who may coordinate see
    all of it.
    """
    kinds, histories = [], []
    for team, member, pin in EVENINGS:
        valley.texts(member, f"ALERTA {TRUE} 31")
        valley.passes(minutes=2)
        path = f"/v1/incidents/{newest_of(valley, team)}/timeline"
        graver = {"text": "They came back", "severity": "serious"}
        valley.client.post(path.replace("timeline", "updates"), json=graver, headers=valley.headers)
        before = len(seen_by(valley, team, path)["items"])
        valley.texts(member, f"OK {pin}")
        since = [each["kind"] for each in seen_by(valley, team, path)["items"][before:]]
        kinds.append([kind for kind in since if not kind.startswith("attempt_")])
        valley.passes(minutes=2)
        grave = [seen_by(valley, team, path.removesuffix("/timeline"))["severity"]]
        valley.texts(member, f"FALSA {pin}")
        valley.passes(minutes=2)
        grave.append(seen_by(valley, team, path.removesuffix("/timeline"))["severity"])
        valley.texts(member, f"ALERTA {TRUE} 10")
        grave.append(seen_by(valley, team, path.removesuffix("/timeline"))["severity"])
        assert grave == ["serious", "serious", "critical"]
        histories.append(severities_in(seen_by(valley, team, path)))
        whole = valley.client.get(path, headers=valley.headers).json()["items"]
        assert ("duress" in str(whole)) is (pin == DURESS)

    assert kinds[0] == kinds[1] != []
    assert histories[0] == histories[1]
    assert histories[0][0] == "moderate"


def test_what_a_merge_takes_over_shows_no_check_in_under_duress(valley: World) -> None:
    """Neither by a text of its own, nor by what is missing beside it; those who may coordinate see all of it."""
    taken_over = []
    for team, member, pin in EVENINGS:
        valley.texts(member, f"ALERTA {TRUE} 20 nos pararon")
        part = newest_of(valley, team)
        valley.texts(member, f"OK {pin}")
        valley.passes(minutes=2)
        valley.texts(member, f"NUEVA {TRUE} somos tres")
        valley.passes(minutes=31)
        valley.texts(member, f"ALERTA {TRUE} 31")
        whole = newest_of(valley, team)
        path = f"/v1/incidents/{whole}/timeline"
        before = len(seen_by(valley, team, path)["items"])
        merged = valley.client.post(f"/v1/incidents/{part}/merge", json={"into": whole}, headers=valley.headers)
        assert merged.status_code == 200, merged.text
        seen = seen_by(valley, team, path)
        entries = [(each["kind"], sorted(each["payload"])) for each in seen["items"][before:]]
        severity = seen_by(valley, team, path.removesuffix("/timeline"))["severity"]
        taken_over.append((entries, severity, severities_in(seen)))
        everything = valley.client.get(path, headers=valley.headers).json()["items"]
        assert ("duress" in str(everything)) is (pin == DURESS)
        assert "somos tres" in str(everything[before:])

    assert taken_over[0] == taken_over[1]
    assert "report_received" in [kind for kind, _ in taken_over[0][0]]


def test_a_missed_journey_opens_an_incident_that_its_team_may_see(world_of: Worlds) -> None:
    """The one that duress has opened before is none of it: no key of the team is shown a reference it can't follow."""
    soon = FIELD.replace("    members:", "    journeys: {incident_after: 30m}\n    members:")
    valley = world_of(a_tree(LEVELS, CONTACTS), field=soon)
    valley.gives_pins("north/ana", "south/luis")
    for _, member, pin in EVENINGS:
        valley.texts(member, f"OK {pin}")
        valley.passes(minutes=30)
        valley.texts(member, f"GO {TRUE} L12 22:20")
    valley.passes(minutes=6 + 31)

    for team, _, _ in EVENINGS:
        [ref] = [each["incident"] for each in seen_by(valley, team, "/v1/journeys")["items"]]
        assert seen_by(valley, team, f"/v1/incidents/{ref}")["type"] == "missed_check_in"


def test_who_is_left_alone_because_of_duress_is_named_to_coordinators_alone(valley: World) -> None:
    """A silent phone is in teams.yaml; why another is not asked would tell."""
    valley.texts("ana", f"OK {DURESS}")
    place = valley.client.post("/v1/roll-calls", json={"team": "north"}, headers=valley.headers).headers["Location"]

    assert seen_by(valley, "north", place)["not_asked"] == ["north/mudo"]
    whole = valley.client.get(place, headers=valley.headers).json()
    assert whole["not_asked"] == ["north/ana", "north/mudo"]


@pytest.mark.parametrize(("pin", "warned"), [(TRUE, 0), (DURESS, 1)])
def test_where_the_only_coordinator_is_forced_last_resort_is_warned(world_of: Worlds, pin: str, warned: int) -> None:
    """A2, A9: in neutral words; who stands beside whom is named after last resort's own PIN, and nowhere else."""
    world = world_of(a_tree(COORDINATION))
    world.gives_pins("valley/coordinator")
    world.gives_pins("valley/desk", duress=None)
    world.raises()
    page = link_in(world.phone("coordinator").inbox[0])
    forced = world.client.post(page, data={"answer": "acknowledge", "pin": pin}).text
    world.settles()

    notices = world.phone("head office").inbox
    assert ["before you call anybody, read the page" in each for each in notices] == [True] * warned
    assert "Somebody stands beside" not in forced
    for notice in notices:
        assert "Somebody stands beside" not in world.client.get(link_in(notice)).text
        assert "Somebody stands beside coordinator" in world.client.post(link_in(notice), data={"pin": TRUE}).text


def test_a_coordinator_who_was_not_told_yet_hears_before_last_resort(world_of: Worlds) -> None:
    """B1: those of a later level are coordinators of the incident as well."""
    later = COORDINATION + "  - {name: Later, notify: [second], wait: 10m}\n"
    second = '  second: {role: coordinator, organisation: Valley, methods: [{sms: "+573005550102"}]}\n'
    world = world_of(a_tree(later, VALLEY + second))
    world.gives_pins("valley/coordinator")
    world.raises()
    world.client.post(link_in(world.phone("coordinator").inbox[0]), data={"pin": DURESS})
    world.settles()

    [notice] = world.phone("+573005550102").inbox
    assert "before you call anybody, read the page" in notice
    assert world.phone("head office").inbox == []


def test_where_a_stranger_has_the_number_of_the_only_other_coordinator_last_resort_is_warned(world_of: Worlds) -> None:
    """A2: who was told and can't be any more is nobody, and a duress that nobody hears of is lost."""
    both = COORDINATION.replace("[coordinator]", "[coordinator, second]")
    second = '  second: {role: coordinator, organisation: Valley, methods: [{sms: "+573005550102"}]}\n'
    world = world_of(a_tree(both, VALLEY + second))
    world.gives_pins("valley/coordinator")
    world.raises()
    world.client.post(link_in(world.phone("+573005550102").inbox[0]), data={"answer": "wrong_person"})
    world.settles()

    world.client.post(link_in(world.phone("coordinator").inbox[0]), data={"answer": "acknowledge", "pin": DURESS})
    world.settles()

    assert "before you call anybody, read the page" in world.phone("head office").inbox[-1]
    assert len(world.phone("+573005550102").inbox) == 1


@pytest.mark.parametrize(("pin", "warned"), [(TRUE, 0), (DURESS, 1)])
@pytest.mark.parametrize(
    ("told_of", "words"),
    [
        in_long("nothing", "{code} {pin} we are on it"),
        ("an open incident", "todo bien, {pin}"),
        in_long("an open incident", "{code} {pin} we are on it"),
        ("a closed one", "{code} {pin} we are on it"),
    ],
)
def test_a_contacts_pin_for_duress_in_a_text_is_told_whatever_it_is_about(
    world_of: Worlds, told_of: str, pin: str, warned: int, words: str
) -> None:
    """B4: the reply is that to the true PIN; after their own PIN coordinators read who is under duress."""
    world = world_of(a_tree(COORDINATION + "  - {name: Ombuds, notify: [ombuds], wait: 10m}\n"))
    world.gives_pins("valley/ombuds")
    world.gives_pins("valley/coordinator", duress=None)
    code = "4711"
    if told_of != "nothing":
        incident = world.raises(severity="moderate", type="threat", perpetrator="none")
        world.passes(minutes=10)
        code = code_in(world.phone("ombuds").inbox[0])
    if told_of == "a closed one":
        incident.act("close", reason="resolved")
    reply = world.reply_to("ombuds", words.format(code=code, pin=pin))
    world.passes(minutes=10)

    assert pin not in reply
    notices = [each for each in world.phone("coordinator").inbox if "before you call anybody, read the page" in each]
    assert len(notices) == warned
    for notice in notices:
        assert "Somebody stands beside ombuds" in world.client.post(link_in(notice), data={"pin": TRUE}).text
