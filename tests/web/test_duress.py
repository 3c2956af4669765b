"""Duress shows to a key that coordinates and on the coordinator's page after its PIN, and nowhere else (B4)."""

import re
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from alertnet.flows.credentials.pins import set_pins
from alertnet.store.db.tx import Tx
from alertnet.store.records.credentials import api_keys
from alertnet.store.tables import incidents, metadata, notifications
from tests.web.world import ANA, PIN, TREE, World, world_in

DURESS = "47990"
TOLD = "Somebody stands beside the team"
FIRST = "before you call anybody, read"


@pytest.fixture
def world(world: World) -> World:
    for owner in ("valley/alice", "valley/bob"):
        world.gives_pin(owner)
    world.gives_pin("north/ana", duress=DURESS)
    return world


def reports(world: World, pin: str, sid: str = "SM1") -> str:
    """Ana reports with that PIN; the reference of what it has opened."""
    assert world.texts(ANA, f"ALERT {pin} 32 L12 we are followed", sid).status_code == 200
    world.incident = world.rows(incidents)[-1].id
    return world.ref()


def timeline(world: World, ref: str, *scopes: str) -> list[dict[str, Any]]:
    """The timeline as a key of the team with those scopes reads it."""
    _, key = world.runtime.transact(api_keys.create, "north", scopes)
    answer = world.client.get(f"/v1/incidents/{ref}/timeline", headers={"Authorization": f"Bearer {key}"})
    return list(answer.json()["items"])


def severities(world: World, ref: str, *scopes: str) -> tuple[set[str], set[str]]:
    """How grave it is to a key of the team with those scopes: by itself, listed and reported; in its history."""
    _, key = world.runtime.transact(api_keys.create, "north", scopes)
    headers = {"Authorization": f"Bearer {key}"}
    listed = world.client.get("/v1/incidents", headers=headers).json()["items"]
    shown = [*listed, world.client.get(f"/v1/incidents/{ref}", headers=headers).json()]
    most = "full" if "coordinate" in scopes else "minimal"
    report = world.client.get(f"/v1/incidents/{ref}/report?disclosure={most}", headers=headers).text
    entries = timeline(world, ref, *scopes)
    stands = {each["severity"] for each in shown if each["ref"] == ref}
    return stands | set(re.findall(r"<p>(\w+), verified", report)), {
        entry["payload"]["severity"] for entry in entries if "severity" in entry["payload"]
    }


def ticket_in(html: str) -> str:
    """What the page's own values carry once the PIN was entered."""
    found = re.search(r'value="acknowledge~([^"]+)"', html)
    assert found, html
    return found[1]


def of_kind(entries: list[dict[str, Any]], kind: str) -> list[Any]:
    return [entry["payload"] for entry in entries if entry["kind"] == kind]


def in_clear(tx: Tx) -> str:
    """Every cell of the database, as whoever holds it and not the secret reads it."""
    session = tx.session
    return "\n".join(
        str(row) for table in metadata.sorted_tables for row in session.execute(text(f'SELECT * FROM "{table.name}"'))
    )


def test_a_key_that_reads_sees_what_a_true_pin_leaves(world: World) -> None:
    """B4: the key may lie where the team is."""
    after_a_true_one = timeline(world, first := reports(world, PIN), "read")
    world.texts(ANA, f"NEWS {DURESS} 10", "SM3")
    # The type applies at once, and none is less grave than it is by itself.
    assert severities(world, first, "read") == ({"critical"}, {"moderate"})
    world.closes()
    ref = reports(world, DURESS, "SM2")

    read = timeline(world, ref, "read", "raise")

    assert "duress" not in str(read)
    assert of_kind(read, "report_received") == of_kind(after_a_true_one, "report_received") != []
    assert {entry["kind"] for entry in read} - {entry["kind"] for entry in after_a_true_one} == {"alarm_raised"}
    assert of_kind(read, "alarm_raised") == [{"subject": "news", "about": "north", "level": None}]
    assert [severities(world, ref, *scopes) for scopes in (("read",), ("read", "coordinate"))] == [
        ({"moderate"}, {"moderate"}),
        ({"critical"}, {"critical"}),
    ]


@pytest.mark.parametrize("scope", ["coordinate", "administer"])
def test_a_key_that_coordinates_sees_the_duress(world: World, scope: str) -> None:
    entries = timeline(world, reports(world, DURESS), scope, "read")

    assert [payload["pin"] for payload in of_kind(entries, "report_received")] == ["duress"]


def test_what_an_earlier_version_put_down_is_neutral_too(world: World) -> None:
    """Its timeline named duress as kind and as subject; what the hash covers stays as it is."""
    ref = reports(world, PIN)

    def as_before(tx: Tx) -> None:
        from alertnet.store.records.timeline import append

        payload = {"subject": "duress", "about": "north", "level": None}
        append(tx, world.incident, ("duress", {"team": "north"}), ("alarm_raised", payload))

    world.runtime.transact(as_before)

    assert "duress" not in str(timeline(world, ref, "read"))
    assert of_kind(timeline(world, ref, "read"), "news") == [{"team": "north"}]
    assert of_kind(timeline(world, ref, "read", "coordinate"), "duress") == [{"team": "north"}]


def test_no_column_in_clear_names_duress(world: World) -> None:
    """Who has the database and not the secret reads neither kind nor subject."""
    ref = reports(world, DURESS)

    cells = world.runtime.read(in_clear)

    assert ref in cells
    assert "'alarm', 'news'" in cells
    assert "duress" not in cells.lower()
    assert "read_first" not in cells


def test_coordinators_are_told_to_read_before_they_call(world: World) -> None:
    """By SMS and call, in clear: neither duress nor whom not to call."""
    reports(world, DURESS)

    alarms = [row for row in world.rows(notifications) if row.kind == "alarm"]

    assert {(row.contact, row.method, row.said.get("subject")) for row in alarms} == {
        ("alice", "sms", "read_first"),
        ("alice", "call", "read_first"),
    }


def test_the_coordinators_page_tells_it_after_the_pin(world: World) -> None:
    """A9: the link travelled in clear; what was reported is shown with it."""
    reports(world, DURESS)
    page = world.link("alice", page="c")

    opened, wrong = world.client.get(page), world.client.post(page, data={"pin": "11111"})
    proved = world.client.post(page, data={"pin": PIN})

    for hidden in (opened.text, wrong.text):
        assert "Before you call or text anybody, enter your PIN below" in hidden
        assert TOLD not in hidden
        assert "we are followed" not in hidden
    assert proved.status_code == 200
    assert TOLD in proved.text
    assert "we are followed" in proved.text


def test_any_page_of_a_coordinator_tells_it_after_the_pin(world: World) -> None:
    """Of the alert as well, and when somebody else has taken the alarm long since."""
    reports(world, DURESS)
    alert, alarm = world.link("alice"), world.link("alice", page="c")
    world.client.post(alarm, data={"answer": "acknowledge", "pin": PIN})

    assert TOLD in world.client.post(alert, data={"pin": PIN}).text
    assert TOLD in world.client.post(alarm, data={"pin": PIN}).text


def test_nobody_but_a_coordinator_reads_it(world: World) -> None:
    """Bob reads everything with his PIN, and not that."""
    reports(world, DURESS)

    shown = world.client.post(world.link("bob"), data={"pin": PIN}).text

    assert "we are followed" in shown
    assert TOLD not in shown


def test_a_coordinator_without_a_pin_is_sent_to_one_who_has_it(tmp_path: Path) -> None:
    """A coordinator that can't prove itself is told neither more, nor that there is nothing."""
    with world_in(tmp_path, tree=TREE.replace("    pin: true\n", "")) as world:
        world.runtime.transact(set_pins, "north/ana", PIN, DURESS)
        reports(world, DURESS)

        html = world.client.get(world.link("alice", page="c")).text

    assert "Ask a colleague who has one, before you call or text anybody" in html
    assert TOLD not in html


OWN_DURESS = "47991"


def test_a_coordinator_beside_whom_somebody_stands_is_shown_no_mark_of_duress(world: World) -> None:
    """Whoever made the coordinator enter a PIN reads the page too: it says what it would say of any news."""
    world.gives_pin("valley/alice", duress=OWN_DURESS)
    reports(world, DURESS)
    page = world.link("alice", page="c")

    forced = world.client.post(page, data={"pin": OWN_DURESS})
    later = world.client.post(page, data={"answer": f"acknowledge~{ticket_in(forced.text)}"})

    for shown in (forced, later):
        assert shown.status_code == 200
        assert "we are followed" in shown.text
        assert TOLD not in shown.text
        assert "entered its PIN under threat" not in shown.text
    assert "news from the team" in forced.text
    assert TOLD in world.client.post(page, data={"pin": PIN}).text
