"""Edited trees and wider consent take effect once a coordinator has seen the difference, and only then (A8)."""

from pathlib import Path
from typing import Any

import pytest

from tests.scenarios.conftest import SECRET, Worlds
from tests.scenarios.test_paused import SMS, pauses
from tests.scenarios.valley import FIELD, a_tree
from tests.scenarios.world import Incident, World, code_in, decision_code_in, link_in

CONTACTS = """
  coordinator: {role: coordinator, organisation: Valley, methods: [{sms: "+573005550101"}]}
  defenders: {role: ngo, organisation: Defenders, methods: [{sms: "+573005550130"}, {call: "+573005550130", after: 5m}]}
  spain: {role: embassy, represents: ES, organisation: Spain, methods: [{sms: "+34600550140"}]}
  desk: {role: ngo, organisation: Head office, methods: [{sms: "+32470550101"}]}
"""
LEVELS = """
  - {name: Coordination, notify: [coordinator], wait: 10m}
  - {name: Friends, notify: [defenders], wait: 20m, acknowledge: any, then: next}
  - {name: Embassies, notify: [spain], wait: 30m}
"""
NEW_NUMBER = "+34600550199"
MOVED = CONTACTS.replace("+34600550140", NEW_NUMBER)
CONSENT: Any = {"scope": "international", "given_by": "her mother", "how": "by telephone"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "edited"
    folder.mkdir()
    (folder / "valley.yaml").write_text(a_tree(LEVELS, CONTACTS))
    (folder / "teams.yaml").write_text(FIELD)
    return folder


@pytest.fixture
def world(world_on: Worlds, tmp_path: Path, folder: Path) -> World:
    return world_on(f"sqlite:///{tmp_path / 'living.db'}", folder)


def edits(world: World, folder: Path, levels: str = LEVELS, contacts: str = CONTACTS, name: str = "valley") -> None:
    (folder / f"{name}.yaml").write_text(a_tree(levels, contacts, tree=name))
    world.runtime.trees.look()


def looks(incident: Incident) -> Any:
    return incident.act("re-resolve", apply=False)


def applies(incident: Incident) -> Any:
    return incident.act("re-resolve", apply=True, expected=looks(incident)["hash"])


def test_the_family_consents_to_more_and_the_embassy_is_told_once_a_coordinator_has_seen_it(world: World) -> None:
    """A8, A3: nobody outside the plan hears before; then at once, since the moment of the level has passed."""
    incident = world.raises(consent="national")
    world.texts("coordinator", f"OK {code_in(world.phone('coordinator').inbox[0])}")
    world.passes(minutes=45)

    answer = incident.act("consent", **CONSENT)
    world.passes(hours=1)
    assert answer["consent"] == "national"
    assert "takes effect when a coordinator re-resolves" in answer["warnings"][0]
    assert world.phone("spain").inbox == []

    seen = looks(incident)
    assert seen["consent"] == {"before": "national", "after": "international"}
    assert seen["newly_told"] == [{"tree": "valley", "level": "Embassies", "contact": "spain"}]
    assert "consent: national → international" in seen["words"]
    assert "valley: Spain (spain) may be told, in level Embassies" in seen["words"]

    applied = incident.act("re-resolve", apply=True, expected=seen["hash"])
    assert (applied["consent"], applied["warnings"]) == ("international", [])
    assert len(world.phone("spain").inbox) == 1
    assert "re_resolved" in incident.timeline()
    assert incident.answers()[0] == ("coordinator", "acknowledged", "sms")


def test_who_has_left_the_trees_hears_no_news_that_still_waits(world: World, folder: Path) -> None:
    """A8: a coordinator has seen and applied that it has nothing to do with this any more."""
    incident = world.raises(consent="national")
    world.passes(minutes=10)
    alerts = list(world.phone("defenders").inbox)
    pauses(world, [SMS], minutes=5)
    incident.act("updates", text="she was seen")
    assert {("coordinator", "sms"), ("defenders", "sms")} <= set(incident.told("update"))
    left = [[line for line in text.splitlines() if "defenders" not in line] for text in (LEVELS, CONTACTS)]
    edits(world, folder, *("\n".join(lines) + "\n" for lines in left))

    applies(incident)
    world.passes(minutes=6)

    assert (len(alerts), world.phone("defenders").inbox) == (1, alerts)
    news = {each["contact"]: each["status"] for each in incident["notifications"] if each["kind"] == "update"}
    assert news == {"coordinator": "delivered", "defenders": "cancelled"}


def test_an_embassys_new_number_is_used_after_re_resolving_and_the_old_one_no_more(world: World, folder: Path) -> None:
    """A8: what runs is pinned. A6: the old number, which is another's now, acknowledges nothing."""
    incident = world.raises()
    world.passes(minutes=31)
    old = code_in(world.phone("spain").inbox[0])
    edits(world, folder, contacts=MOVED)
    world.passes(minutes=5)
    assert world.phone(NEW_NUMBER).inbox == []

    seen = looks(incident)
    assert [(each["change"], each["address"]) for each in seen["methods"]] == [("removed", "…0140"), ("added", "…0199")]
    applies(incident)

    (told,) = world.phone(NEW_NUMBER).inbox
    assert len(world.phone("spain").inbox) == 1
    assert len(world.phone("defenders").inbox) == 1
    world.texts("spain", f"OK {old}")
    world.client.post(link_in(world.phone("spain").inbox[0]), data={"answer": "acknowledge"})
    assert incident.answers() == []
    world.texts(NEW_NUMBER, f"OK {code_in(told)}")
    assert incident.answers() == [("spain", "acknowledged", "sms")]
    assert incident.status("valley") == "acknowledged"


def test_what_was_acknowledged_and_sent_stays_when_levels_and_methods_move(world: World, folder: Path) -> None:
    """A4, A8: nobody hears the same twice, and a late failure or answer finds its place."""
    incident = world.raises()
    world.passes(minutes=11)
    code = code_in(world.phone("defenders").inbox[0])
    swapped = CONTACTS.replace(
        '[{sms: "+573005550130"}, {call: "+573005550130", after: 5m}]',
        '[{call: "+573005550130", after: 5m}, {sms: "+573005550130"}]',
    )
    first = "\n  - {name: Desk first, notify: [desk], wait: 5m}"
    edits(world, folder, first + LEVELS.replace("name: Friends", "name: Friends and allies"), swapped)

    applies(incident)
    world.texts("defenders", f"OK {code}")

    assert incident.answers() == [("defenders", "acknowledged", "sms")]
    assert len([each for each in world.phone("defenders").inbox if "URGENT" in each]) == 1
    assert incident.told().count(("desk", "sms")) == 1
    world.passes(minutes=60)
    assert incident.told().count(("defenders", "sms")) == 1
    assert ("defenders", "call") not in incident.told()
    assert incident.told().count(("spain", "sms")) == 1


def test_what_waits_to_leave_is_in_the_language_that_its_contact_has_now(world: World, folder: Path) -> None:
    """A8: an office that was entered in the wrong language must be able to read what the provider has yet to take."""
    incident = world.raises()
    world.sandbox.stop()
    world.passes(minutes=10, seconds=5)
    assert world.phone("defenders").inbox == []
    edits(
        world,
        folder,
        contacts=CONTACTS.replace(
            "{role: ngo, organisation: Defenders", "{role: ngo, language: fr, organisation: Defenders"
        ),
    )

    applies(incident)
    world.sandbox.start()
    world.passes(minutes=2)

    [told] = world.phone("defenders").inbox
    assert "arrestation" in told
    assert {each["language"] for each in incident["notifications"] if each["contact"] == "defenders"} == {"fr"}


def test_a_difference_that_has_changed_since_is_not_applied(world: World, folder: Path) -> None:
    """B5: 409 with the hash as it is now; without one 422."""
    incident = world.raises(consent="national")
    seen = looks(incident)["hash"]
    edits(world, folder, contacts=MOVED)

    refused = incident.act("re-resolve", apply=True, expected=seen, expect=409)

    assert refused["current"] == looks(incident)["hash"] != seen
    missing = incident.act("re-resolve", apply=True, expect=422)
    assert missing["errors"][0]["field"] == "expected"
    assert incident.act("re-resolve", apply=True, expected=refused["current"])["consent"] == "national"


def test_who_has_left_the_tree_gets_no_alert_any_more_but_the_all_clear(world: World, folder: Path) -> None:
    """A4: what is queued for them is cancelled; whoever was told hears that it is over."""
    incident = world.raises()
    world.passes(minutes=11)
    left = "\n".join(line for line in CONTACTS.splitlines() if "defenders" not in line)
    edits(world, folder, LEVELS.replace("notify: [defenders]", "notify: [desk]"), left)

    assert [each["contact"] for each in looks(incident)["no_longer_told"]] == ["defenders"]
    applies(incident)
    world.passes(minutes=60)
    assert world.phone("defenders").calls == []

    incident.act("updates", text="She was seen")
    assert len(world.phone("defenders").inbox) == 1
    incident.act("close", reason="released")
    assert len(world.phone("defenders").inbox) == 2


def test_who_has_left_the_tree_hears_that_it_is_not_over_and_is_led_to_no_page(world: World, folder: Path) -> None:
    """A3, B5: it was told that it is over; the page would say that others take care of it."""
    mailbox = "office@defenders.example"
    edits(world, folder, contacts=CONTACTS.replace('[{sms: "+573005550130"}', f"[{{email: {mailbox}}}"))
    incident = world.raises()
    world.passes(minutes=11)
    left = "\n".join(line for line in CONTACTS.splitlines() if "defenders" not in line)
    edits(world, folder, LEVELS.replace("notify: [defenders]", "notify: [desk]"), left)
    applies(incident)
    incident.act("close", reason="released")

    incident.act("reopen", reason="it was not over")

    mails = [mail.text for mail in world.mailbox(mailbox).mails]
    assert "/a/" in mails[0]
    assert "is open again" in mails[-1]
    assert "/a/" not in mails[-1]


@pytest.mark.parametrize("by", ["code", "link"])
def test_who_goes_by_another_name_since_answers_with_what_it_was_sent(world: World, folder: Path, by: str) -> None:
    """A6, A12: a contact that was renamed is the same recipient; nobody tells it that all is taken care of."""
    incident = world.raises()
    world.passes(minutes=11)
    [alert] = world.phone("defenders").inbox
    edits(world, folder, LEVELS.replace("[defenders]", "[friends]"), CONTACTS.replace("defenders:", "friends:"))
    applies(incident)

    if by == "code":
        assert "you take charge" in str(world.texts("defenders", f"OK {code_in(alert)}"))
    else:
        assert "you take charge" in world.client.post(link_in(alert), data={"answer": "acknowledge"}).text

    assert incident.answers() == [("friends", "acknowledged", "sms" if by == "code" else "link")]


def test_who_has_left_one_of_two_trees_answers_and_decides_for_the_other(world: World, folder: Path) -> None:
    """A6, A12: the first tree that told it has gone, and codes and questions of it with that name."""
    edits(world, folder, "  - {name: Coordination, notify: [coordinator], wait: 10m}", name="andes")
    world.texts("ana", "SOS")
    incident = world.newest()
    alert = world.phone("coordinator").inbox[-1]
    assert alert.startswith("ANDES")
    (folder / "andes.yaml").unlink()
    world.runtime.trees.look()
    applies(incident)

    world.texts("coordinator", f"GO {decision_code_in(alert)}")
    world.texts("coordinator", f"OK {code_in(alert)}")

    assert incident["verified"] is True
    assert [(each["tree"], each["contact"]) for each in incident["acknowledgements"]] == [("valley", "coordinator")]


def test_trees_that_join_open_now_and_those_that_leave_stop(world: World, folder: Path) -> None:
    """A2, A8: an escalation each; the incident goes on by the trees that serve it."""
    incident = world.raises()
    world.passes(minutes=5)
    edits(world, folder, "  - {name: All, notify: [coordinator, spain], wait: 10m}", name="europe")
    (folder / "valley.yaml").unlink()
    world.runtime.trees.look()

    assert looks(incident)["trees"] == {"joining": ["europe"], "leaving": ["valley"]}
    applies(incident)

    assert (incident.status("valley"), incident.status("europe")) == ("stopped", "running")
    assert len(world.phone("spain").inbox) == 1
    assert len([each for each in world.phone("coordinator").inbox if "URGENT" in each]) == 1
    incident.act("close", reason="resolved")
    incident.act("reopen", reason="it was not over")
    assert (incident.status("valley"), incident.status("europe")) == ("stopped", "running")
    world.passes(minutes=30)
    assert ("defenders", "sms") not in incident.told()


def test_a_stranger_who_has_said_so_is_told_nothing_by_a_tree_that_joins(world: World, folder: Path) -> None:
    """A9: a number that is somebody else's is so in each tree; the others of it are told."""
    incident = world.raises()
    world.passes(minutes=12)
    [alert] = world.phone("defenders").inbox
    world.client.post(link_in(alert), data={"answer": "wrong_person"})
    edits(world, folder, "  - {name: All, notify: [defenders, spain], wait: 10m}", name="europe")

    applies(incident)
    world.passes(minutes=15)
    incident.act("close", reason="released")

    assert world.phone("defenders").inbox == [alert]
    assert world.phone("defenders").calls == []
    assert len(world.phone("spain").inbox) == 2


def test_the_consent_of_one_of_the_people_waits_as_well_and_the_narrowest_holds(world: World) -> None:
    """B1, A3: the incident's is wider already, hers was national."""
    incident = world.raises(people=[{"code": "P7"}, {"code": "P9"}], consent="national")
    incident.act("consent", **CONSENT)
    assert "consent stays national: it is the narrowest of the incident's and its people's" in looks(incident)["words"]

    answer = incident.act("consent", **CONSENT, people=["P9"])
    assert [each.split(" takes")[0] for each in answer["warnings"]] == [
        "wider consent (international)",
        "wider consent of P9 (international)",
    ]
    applied = applies(incident)
    world.passes(minutes=31)

    assert applied["warnings"] == []
    assert len(world.phone("spain").inbox) == 1
    incident.act("consent", **CONSENT | {"scope": "national"}, people=["P9"])
    assert {each["contact"] for each in incident["pruned"]} == {"spain"}


def test_a_tree_that_consent_had_stopped_goes_on_when_it_is_given_again(world: World, folder: Path) -> None:
    """A2, A3: those that now resolve to somebody open; whoever was told already is not told as if it were new."""
    edits(world, folder, "  - {name: All, notify: [spain], wait: 10m}", name="europe")
    incident = world.raises()
    assert len(world.phone("spain").inbox) == 1
    incident.act("consent", **CONSENT | {"scope": "national"})
    assert incident.status("europe") == "stopped"

    incident.act("consent", **CONSENT)
    world.passes(minutes=5)
    assert incident.status("europe") == "stopped"
    applies(incident)

    assert incident.status("europe") == "running"
    assert len(world.phone("spain").inbox) == 1
    world.texts("spain", f"OK {code_in(world.phone('spain').inbox[0])}")
    assert incident.status("europe") == "acknowledged"


def test_where_nobody_is_left_the_last_resort_of_a_stopped_tree_is_told(world: World, folder: Path) -> None:
    """A2: an incident never resolves to nobody, by an edit neither."""
    edits(world, folder, "  - {name: All, notify: [spain], wait: 10m}", name="europe")
    incident = world.raises()
    incident.act("consent", **CONSENT | {"scope": "national"})
    (folder / "valley.yaml").unlink()
    world.runtime.trees.look()

    answer = applies(incident)

    assert "the last resort of every tree is alerted" in answer["warnings"][0]
    assert (incident.status("valley"), incident.status("europe")) == ("stopped", "unanswered")
    assert len(world.phone("head office").inbox) == 1


def test_who_has_left_the_tree_hears_of_its_own_report_alone_how_that_ended(world: World, folder: Path) -> None:
    """A4, A8: told at the first level, gone before the next; merged with a report on the edited tree, and split off."""
    first = world.raises()
    world.texts("coordinator", f"OK {code_in(world.phone('coordinator').inbox[0])}")
    world.passes(minutes=11)
    edits(
        world,
        folder,
        LEVELS.replace("[defenders]", "[desk]"),
        CONTACTS.replace("  defenders:", "  friends:").replace("+573005550130", "+573005550139"),
    )
    second = world.raises()
    first.act("merge", into=second.ref)
    world.passes(minutes=35)
    second.act("split", reports=[first.ref])
    world.passes(minutes=1)

    for each in (second, first):
        each.act("close", reason="resolved")

    heard = world.phone("defenders").inbox
    assert [first.ref in text for text in heard] == [True, True]
    assert "closed" in heard[-1]
    assert ("spain", "sms") in second.told("stand_down")


def test_a_code_that_was_sent_before_the_secret_was_exchanged_is_good_after_re_resolving(
    world_on: Worlds, world: World, folder: Path, tmp_path: Path
) -> None:
    """A6: its number is known by the older secret, and is the same number."""
    ref = world.raises().ref
    world.passes(minutes=11)
    code = code_in(world.phone("defenders").inbox[0])
    secrets = f"the secret that takes the place of the other,{SECRET}"
    later = world_on(f"sqlite:///{tmp_path / 'living.db'}", folder, ALERTNET_SECRET_KEY=secrets)
    later.clock.at = world.clock.at
    world.runtime.close()
    world.runtime = later.runtime
    edits(later, folder, LEVELS.replace("wait: 30m", "wait: 40m"))

    applies(Incident(later, ref))
    later.texts("defenders", f"OK {code}")

    assert Incident(later, ref).answers() == [("defenders", "acknowledged", "sms")]
