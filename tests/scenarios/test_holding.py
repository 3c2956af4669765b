"""A coordinator who answers hears what comes next and when, and may hold it, by whichever way, until a go (B3)."""

import pytest

from tests.scenarios.conftest import Worlds
from tests.scenarios.valley import a_tree
from tests.scenarios.world import Incident, World, code_in, link_in, spoken_code_in
from tests.support.rows import in_long

CONTACTS = """
  coordinator:
    role: coordinator
    organisation: Valley
    methods: [{sms: "+573005550101"}, {call: "+573005550101", after: 1m}, {email: duty@valley.example}]
  ombuds: {role: ombuds, organisation: Ombuds office, methods: [{sms: "+573005550120"}]}
  police: {role: authority, organisation: National Police, methods: [{sms: "+576015550112"}]}
  defenders: {role: ngo, organisation: Defenders, methods: [{sms: "+573005550130"}]}
  desk: {role: ngo, organisation: Head office, methods: [{sms: "+32470550101"}]}
"""
LEVELS = """
  - {name: Coordination, notify: [coordinator], wait: 10m}
  - {name: Friends, notify: [ombuds, defenders], acknowledge: all, wait: 10m}
  - {name: Police, notify: [police], wait: 10m}
"""


@pytest.fixture
def world(world_of: Worlds) -> World:
    """The coordinator first, after ten minutes the friends, after ten more the police."""
    return world_of(a_tree(LEVELS, CONTACTS))


def opened(incident: Incident) -> list[str]:
    """The levels that were opened, in order."""
    notes = incident.world.client.get(f"/v1/incidents/{incident.ref}/timeline", headers=incident.world.headers).json()
    return [each["payload"]["level"] for each in notes["items"] if each["kind"] == "level_opened"]


def alert(world: World) -> str:
    """The alert on the coordinator's phone."""
    return next(text for text in world.phone("coordinator").inbox if "URGENT" in text)


def presses(world: World, button: str) -> str:
    """The coordinator presses a button on the page of its alert."""
    page = world.client.post(link_in(alert(world)), data={"answer": button}).text
    world.settles()
    return page


def holds(world: World, by: str) -> None:
    """The coordinator answers, and holds what comes next."""
    match by:
        case "sms":
            world.texts("coordinator", f"HOLD {code_in(alert(world))}")
        case "call":
            world.passes(minutes=1)
            call = world.phone("coordinator").answers()
            call.press(spoken_code_in(call.words)).press("1").press("4")
        case "keypad at once":
            world.passes(minutes=1)
            call = world.phone("coordinator").answers()
            call.press(spoken_code_in(call.words)).press("4")
        case "page":
            presses(world, "acknowledge")
            presses(world, "hold")
    world.settles()


def test_a_coordinator_who_answers_by_sms_reads_what_comes_next(world: World) -> None:
    """B3: the level, its time, and the word that holds it, in the reply and in the mail that confirms it."""
    world.raises()

    reply = world.reply_to("coordinator", code_in(alert(world)))

    assert "Next 21:24: Friends. HOLD " in reply
    [mail] = [each for each in world.mailbox("duty@valley.example").mails if "RECORDED" in each.subject]
    assert "Next comes level Friends" in mail.text
    assert "HOLD " in mail.text


def test_a_coordinator_who_takes_charge_in_a_call_hears_what_comes_next(world: World) -> None:
    """B4: and may press 4."""
    world.raises()
    world.passes(minutes=1)
    call = world.phone("coordinator").answers()

    call.press(spoken_code_in(call.words)).press("1")

    assert "Next, at 21:24: Friends" in call.words
    assert "press 4" in call.words


def test_a_coordinator_who_takes_charge_on_the_page_reads_what_comes_next(world: World) -> None:
    """B4: with a button that holds it, and afterwards one that lets it go on."""
    world.raises()

    page = presses(world, "acknowledge")
    held = presses(world, "hold")

    assert "Next, if nobody decides: Friends" in page
    assert 'value="hold"' in page
    assert "Next: Friends. It waits for a go." in held
    assert 'value="go"' in held


def test_who_holds_with_the_answer_itself_reads_that_the_next_level_waits(world: World) -> None:
    """B3: no message that confirms it names a time at which the level would open all the same."""
    world.raises()

    presses(world, "hold")

    assert "you take charge. Next: Friends. It waits for GO" in world.phone("coordinator").inbox[-1]
    [mail] = [each for each in world.mailbox("duty@valley.example").mails if "RECORDED" in each.subject]
    assert "Next comes level Friends of Valley network. It waits for a go: GO" in mail.text


def test_whoever_is_no_coordinator_is_told_nothing_of_what_comes_next(world: World) -> None:
    """A9: nobody learns who else is told; nor does its HOLD hold anything."""
    incident = world.raises()
    world.passes(minutes=10)
    code = code_in(world.phone("ombuds").inbox[0])

    reply = world.reply_to("ombuds", code)
    world.texts("ombuds", f"HOLD {code}")
    world.passes(minutes=10)

    assert "Next" not in reply
    assert opened(incident) == ["Coordination", "Friends", "Police"]


@pytest.mark.parametrize("by", ["sms", "call", in_long("keypad at once"), "page"])
def test_a_hold_keeps_every_later_level_until_a_go(world: World, by: str) -> None:
    """B3: it takes charge, nobody else is told, after an hour it is asked, and a GO lets all of it go on."""
    incident = world.raises()
    code = code_in(alert(world))

    holds(world, by)
    world.passes(minutes=59)

    assert incident.answers()[0][:2] == ("coordinator", "acknowledged")
    assert opened(incident) == ["Coordination"]
    assert not any("DECISION" in text for text in world.phone("coordinator").inbox)

    world.passes(minutes=2)
    assert any("DECISION" in text and "Tell Friends" in text for text in world.phone("coordinator").inbox)

    world.texts("coordinator", f"GO {code}")
    world.passes(minutes=10)
    assert opened(incident) == ["Coordination", "Friends", "Police"]


@pytest.mark.parametrize("by", ["sms", "page"])
def test_a_go_before_it_is_asked_lets_the_levels_come_at_their_times(world: World, by: str) -> None:
    """B3: until a go, which opens nothing before its time."""
    incident = world.raises()
    code = code_in(alert(world))
    holds(world, "page")

    if by == "sms":
        assert "GO" in (world.texts("coordinator", f"GO {code}") or "")
    else:
        presses(world, "go")
    world.passes(minutes=9)
    before = opened(incident)
    world.passes(minutes=1)

    assert before == ["Coordination"]
    assert opened(incident) == ["Coordination", "Friends"]


def asked(world: World, who: str, what: str) -> int:
    """How often that coordinator was asked by SMS."""
    return sum("DECISION" in text and what in text for text in world.phone(who).inbox)


def test_a_refusal_of_one_level_leaves_the_later_ones_on_hold(world: World) -> None:
    """B3: a refusal skips its level and is no go for the next, about which is asked after an hour, then hourly."""
    incident = world.raises()
    holds(world, "sms")

    incident.act("go", decision="refuse", tree="valley", level="Friends")
    world.passes(minutes=119)

    assert opened(incident) == ["Coordination"]
    assert asked(world, "coordinator", "Tell Police") == 1
    world.passes(minutes=2)
    assert asked(world, "coordinator", "Tell Police") == 2


@pytest.mark.parametrize("is_let_on", [False, True])
def test_a_refusal_of_a_level_under_way_ends_what_it_has_not_sent_yet(world_of: Worlds, *, is_let_on: bool) -> None:
    """B3: also where a colleague's GO came a moment before; a GO after it lets the rest go on."""
    friends = "  - {name: Friends, notify: [ombuds, brigade], wait: 30m, repeat: {every: 5m, times: 2}}\n"
    both = """
  ombuds: {role: ombuds, organisation: Ombuds, methods: [{sms: "+573005550120"}, {call: "+573005550120", after: 3m}]}
  brigade: {role: ngo, organisation: Brigade, methods: [{task: Call the duty officer, after: 4m}]}
"""
    contacts = CONTACTS.replace(CONTACTS.splitlines()[5], both.strip("\n"))
    world = world_of(a_tree(LEVELS.partition("  - {name: Friends")[0] + friends, contacts))
    incident = world.raises()
    world.passes(minutes=10)
    assert len(world.phone("ombuds").inbox) == 1

    incident.act("go", decision="refuse", tree="valley", level="Friends")
    if is_let_on:
        incident.act("go", decision="go", tree="valley", level="Friends")
    world.passes(minutes=12)

    after = {(each["contact"], each["method"]) for each in incident["notifications"] if each["level"] == "Friends"}
    asked = any("TASK" in text for text in world.phone("coordinator").inbox)
    assert (len(world.phone("ombuds").inbox), asked) == ((3, True) if is_let_on else (1, False))
    assert (("ombuds", "call") in after) == is_let_on
    assert incident.status("valley") == "running"


def test_a_level_that_is_open_is_not_held_but_refused(world: World) -> None:
    """B5: who asks for what can't be done hears so, and what can: refusing ends it, holding keeps what comes later."""
    incident = world.raises()
    world.passes(minutes=11)

    answer = incident.act("go", decision="hold", tree="valley", level="Friends", expect=409)
    incident.act("go", decision="hold", tree="valley", level="Police")
    incident.act("go", decision="refuse", tree="valley", level="Friends")

    assert answer["detail"] == "level Friends is open: refuse it, or hold a later one"
    world.passes(minutes=40)
    assert opened(incident)[:2] == ["Coordination", "Friends"]
    assert "Police" not in opened(incident)
    assert incident.timeline().count("decision") == 2


def test_a_hold_is_on_the_record(world: World) -> None:
    """A10: as the decision of whoever held."""
    incident = world.raises()

    holds(world, "sms")

    notes = world.client.get(f"/v1/incidents/{incident.ref}/timeline", headers=world.headers).json()["items"]
    [decision] = [each["payload"] for each in notes if each["kind"] == "decision"]
    assert (decision["decision"], decision["tree"], decision["by"]) == ("hold", "valley", "coordinator")


@pytest.fixture
def two(world_of: Worlds) -> World:
    """Two coordinators, of whom each may hold what comes next."""
    second = '  second: {role: coordinator, organisation: Valley, methods: [{sms: "+573005550102"}]}\n'
    return world_of(a_tree(LEVELS.replace("[coordinator]", "[coordinator, second]"), CONTACTS + second))


def holds_by_sms(world: World, who: str) -> str:
    """That coordinator holds what comes next; its code."""
    code = code_in(next(text for text in world.phone(who).inbox if "URGENT" in text))
    world.texts(who, f"HOLD {code}")
    return code


def revokes(incident: Incident) -> None:
    """The other coordinator revokes the answer that came first, on the page that told of it."""
    notice = next(text for text in incident.world.phone("second coordinator").inbox if "takes charge" in text)
    assert incident.world.client.post(link_in(notice), data={"answer": "revoke"}).status_code == 200
    incident.world.settles()


@pytest.mark.parametrize(("ends", "minutes"), [("revoked", 2), ("NO", 70), ("PASS", 2)])
def test_what_was_held_goes_on_once_whoever_held_it_has_charge_no_more(two: World, ends: str, minutes: int) -> None:
    """A2, A6: it was another who had the phone; or the coordinator can't, and reads that we are asking others.

    Also once it was asked whether the next is to be told.
    """
    incident = two.raises()
    code = holds_by_sms(two, "coordinator")
    two.passes(minutes=minutes)

    if ends == "revoked":
        revokes(incident)
    else:
        two.texts("coordinator", f"{ends} {code}")
    two.passes(minutes=9)

    assert opened(incident) == ["Coordination", "Friends"]
    assert "hold_ended" in incident.timeline()


def test_what_another_holds_as_well_stays_held(two: World) -> None:
    """B3: of two who hold it the one who can't act decides nothing for the other."""
    incident = two.raises()
    code = holds_by_sms(two, "coordinator")
    holds_by_sms(two, "second coordinator")

    two.texts("coordinator", f"NO {code}")
    two.passes(minutes=30)

    assert opened(incident) == ["Coordination"]
    assert ("coordinator", "declined", "sms") in incident.answers()


@pytest.fixture
def proceeding(world_of: Worlds) -> World:
    """Two coordinators, and the police are told twenty minutes after it was asked, unless somebody holds that."""
    second = '  second: {role: coordinator, organisation: Valley, methods: [{sms: "+573005550102"}]}\n'
    go = "needs_go: {proceed_after: 20m}, notify: [police]"
    levels = LEVELS.replace("[coordinator]", "[coordinator, second]").replace("notify: [police]", go)
    return world_of(a_tree(levels, CONTACTS + second, rest="unknown_perpetrator: proceed"))


@pytest.mark.parametrize(
    ("then", "told"), [("nothing", ["Coordination", "Friends", "Police"]), ("hold", ["Coordination", "Friends"])]
)
def test_a_hold_counts_where_another_took_the_same_back(proceeding: World, then: str, told: list[str]) -> None:
    """A1, B3: on the page of the question, which had that answer already."""
    world, incident = proceeding, proceeding.raises()
    world.passes(minutes=21)
    presses(world, "hold")
    presses(world, "decline")

    if then == "hold":
        asked = next(text for text in world.phone("second coordinator").inbox if "GO" in text)
        assert world.client.post(link_in(asked), data={"answer": "hold"}).status_code == 200
    world.passes(minutes=30)

    assert opened(incident) == told


def test_what_was_asked_while_it_was_held_opens_by_itself_again(proceeding: World) -> None:
    """A2, B3: nobody holds it any more, so the time without a go counts from then, and it is asked meanwhile."""
    world, incident = proceeding, proceeding.raises()
    world.passes(minutes=11)
    code = holds_by_sms(world, "coordinator")
    world.passes(minutes=70)
    assert incident.status("valley") == "waiting_for_go"

    world.texts("coordinator", f"NO {code}")
    world.passes(minutes=19)
    before = opened(incident)
    assert asked(world, "second coordinator", "Tell Police") == 2
    world.passes(minutes=2)

    assert (before, opened(incident)) == (["Coordination", "Friends"], ["Coordination", "Friends", "Police"])


def test_a_go_for_another_level_lets_what_still_waits_be_asked_as_usual(world: World) -> None:
    """B3: the hold is over, and what was asked under it waits for its own go: every ten minutes, not every hour."""
    incident = world.raises()
    holds(world, "sms")
    world.passes(minutes=61)

    incident.act("go", decision="go", tree="valley", level="Police")
    world.passes(minutes=11)

    assert opened(incident) == ["Coordination", "Police"]
    assert asked(world, "coordinator", "Tell Friends") == 2
