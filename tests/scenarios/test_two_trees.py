"""One phone that stands in two contact trees: what it answers, by whichever door, is one answer (A4, A6, B1)."""

from pathlib import Path

import pytest

from alertnet.flows.desk.board import read_board
from tests.scenarios.conftest import Worlds
from tests.scenarios.valley import CONTACTS, COORDINATION, a_tree
from tests.scenarios.world import Incident, World, code_in, link_in

CONSUL, FRIEND, PIN = "+34600550140", "+573005550130", "47110"
TOOK_CHARGE = {"en": "you take charge. Thank you.", "es": "usted se hace cargo. Gracias."}
SINCE = {"en": "What has happened since", "es": "Qué ha pasado desde entonces"}
REPEATED = "wait: 30m, repeat: {every: 6m, times: 3}"
VALLEY = a_tree(
    f"  - {{name: Friends, notify: [consul, friend], acknowledge: all, {REPEATED}}}\n{COORDINATION}",
    f"""
  coordinator: {{role: coordinator, organisation: Valley, methods: [{{sms: "+573005550101"}}]}}
  consul: {{role: ngo, organisation: Consulate, language: es, disclosure: full, methods: [{{sms: "{CONSUL}"}}]}}
  friend: {{role: ngo, organisation: Friends, methods: [{{sms: "{FRIEND}"}}]}}
  desk: {{role: ngo, organisation: Head office, methods: [{{sms: "+32470550101"}}]}}
""",
)
ABROAD = a_tree(
    f"  - {{name: Embassies, notify: [embassy], {REPEATED.replace('6m', '4m')}}}\n{COORDINATION}",
    f"""
  coordinator: {{role: coordinator, organisation: Abroad, methods: [{{sms: "+32470550102"}}]}}
  embassy: {{role: embassy, scope: national, organisation: Embassy, disclosure: full, methods: [{{sms: "{CONSUL}"}}]}}
  desk: {{role: ngo, organisation: Head office, methods: [{{sms: "+32470550101"}}]}}
""",
    tree="abroad",
)


@pytest.fixture
def world(world_of: Worlds) -> World:
    """The consul's phone in both trees: to one it speaks English, to the other Spanish."""
    return world_of(VALLEY, ABROAD)


def links(world: World) -> tuple[str, str]:
    """The links that the two trees have sent to the phone once both have reminded it: Abroad's, Valley's."""
    world.passes(minutes=7)
    by_tree = {text.split()[0]: link_in(text) for text in world.phone("spain").inbox if "/a/" in text}
    return by_tree["ABROAD"], by_tree["VALLEY"]


def page(world: World, link: str) -> str:
    """What whoever opens it reads, in the language of that tree's contact."""
    return world.client.get(link).text


def presses(world: World, link: str, answer: str, **more: str) -> str:
    """What the page says once that button was pressed."""
    html = world.client.post(link, data={"answer": answer, **more}).text
    world.settles()
    return html


def trees_told(incident: Incident, *besides: str, kind: str = "alert") -> list[list[str]]:
    """The trees that each message of that kind to the phone counts for; `besides`: others who have it here."""
    own = ("consul", "embassy", *besides)
    return sorted(
        each["trees"] for each in incident["notifications"] if each["kind"] == kind and each["contact"] in own
    )


def code(world: World) -> str:
    return code_in(world.phone("spain").inbox[0])


def test_the_other_trees_page_says_what_was_acknowledged_by_sms_until_it_is_revoked(world: World) -> None:
    """A6: before anything is pressed there, in the words of that tree's contact; the same once more records nothing."""
    incident = world.raises()
    abroad, valley = links(world)
    assert TOOK_CHARGE["en"] not in page(world, abroad)
    assert TOOK_CHARGE["es"] not in page(world, valley)

    world.texts("spain", f"OK {code(world)}")
    assert TOOK_CHARGE["en"] in page(world, abroad)
    assert TOOK_CHARGE["es"] in page(world, valley)

    before = incident["acknowledgements"]
    assert TOOK_CHARGE["es"] in presses(world, valley, "acknowledge")
    assert incident["acknowledgements"] == before
    assert incident.answers() == [("embassy", "acknowledged", "sms")]

    world.client.delete(f"/v1/incidents/{incident.ref}/acknowledgements/{before[0]['id']}", headers=world.headers)
    assert TOOK_CHARGE["en"] not in page(world, abroad)
    assert TOOK_CHARGE["es"] not in page(world, valley)


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [("decline", "declined", "usted no puede actuar"), ("relay", "relayed", "usted lo transmitió")],
)
def test_another_answer_on_the_other_trees_page_takes_the_place_of_the_first(
    world: World, answer: str, kind: str, words: str
) -> None:
    """A6: it holds in both trees, and both pages say it alone."""
    incident = world.raises()
    abroad, valley = links(world)
    world.texts("spain", f"OK {code(world)}")
    assert incident.status("abroad") == "acknowledged"

    said = presses(world, valley, answer)

    assert words in said
    assert TOOK_CHARGE["es"] not in said
    assert TOOK_CHARGE["en"] not in page(world, abroad)
    assert [(given, via) for _, given, via in incident.answers()] == [(kind, "link")]
    assert incident.status("abroad") == "running"


def test_a_code_after_the_other_trees_link_says_what_was_recorded(world: World) -> None:
    """A6: the other way round, by SMS after a link."""
    incident = world.raises()
    _, valley = links(world)
    presses(world, valley, "acknowledge")
    recorded_at = incident["acknowledgements"][0]["at"]
    world.passes(minutes=2)

    reply = world.reply_to("spain", f"OK {code(world)}")

    assert incident.answers() == [("consul", "acknowledged", "link")]
    assert incident["acknowledgements"][0]["at"] == recorded_at
    assert "21:21" in reply, "the moment at which it was recorded, in Bogota"


def test_what_was_done_is_on_both_pages_and_reported_once(world: World) -> None:
    """B9: the same report from the other page is the same report."""
    incident = world.raises()
    abroad, valley = links(world)
    presses(world, abroad, "acknowledge")
    presses(world, abroad, "action", action="visited", note="we went")
    assert SINCE["en"] in page(world, abroad)

    said = presses(world, valley, "action", action="visited", note="we went")

    assert SINCE["es"] in said
    assert "su informe. Gracias." in said
    assert [(each["contact"], each["action"]) for each in incident["actions"]] == [("embassy", "visited")]


def test_a_text_without_a_code_is_not_asked_for_an_answer_that_the_other_tree_has(world: World) -> None:
    """A12: whoever has answered by the link of one tree is not told to answer with the code of the other."""
    world.raises()
    _, valley = links(world)
    asked = world.texts("spain", "we are on our way")
    assert asked is not None
    assert code(world) in asked

    presses(world, valley, "acknowledge")
    reply = world.reply_to("spain", "we are nearly there")

    assert code(world) not in reply


def test_a_page_with_a_pin_says_what_was_recorded_and_takes_and_shows_nothing_more(world: World) -> None:
    """A6, A9: what was answered elsewhere opens no page that waits for a PIN."""
    world.gives_pins("valley/consul", pin=PIN, duress=None)
    incident = world.raises()
    _, valley = links(world)
    world.texts("spain", f"OK {code(world)}")

    html = page(world, valley)
    assert TOOK_CHARGE["es"] in html
    assert 'name="pin"' in html
    assert "Maria Secreta" not in html
    assert "Maria Secreta" not in presses(world, valley, "decline")
    assert [kind for _, kind, _ in incident.answers()] == ["acknowledged"]

    assert "Maria Secreta" in presses(world, valley, "decline", pin=PIN)
    assert [kind for _, kind, _ in incident.answers()] == ["declined"]


def test_an_incident_opens_where_the_phone_stands_twice_in_one_of_the_trees(world_of: Worlds) -> None:
    """A2, B1: two of its contacts have the number; the other tree's alert counts for one of them, never for both."""
    world = world_of(VALLEY.replace(FRIEND, CONSUL), ABROAD)

    incident = world.raises()

    assert trees_told(incident, "friend") == [["abroad", "valley"], ["valley"]]
    world.texts("spain", f"OK {code(world)}")
    assert (incident.status("abroad"), incident.status("valley")) == ("acknowledged", "acknowledged")


def test_a_later_level_opens_where_the_phone_stands_in_it_twice(world_of: Worlds) -> None:
    """A2: what another tree sent before counts for one of the two, the other one gets its own."""
    first = "  - {name: First, notify: [desk], wait: 5m}\n  - {name: Friends"
    world = world_of(VALLEY.replace(FRIEND, CONSUL).replace("  - {name: Friends", first), ABROAD)
    incident = world.raises()
    assert trees_told(incident, "friend") == [["abroad"]]

    world.passes(minutes=5)

    assert incident.level("valley") == "Friends"
    assert trees_told(incident, "friend") == [["abroad", "valley"], ["valley"]]


def test_an_alert_of_three_trees_names_all_three(world_of: Worlds) -> None:
    """B1."""
    incident = world_of(VALLEY, ABROAD, ABROAD.replace("abroad", "beyond")).raises()

    assert trees_told(incident) == [["abroad", "beyond", "valley"]]


def test_reminders_that_both_trees_want_at_the_same_moment_are_one(world_of: Worlds) -> None:
    """A7, B1: nobody's phone gets two at once; and it leaves as long as one of the trees wants it."""
    world = world_of(VALLEY, ABROAD.replace("every: 4m", "every: 6m"))
    incident = world.raises()
    assert len(world.phone("spain").inbox) == 1

    world.passes(minutes=7)

    assert len(world.phone("spain").inbox) == 2
    assert trees_told(incident, kind="reminder") == [["abroad", "valley"]]


def heard_since(world: World, before: int) -> list[str]:
    return world.phone("spain").inbox[before:]


def test_news_the_end_and_that_it_is_not_over_are_told_once(world: World) -> None:
    """A12: both trees have written to the phone, and it hears of each as one message."""
    incident = world.raises()
    links(world)
    before = len(world.phone("spain").inbox)

    incident.act("updates", text="They were seen at the barracks")
    incident.act("close", reason="resolved")
    incident.act("reopen", reason="It was somebody else")

    own = [each["kind"] for each in incident["notifications"] if each["contact"] in ("consul", "embassy")]
    assert sorted(set(own) - {"alert", "reminder"}) == ["correction", "stand_down", "update"]
    assert len(heard_since(world, before)) == 3


def test_who_has_acknowledged_is_asked_once_what_was_done(world_of: Worlds) -> None:
    """B3: both trees wait for an action, and ask for it at the same moment."""
    due = "acknowledge: any, action_due: {after: 20m, otherwise: next}, wait"
    world = world_of(VALLEY.replace("acknowledge: all, wait", due), ABROAD.replace("wait", due, 1))
    world.raises()
    world.texts("spain", f"OK {code(world)}")
    before = len(world.phone("spain").inbox)

    world.passes(minutes=21)

    (asked,) = heard_since(world, before)
    assert f"DONE {code(world)}" in asked


def test_the_link_of_the_tree_without_a_pin_is_no_way_around_the_other_trees_pin(world: World) -> None:
    """A6: what is answered there would count in both, so it asks for the PIN that the recipient has."""
    world.gives_pins("abroad/embassy", pin=PIN, duress=None)
    incident = world.raises()
    _, valley = links(world)

    refused = presses(world, valley, "acknowledge")
    assert 'name="pin"' in refused
    assert incident.answers() == []
    assert incident.status("abroad") == "running"

    assert TOOK_CHARGE["es"] in presses(world, valley, "acknowledge", pin=PIN)
    assert incident.answers() == [("consul", "acknowledged", "link")]
    assert incident.status("abroad") == "acknowledged"


def test_of_two_pins_each_page_takes_its_own(world: World) -> None:
    """A6: the other tree's PIN is asked for only where the contact has none."""
    world.gives_pins("abroad/embassy", pin=PIN, duress=None)
    world.gives_pins("valley/consul", pin="58221", duress=None)
    incident = world.raises()
    _, valley = links(world)

    presses(world, valley, "acknowledge", pin=PIN)
    assert incident.answers() == []

    presses(world, valley, "acknowledge", pin="58221")
    assert incident.answers() == [("consul", "acknowledged", "link")]


def test_a_call_of_the_tree_without_a_pin_asks_for_the_other_trees_pin(world_of: Worlds) -> None:
    """A6: three digits that anybody hears who picks up are not enough there either."""
    world = world_of(VALLEY.replace(f'[{{sms: "{CONSUL}"}}]', f'[{{call: "{CONSUL}"}}]'), ABROAD)
    world.gives_pins("abroad/embassy", pin=PIN, duress=None)
    incident = world.raises()

    call = world.phone("spain").answers()
    assert "PIN" in " ".join(each.text for each in call.heard)
    call.press(PIN).press("1")

    assert incident.answers() == [("consul", "acknowledged", "call")]


def test_whoever_has_answered_is_not_reminded_by_a_tree_that_joins_later(world_of: Worlds, tmp_path: Path) -> None:
    """A4, A8: the answer counts in the new tree too, once a coordinator re-resolves."""
    world = world_of(VALLEY)
    incident = world.raises()
    world.texts("spain", f"OK {code(world)}")
    heard = len(world.phone("spain").inbox)
    (tmp_path / "contact_trees" / "abroad.yaml").write_text(ABROAD)
    world.runtime.trees.look()

    seen = incident.act("re-resolve", apply=False)
    incident.act("re-resolve", apply=True, expected=seen["hash"])
    world.passes(minutes=13)

    assert incident.status("abroad") == "acknowledged"
    assert heard_since(world, heard) == []
    assert len(world.phone("defenders").inbox) > 1, "the other one is reminded"


def test_changes_of_an_answer_on_both_pages_are_counted_together(world: World) -> None:
    """B9: five are told at once, whichever tree's page they come from, and the last message says what stands."""
    incident = world.raises()
    abroad, valley = links(world)
    before = len(world.phone("spain").inbox)

    for _ in range(6):
        presses(world, abroad, "acknowledge")
        presses(world, valley, "decline")
    at_once = len(heard_since(world, before))
    world.passes(minutes=59, seconds=59)
    before = len(world.phone("spain").inbox)
    world.passes(minutes=1)

    assert at_once == 6, "the answer, and five changes of it"
    assert len(incident["acknowledgements"]) == 12, "each of them is on record"
    (last,) = heard_since(world, before)
    assert "can't act" in last, "as was said on the page of the other tree"


def test_what_was_recorded_is_told_at_the_methods_that_only_the_other_tree_has(world_of: Worlds) -> None:
    """A6: whoever answers with a stolen telephone is noticed at the mailbox that the other tree knows."""
    mail = f'[{{sms: "{CONSUL}"}}, {{email: consul@es.example, after: 25m}}]'
    world = world_of(VALLEY, ABROAD.replace(f'[{{sms: "{CONSUL}"}}]', mail))
    world.raises()
    _, valley = links(world)
    before = len(world.phone("spain").inbox)

    presses(world, valley, "acknowledge")

    (told,) = world.mailbox("consul@es.example").mails
    assert told.text.startswith("Abroad network")
    assert "If this was not you, please call" in told.text
    assert len(heard_since(world, before)) == 1


def test_who_has_taken_charge_in_one_tree_reads_in_which_other_too_few_have(world_of: Worlds) -> None:
    """A2: else it seems that the answer was lost. An SMS says no more than before: a title may name a place (A9)."""
    here = a_tree(COORDINATION)
    elsewhere = a_tree(
        COORDINATION.replace("[coordinator]", "[other]"),
        """
  other: {role: coordinator, organisation: Abroad, methods: [{sms: "+32470550102"}]}
  desk: {role: ngo, organisation: Head office, methods: [{sms: "+32470550101"}]}
""",
        tree="abroad",
    )
    world = world_of(here, elsewhere)
    incident = world.raises()
    world.texts("coordinator", code_in(world.phone("coordinator").inbox[0]))

    world.passes(minutes=10)

    assert (incident.status("valley"), incident.status("abroad")) == ("acknowledged", "unanswered")
    alarm = world.phone("coordinator").inbox[-1]
    assert "too few have taken charge so far. To take charge" in alarm
    said = page(world, link_in(alarm))
    assert said.index("too few have taken charge so far") < said.index("Abroad network</strong>")
    assert "Valley network" not in said.partition("too few have taken charge so far")[2]


def test_whom_one_tree_has_reached_the_board_asks_nobody_to_call_for_another(world_of: Worlds) -> None:
    """It stood there as told, and as somebody whom no message reaches; whom none reaches still does."""
    friends = "  - {name: Friends, notify: [defenders, ombuds], wait: 30m}\n"
    called = CONTACTS.replace('[{sms: "+573005550130"}]', '[{call: "+573005550130"}]')
    world = world_of(a_tree(friends, CONTACTS), a_tree(friends, called, tree="abroad"))
    world.phone("ombuds").behaves("invalid")
    world.raises()
    world.passes(minutes=5)

    (incident,) = world.runtime.read(read_board).incidents

    assert {each.called for each in incident.told.unreached} == {"Ombuds office"}
    assert "Defenders" in incident.told.knows
