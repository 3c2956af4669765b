"""The board: what waits for a decision first, then every open incident; an act on it is done once, by a person."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy import text as sql

from alertnet.cli.admin.actions import close_incident
from alertnet.core.codec import replace
from alertnet.core.disclosure import Subject
from alertnet.core.errors import WrongState
from alertnet.core.incident import CloseReason, Severity
from alertnet.core.monitoring.self_monitoring import Part
from alertnet.core.notification import PromptAnswer, PromptKind
from alertnet.flows.desk.board import MOST_CLOSED, read_board
from alertnet.flows.desk.closed import AT_A_TIME
from alertnet.flows.escalation.record_decision import decide
from alertnet.flows.notifications.compose import notify_coordinators
from alertnet.flows.notifications.field_reassurance import must_be_left_alone
from alertnet.flows.notifications.prompts import raise_prompt
from alertnet.flows.system import purge
from alertnet.flows.unit.locked_incident import take_up
from alertnet.store.db.tx import Tx
from alertnet.store.monitoring import troubles
from alertnet.store.records import timeline
from alertnet.store.records.credentials import api_keys
from alertnet.store.records.credentials.users import Role
from alertnet.store.tables import alarms, escalations, incidents, notifications
from alertnet.store.views import timeline_view
from alertnet.store.views.shapes import UNREAD
from alertnet.web.console.incidents.board import BoardLook, Boards
from alertnet.worker.purging import purge_incident
from tests.web.console.conftest import SitDown
from tests.web.console.desk import Desk
from tests.web.world import ALICE, ANA, BOB, NOW, OURS, PIN, PUBLIC_URL, TREE, World, world_in


def decisions(world: World) -> list[tuple[str, str]]:
    """What was decided of the incident, and by whom, as its history has it."""
    entries, _ = world.runtime.read(lambda tx: timeline_view.entries(tx.session, world.incident, 0, 1000))
    payloads = [each["payload"] or {} for each in entries if each["kind"] == "decision"]
    return [(str(each["decision"]), str(each["by"])) for each in payloads]


@pytest.fixture
def unverified(world: World) -> str:
    """A bare SOS: its coordinators are asked whether it is genuine."""
    world.raises(verified=False)
    return world.ref()


def test_the_question_comes_first_and_go_decides_it(world: World, desk: Desk, unverified: str) -> None:
    """One sentence, one countdown, one act each; who pressed it stands on the record (A10)."""
    board = desk.opens("/desk")
    assert f"Is {unverified} genuine?" in board.text
    assert "After a yes these are told: Valley, Friends, Amis and Mountain post." in board.text
    assert "Plan of Valley network: waits for coordinators" in board.text
    assert "<title>(1) Board" in board.html

    pressed = board.presses("Yes, go")

    assert (pressed.status_code, pressed.headers["Location"]) == (303, f"/desk?done=go&of={unverified}")
    assert f"Recorded for {unverified}: Go." in desk.opens(pressed.headers["Location"]).text
    assert decisions(world) == [("go", "user maria")]
    after = desk.opens("/desk")
    assert "Nothing waits for you now." in after.text
    assert "<title>Board" in after.html


@pytest.mark.parametrize("path", ["/desk", "/desk/drills"])
def test_the_board_says_what_does_not_get_out_or_in(world: World, desk: Desk, path: str) -> None:
    """A11: else who reads that eight are on their way to hear of it waits for what no provider takes."""
    world.raises()
    before = desk.opens(path).text

    for part in (Part.SMS, Part.INBOUND, Part.TREES):
        world.runtime.transact(troubles.begin, part)
    board = desk.opens(path)
    world.runtime.transact(troubles.clear, [Part.SMS])
    after = desk.opens(path).text

    assert "texts to us do not arrive · The system SMS do not get out · The system" in board.text
    assert '<a href="/desk/system">' in board.html
    assert "edit of the trees" not in board.text
    assert "get out" not in before + after
    assert "texts to us do not arrive" in after


def test_the_clock_by_which_an_incident_is_shown_is_named(world: World, desk: Desk) -> None:
    """Who sits in Brussels reads of Bogotá and of Kathmandu on one board, each by its own clock."""
    world.raises()

    assert "Colombia · since 02:14 (UTC\u20115)" in desk.opens("/desk").text
    assert "since 24 Nov 02:14 (UTC\u20115) · consent" in desk.opens(f"/desk/incidents/{world.ref()}").text


def test_what_is_to_be_judged_is_read_once(world: World, desk: Desk) -> None:
    """The words of a text that became an incident by itself are its summary, too."""
    world.raises(verified=False, summary="two men follow us")
    text = {"by": "north/ana", "text": "two men follow us"}
    world.runtime.transact(timeline.append, world.incident, ("sms_received", text))

    asked, *_ = re.findall(r"<li class=.matter.*?</li>", desk.opens("/desk").html, re.DOTALL)

    assert f"Is {world.ref()} genuine?" in re.sub(r"<.*?>", "", asked)
    assert asked.count("two men follow us") == 1


def test_what_contacts_answer_is_no_part_of_what_is_to_be_judged(world: World, desk: Desk) -> None:
    """Three codes of coordinators stood there in place of what the team had written."""
    world.raises(verified=False)
    for by in ({"by": "north/ana", "text": "two men follow us"}, *({"contact": "alice", "text": "4711"},) * 3):
        world.runtime.transact(timeline.append, world.incident, ("sms_received", {"tree": "valley", **by}))

    asked, *_ = re.findall(r"<li class=.matter.*?</li>", desk.opens("/desk").html, re.DOTALL)

    assert "two men follow us" in asked
    assert "4711" not in asked


def test_alarms_that_say_the_same_of_several_trees_are_said_once(world: World, desk: Desk) -> None:
    world.raises()

    def nobody_answers(tx: Tx) -> None:
        locked = take_up(tx, world.incident)
        for tree in ("valley", "hills"):
            raise_prompt(locked, PromptKind.ALARM, Subject.UNANSWERED, about=tree)
        locked.finish()

    world.runtime.transact(nobody_answers)

    matters = desk.opens("/desk").text.partition("Open")[0]
    assert matters.count("nobody has taken charge") == 1


def test_a_countdown_is_not_read_aloud_each_second(desk: Desk, unverified: str) -> None:
    """It stands in a list that says by itself what is new in it."""
    board = desk.opens("/desk").html

    asked = board[board.index('<ul id="matters" class="matters" aria-live="polite">') :].partition("</ul>")[0]
    assert re.findall("<time .*? (aria-live=.*?) data-due>", asked) == ['aria-live="off"']


@pytest.mark.parametrize("path", ["/desk", "/desk/incidents/{}"])
def test_the_title_begins_with_what_was_recorded(desk: Desk, unverified: str, path: str) -> None:
    """A screen reader says the title first, and what stands on a page that is new it may not say at all."""
    pressed = desk.opens(path.format(unverified)).presses("Hold")

    page = desk.opens(pressed.headers["Location"])

    assert f"<title>Recorded for {unverified}: Hold. " in page.html


def test_hold_puts_the_question_off(world: World, desk: Desk, unverified: str) -> None:
    desk.opens("/desk").presses("Hold")

    picture = desk.opens(f"/desk/incidents/{unverified}").html
    assert ">→</text>" in picture
    assert ">✓</text>" not in picture, "in its legend somebody takes charge"
    board = desk.opens("/desk")
    assert decisions(world) == [("hold", "user maria")]
    assert "Nothing waits for you now. On hold, or taken by somebody On hold: whether" in board.text
    assert "On hold until 03:14 , by you (you are asked again then)." in board.text
    assert "<title>Board" in board.html
    assert board.presses("Yes, go").status_code == 303
    assert [decision for decision, _ in decisions(world)] == ["hold", "go"]


def _is_refused(tx: Tx, incident: str) -> None:
    locked = take_up(tx, incident)
    decide(locked, PromptAnswer.REFUSE, by="coordinator")
    locked.finish()


def test_what_was_refused_can_be_found_genuine_after_all(world: World, desk: Desk, unverified: str) -> None:
    """A slip on a link's No kept everybody else from hearing for good, but for whoever has a key of the API."""
    asked = desk.opens(f"/desk/incidents/{unverified}").text
    world.runtime.transact(_is_refused, world.incident)

    page = desk.opens(f"/desk/incidents/{unverified}")
    pressed = page.presses("Yes, go")

    assert "The report is genuine after all" in page.text
    assert "The report is genuine after all" not in asked
    assert pressed.status_code == 303
    assert [decision for decision, _ in decisions(world)] == ["refuse", "go"]
    history = desk.opens(f"/desk/incidents/{unverified}").text
    assert "Is it true? GO decided by maria" in history
    assert "Is it true? Refused decided by coordinator" in history
    assert "The report is genuine after all" not in history


def test_what_one_has_put_off_the_other_does_not_overrule_unseen(
    world: World, sit_down: SitDown, unverified: str
) -> None:
    """Ben's page is from before: he is told, and decides once he has seen it."""
    maria, ben = sit_down("maria"), sit_down("ben")
    hers, his = maria.opens("/desk").form("Hold"), ben.opens("/desk").form("Yes, go")
    assert hers.sent().status_code == 303

    refused = his.sent()

    assert (refused.status_code, "hold by maria" in refused.text) == (409, True)
    assert decisions(world) == [("hold", "user maria")]
    assert ben.opens("/desk").presses("Yes, go").status_code == 303
    assert decisions(world)[1:] == [("go", "user ben")]


def test_the_same_form_sent_again_acts_once_and_says_so(world: World, desk: Desk, unverified: str) -> None:
    """The line breaks while an act is sent, or a finger taps twice, and the browser sends it again (A1)."""
    form = desk.opens("/desk").form("Yes, go")

    first, again = form.sent(), form.sent()

    assert (first.status_code, again.status_code) == (303, 409)
    assert "was recorded before" in again.text
    assert ("<h1>Recorded before</h1>" in again.text, "Not done" in again.text) == (True, False)
    assert decisions(world) == [("go", "user maria")]


def test_of_two_coordinators_the_second_is_told_that_it_is_decided(
    world: World, sit_down: SitDown, unverified: str
) -> None:
    maria, ben = sit_down("maria"), sit_down("ben")
    hers, his = maria.opens("/desk").form("Yes, go"), ben.opens("/desk").form("Hold")

    assert (hers.sent().status_code, his.sent().status_code) == (303, 409)
    assert decisions(world) == [("go", "user maria")]


def test_an_observer_sees_of_a_withdrawal_what_a_true_pin_leaves(world: World, sit_down: SitDown, desk: Desk) -> None:
    """B4: that somebody stands beside the team is for those who may act."""
    world.gives_pin("north/ana", duress="47990")
    observer = sit_down("olga", Role.OBSERVER)
    asked = []
    for pin in (PIN, "47990"):
        world.texts(ANA, f"ALERT {PIN} 20 L12", f"SM1{pin}")
        world.texts(ANA, f"FALSE {pin}", f"SM2{pin}")
        ref = world.rows(incidents)[-1].ref
        pages = [observer.opens(each).text.replace(ref, "REF") for each in ("/desk", f"/desk/incidents/{ref}")]
        pages[0], _, _ = pages[0].partition("Closed in the last")
        sees = [sorted(each.split()) for each in pages]  # What was sent at one moment stands in any order.
        asked.append((sees, "read the page" in desk.opens("/desk").text))
        world.incident = world.rows(incidents)[-1].id
        world.closes()

    assert asked[0][0] == asked[1][0]
    assert [forced for _, forced in asked] == [False, True]


def test_what_must_be_read_before_anybody_is_called_comes_first_and_once(
    world: World, sit_down: SitDown, desk: Desk
) -> None:
    """Above a killing and a call that would be made otherwise; observers can't tell it by its place (B4)."""
    world.gives_pin("north/ana", duress="47990")
    world.texts(ANA, f"ALERT {PIN} 31", "SM1")
    threatened = world.rows(incidents)[-1].ref
    world.texts(ANA, "they are here", "SM2")
    world.texts(ANA, "FALSE 47990", "SM3")
    world.raises(type="killing", verified=False)

    hers, his = (each.opens("/desk").text.partition("Open")[0] for each in (desk, sit_down("olga", Role.OBSERVER)))

    assert hers.index(threatened) < hers.index(f"Is {world.ref()} genuine?")
    assert hers.count("read the page") == 1
    assert his.index(f"Is {world.ref()} genuine?") < his.index(threatened)


def test_an_observer_sees_and_does_not_act(world: World, sit_down: SitDown, desk: Desk, unverified: str) -> None:
    observer = sit_down("olga", Role.OBSERVER)
    board = observer.opens("/desk")
    assert unverified in board.text
    assert "Yes, go" not in board.text

    fields = {**desk.opens("/desk").form("Yes, go").fields}
    proof = observer.opens("/desk/account").form("Sign out").fields["proof"]
    refused = observer.posts(desk.opens("/desk").form("Yes, go").action, {**fields, "proof": proof})

    assert refused.status_code == 403
    assert decisions(world) == []
    assert desk.opens("/desk").presses("Yes, go").status_code == 303


FORGERIES: list[tuple[dict[str, str], dict[str, str]]] = [
    ({"proof": ""}, {"Origin": PUBLIC_URL}),
    ({"proof": "0" * 32}, {"Origin": PUBLIC_URL}),
    ({}, {}),
    ({}, {"Origin": "null"}),
    ({}, {"Origin": "https://evil.example"}),
    ({}, {"Origin": PUBLIC_URL.replace("https", "https://evil.example?")}),
]


@pytest.mark.parametrize(("fields", "headers"), FORGERIES)
def test_what_another_page_made_does_nothing(
    world: World, desk: Desk, unverified: str, fields: dict[str, str], headers: dict[str, str]
) -> None:
    form = desk.opens("/desk").form("Yes, go")
    sent = {"Content-Type": "application/x-www-form-urlencoded", **headers}

    refused = desk.posts(form.action, {**form.fields, **fields}, sent)

    assert refused.status_code == 403
    assert decisions(world) == []
    assert form.sent().status_code == 303


def test_a_form_of_another_session_does_nothing(world: World, sit_down: SitDown, unverified: str) -> None:
    maria, ben = sit_down("maria"), sit_down("ben")
    form = maria.opens("/desk").form("Yes, go")

    assert ben.posts(form.action, form.fields).status_code == 403
    assert form.sent().status_code == 303


def test_a_level_that_waits_says_whom_a_go_would_tell(tmp_path: Path) -> None:
    """One sentence with the names, why it waits, and when it proceeds by itself; the button says who hears it."""
    levels = "levels:\n  - {name: Abroad, notify: [bob, carol], wait: 30m, needs_go: {proceed_after: 20m}}\n"
    with world_in(tmp_path, tree=TREE.partition("levels:")[0] + levels) as world:
        world.raises()
        desk = Desk.of(world, "maria", Role.COORDINATOR)
        desk.signs_in()
        board = desk.opens("/desk")
        assert f"{world.ref()} goes out to Friends and Amis at 02:34 , unless you hold it." in board.text
        assert (
            "arrest (critical), consent: international. Valley network, level 1/1 · Abroad. "
            "If they may be told, do nothing. Hold stops it for an hour. Two were taken" in board.text
        )
        assert "Plan of Valley network: goes out 02:34 unless held" in board.text

        board.presses("Hold")
        held = desk.opens("/desk")
        assert (
            "Nothing waits for you now. On hold, or taken by somebody "
            f"On hold: telling Friends and Amis about {world.ref()} ." in held.text
        )
        assert "Plan of Valley network: on hold" in held.text
        held.presses("Go now: tell Friends and Amis")

        assert decisions(world) == [("hold", "user maria"), ("go", "user maria")]
        assert {row.contact for row in world.rows(notifications) if row.kind == "alert"} == {"bob", "carol"}


def test_incidents_stand_by_severity_and_drills_apart(world: World, desk: Desk) -> None:
    refs: dict[str, str] = {}
    kinds: dict[str, dict[str, object]] = {
        "watch": {"severity": Severity.WATCH},
        "drill": {"drill": True},
        "critical": {},
    }
    for name, facts in kinds.items():
        world.raises(**facts)
        refs[name] = world.ref()

    board, drills = desk.opens("/desk"), desk.opens("/desk/drills")

    assert board.text.index(refs["critical"]) < board.text.index(refs["watch"])
    assert refs["drill"] not in board.text
    assert refs["drill"] in drills.text
    assert "nothing here is real" in drills.text
    assert "1 in drills" in board.text


def test_a_filter_leaves_the_others_out(world: World, desk: Desk) -> None:
    world.raises(severity=Severity.WATCH)
    watch = world.ref()
    world.raises()
    critical = world.ref()

    chosen = desk.opens("/desk?severity=watch").text

    assert watch in chosen
    assert critical not in chosen
    assert desk.browser.get("/desk?severity=high").status_code == 422


def test_an_escalation_is_a_line_with_its_levels(world: World, desk: Desk) -> None:
    world.raises()

    line = desk.opens("/desk").text

    assert "Plan of Valley network: level 1/2 · Friends, now" in line
    assert (
        "Knows: nobody yet. On its way to: Amis, Friends, Mountain post and Valley. Acts: nobody yet. Next: 02:44"
        in line
    )


def test_an_escalation_that_begins_later_says_so(tmp_path: Path) -> None:
    with world_in(tmp_path, tree=TREE.replace("last_resort:", "start: {after: 20m}\nlast_resort:")) as world:
        world.raises()
        desk = Desk.of(world, "maria", Role.COORDINATOR)
        desk.signs_in()

        line = desk.opens("/desk").text

    assert "Next: 02:34 : alertnet tells Valley, Friends, Amis and Mountain post (level 1/2 · Friends)" in line
    assert "Plan of Valley network: not begun yet" in line


def test_who_cannot_act_stands_on_the_line(world: World, desk: Desk) -> None:
    world.raises()
    assert "Can't act:" not in desk.opens("/desk").text

    world.texts("+573005550012", f"NO {world.written_code('bob')}")

    assert "Acts: nobody yet. Can't act: Friends." in desk.opens("/desk").text


def test_a_contact_who_writes_while_nothing_is_open_is_no_team(world: World, desk: Desk) -> None:
    world.texts("+573005550012", "who is this, please call me")

    assert " of bob an incident?" in desk.opens("/desk").text


def test_many_open_incidents_stand_in_a_list_of_one_line_each(world: World, desk: Desk) -> None:
    """In a bad night the four lines of twelve incidents are twelve screens of a telephone."""
    for severity in (Severity.WATCH, Severity.MODERATE, Severity.SERIOUS):
        world.raises(severity=severity)
    world.texts("+573005550012", f"OK {world.written_code('bob')}")
    few = desk.opens("/desk").html
    world.raises(type="killing", verified=False)

    many = re.search('<ul id="index".*?</ul>', desk.opens("/desk").html, re.S)

    assert '<ul id="index" class="index"></ul>' in few
    assert many is not None
    lines = [" ".join(re.sub("<.*?>", "", line).split())[7:] for line in many[0].split("</li>")[:-1]]
    assert lines == [
        "killing (critical). Acts: nobody yet. To do",
        "arrest (serious). Acts: nobody yet",
        "arrest (moderate). Acts: nobody yet",
        "arrest (for monitoring). Acts: Friends",
    ]


def test_a_strangers_text_that_nobody_has_read_is_counted(world: World, desk: Desk) -> None:
    """It rang at the coordinators, who look here first."""
    assert "unknown numbers wait" not in desk.opens("/desk").text

    world.texts("+573009990000", "SOS my phone is gone, it is Ana")

    assert "Texts of unknown numbers wait to be read: 1" in desk.opens("/desk").text
    assert "unknown numbers wait" not in desk.opens("/desk/drills").text


def test_an_alarm_is_taken_on_by_a_person(world: World, desk: Desk) -> None:
    world.raises()
    world.texts("+573005550012", "we do not understand what this is")

    taken = desk.opens("/desk").presses("I see to it")

    assert f"Recorded for {world.ref()}: your answer." in desk.opens(taken.headers["Location"]).text
    [alarm] = world.rows(alarms)
    assert (alarm.answer, alarm.answered_by) == ("acknowledged", "user maria")


def test_all_that_rings_of_an_incident_is_one_card_and_taken_on_by_one_press(world: World, desk: Desk) -> None:
    """What rings meanwhile, and was not on the page, rings on."""

    def ring(tx: Tx, *subjects: Subject) -> None:
        locked = take_up(tx, world.incident)
        for subject in subjects:
            raise_prompt(locked, PromptKind.ALARM, subject, about="north")
        locked.finish()

    world.raises()
    world.runtime.transact(ring, Subject.NEWS, Subject.NOT_UNDERSTOOD)
    board = desk.opens("/desk")
    world.runtime.transact(ring, Subject.LOW_BATTERY)

    board.presses("I see to it")

    assert f"{world.ref()} : news from the team; please read the message from north" in board.text
    assert board.html.count("I see to it") == 1
    assert {alarm.subject: alarm.answer for alarm in world.rows(alarms)} == {
        "news": "acknowledged",
        "not_understood": "acknowledged",
        "low_battery": None,
    }


def test_a_call_that_somebody_takes_leads_to_the_number_and_to_what_came_of_it(tmp_path: Path) -> None:
    """Neither stands on the board, and until it is recorded the call is owed."""
    tree = TREE.replace('methods: [{call: "+573005550014"}]', 'methods: [{task: "Say that we know, +573005550014"}]')
    with world_in(tmp_path, tree=tree) as world:
        desk = Desk.of(world, "maria", Role.COORDINATOR)
        desk.signs_in()
        world.raises()
        before, ref = desk.opens("/desk").text, world.ref()

        taken = desk.opens("/desk").presses("I call")

        page = desk.opens(taken.headers["Location"])
        after = desk.opens("/desk").text
    assert taken.headers["Location"] == f"/desk/incidents/{ref}?done=answered"
    assert "Say that we know, +573005550014" in page.text
    assert "They take charge" in page.text
    assert "You: call Mountain post" in before
    assert "You: record what came of the call to Mountain post" in after


def test_the_page_loads_nothing_from_elsewhere_and_little_at_all(world: World, desk: Desk) -> None:
    """A phone on a bad line: the first view with forty incidents is under 14 kB on the wire."""
    for _ in range(40):
        world.raises()

    answer = desk.browser.get("/desk", headers={"Accept-Encoding": "gzip"})

    assert not re.findall(r'(?:src|href|action)="(?!/desk|\?)', answer.text)
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.text.count('class="incident critical"') == 40
    assert answer.num_bytes_downloaded < 14_000


def test_an_alarm_that_was_repeated_since_the_board_was_drawn_is_taken(world: World, desk: Desk) -> None:
    """Who presses it means what rings, and hearing that it was answered would let it ring on."""

    def ring(tx: Tx) -> None:
        before = NOW - timedelta(minutes=20)
        tx.session.execute(update(alarms).values(answer=PromptAnswer.REPEATED.value, due_at=None, raised_at=before))
        locked = take_up(tx, world.incident)
        [escalation] = [each.id for each in locked.escalations if each.tree == "valley"]
        raise_prompt(locked, PromptKind.ALARM, Subject.UNANSWERED, about="valley", escalation_id=escalation)
        locked.finish()

    world.raises()
    world.runtime.transact(ring)
    board = desk.opens("/desk")
    world.runtime.transact(ring)

    board.presses("I see to it")

    found = world.runtime.read(lambda tx: tx.session.execute(select(alarms)).all())
    assert sorted(str(each.answer) for each in found) == ["acknowledged", "repeated"]


def test_nothing_of_what_people_wrote_stands_on_the_board(world: World, desk: Desk) -> None:
    """It is left open on a table: places, names and words are a page further (A9)."""
    world.raises()

    board = desk.opens("/desk").html

    assert world.ref() in board
    assert not [secret for secret in ("Vereda La Esperanza", "Two were taken", "Maria Example") if secret in board]


def test_a_matter_that_is_none_is_not_found(world: World, desk: Desk, unverified: str) -> None:
    form = desk.opens("/desk").form("Yes, go")

    assert desk.posts("/desk/matters/nothing", form.fields).status_code == 404
    assert desk.posts(form.action, {**form.fields, "answer": "shout"}).status_code == 422
    [prompt] = world.runtime.read(lambda tx: tx.session.execute(select(alarms)).all())
    assert prompt.answer is None
    assert form.sent().status_code == 303


LATELY = re.compile(r'<ul id="closed">(.*?)</ul>', re.DOTALL)


def lately(desk: Desk, path: str) -> str:
    """What that page says was closed lately."""
    [found] = LATELY.findall(desk.opens(path).html)
    return str(found).strip()


def test_what_was_closed_lately_stands_folded_on_its_page_for_a_day(world: World, desk: Desk) -> None:
    """Whoever looks for an incident that was there a moment ago finds it, drills among drills."""
    assert lately(desk, "/desk") == ""
    refs = []
    for drill in (False, True):
        world.raises(drill=drill)
        world.closes()
        refs.append(world.ref())

    boards = [lately(desk, path) for path in ("/desk", "/desk/drills")]

    assert [[ref in board for ref in refs] for board in boards] == [[True, False], [False, True]]
    assert "arrest · Colombia · closed 24 Nov 02:14" in boards[0]
    assert "Closed in the last 24 hours: 1" in desk.opens("/desk").text
    assert lately(desk, "/desk?country=FR") == ""
    long_ago = NOW - timedelta(hours=25)
    world.runtime.transact(lambda tx: tx.session.execute(update(incidents).values(closed_at=long_ago)))
    assert lately(desk, "/desk") == ""
    led = '<a href="/desk/find">Closed incidents</a>'
    assert [led in desk.opens(path).html for path in ("/desk", "/desk/drills")] == [True, False]
    [listed] = re.findall(r"<h2>Closed incidents</h2>\n<ul.*?</ul>", desk.opens("/desk/find").html, re.DOTALL)
    assert [ref in listed for ref in refs] == [True, False], "however long ago it was closed"


def test_a_day_of_drills_hides_no_incident_that_was_closed(world: World, desk: Desk) -> None:
    """Each page has the latest of its own kind."""
    refs = []
    for drill in (False, *[True] * (MOST_CLOSED + 1)):
        world.raises(drill=drill)
        world.closes()
        refs.append(world.ref())

    boards = [lately(desk, path) for path in ("/desk", "/desk/drills")]

    assert [board.count("<li>") for board in boards] == [1, MOST_CLOSED]
    assert refs[0] in boards[0]


def test_however_many_drills_are_closed_in_a_day_the_incidents_of_that_day_stand_on_the_board(
    world: World, desk: Desk
) -> None:
    world.raises()
    world.closes()
    real = world.ref()
    [kept] = world.rows(incidents)
    world.raises(drill=True)
    world.closes()
    [drill] = [dict(row._mapping) for row in world.rows(incidents) if row.ref != kept.ref]
    many = [
        drill | {"id": f"{number:032x}", "ref": f"D-{number}", "closed_at": NOW + timedelta(seconds=1)}
        for number in range(AT_A_TIME)
    ]
    world.runtime.transact(lambda tx: tx.session.execute(insert(incidents), many))

    assert real in lately(desk, "/desk")
    assert real not in lately(desk, "/desk/drills")


def test_what_was_closed_and_cannot_be_read_takes_nothing_else_with_it(world: World, desk: Desk) -> None:
    """A11: whether it was a drill is sealed: it stands on both pages, and says so; all the rest stands as it did."""
    refs = []
    for _ in range(2):
        world.raises()
        world.closes()
        refs.append(world.ref())
    world.raises()
    still_open = world.ref()
    damage = sql("UPDATE incidents SET facts = :damaged WHERE ref = :ref")
    world.runtime.transact(lambda tx: tx.session.execute(damage, {"damaged": b"x" * 40, "ref": refs[0]}))

    board, drills = lately(desk, "/desk").splitlines(), lately(desk, "/desk/drills")

    unread = "call an administrator"
    assert {ref: unread in line for line in board for ref in refs if ref in line} == {refs[0]: True, refs[1]: False}
    assert (refs[0] in drills, refs[1] in drills) == (True, False)
    assert f"{still_open} arrest" in desk.opens("/desk").text


@pytest.fixture
def unread(world: World) -> str:
    """An open incident that Ana's phone raised, whose facts are damaged, before another that is whole."""
    damaged = world.raises(type="threat", raised_from=ANA)

    def tells(tx: Tx) -> None:
        locked = take_up(tx, damaged)
        notify_coordinators(locked, Subject.SAME_EVENT, "A-7K3M")
        locked.finish()

    world.runtime.transact(tells)
    world.raises()
    damage = sql("UPDATE incidents SET facts = :junk WHERE id = :id")
    assert not world.runtime.read(must_be_left_alone, ANA)
    world.runtime.transact(lambda tx: tx.session.execute(damage, {"junk": b"x" * 40, "id": damaged}))
    query = select(incidents.c.ref).where(incidents.c.id == damaged)
    return str(world.runtime.read(lambda tx: tx.session.scalar(query)))


def test_an_open_incident_that_cannot_be_read_stands_first_and_takes_nothing_with_it(
    world: World, desk: Desk, unread: str
) -> None:
    """A11: the board, the API and the figures show all others; whoever wrote to its phone might write to a captor."""
    board = desk.opens("/desk").text
    assert board.index(f"{unread} threat") < board.index(f"{world.ref()} arrest")
    assert board.count("part of it can't be read: call an administrator") == 1
    for path in ("/desk/drills", "/desk/figures", f"/desk/find?q={world.ref()}"):
        assert desk.opens(path).text != board
    _, text = world.runtime.transact(api_keys.create, None, ["coordinate", "read"])
    key = {"Authorization": f"Bearer {text}"}
    listed = {each["ref"]: each["warnings"] for each in world.client.get("/v1/incidents", headers=key).json()["items"]}
    alone = world.client.get(f"/v1/incidents/{unread}", headers=key).json()
    assert listed == {world.ref(): [], unread: [UNREAD]}
    assert (alone["warnings"], alone["consent"], alone["place"]) == ([UNREAD], "internal", None)
    assert world.runtime.read(must_be_left_alone, ANA)


def test_an_incident_that_cannot_be_read_is_closed_without_a_word_and_purged(world: World, unread: str) -> None:
    """A11, A3: nobody knows who may hear of it; until it is over its phone is left alone, and no drill begins.

    Who names a report that was merged into it closes nothing. It can be kept for a court as any other, with its parts.
    """
    decided = purge.PurgeDecision("test", "damaged")

    def closes_by_its_part(tx: Tx) -> None:
        merged = update(incidents).where(incidents.c.ref == world.ref())
        tx.session.execute(merged.values(part_of=purge.candidate(tx, unread).incident.id))
        purge.hold(tx, unread, decided, is_held=True)
        assert all(tx.session.scalars(select(incidents.c.held_at)))
        close_incident(tx, world.ref(), CloseReason.UNRESOLVED, None)

    with pytest.raises(WrongState, match=f"part of {unread}"):
        world.runtime.transact(closes_by_its_part)
    sent = {row.id for row in world.rows(notifications)}
    closed = world.runtime.transact(close_incident, unread, CloseReason.UNRESOLVED, "damaged")
    after = world.rows(notifications)
    for is_held, kept in ((True, [f"held since {world.runtime.now():%Y-%m-%d}"]), (False, [None])):
        world.runtime.transact(purge.hold, unread, decided, is_held=is_held)
        assert [world.runtime.read(purge.candidate, unread).kept] == kept

    [found] = world.runtime.read(purge.candidates, world.runtime.now())
    purge_incident(world.runtime, found.incident.id, decided, rest=lambda: None)

    assert (closed, found.incident.ref, found.kept) == (False, unread, None)
    assert {row.id for row in after} == sent != set()
    assert not world.runtime.read(must_be_left_alone, ANA)
    told = {row.ref: (row.status, row.erased_at is not None) for row in world.rows(incidents)}
    assert told == {unread: ("closed", True), world.ref(): ("open", False)}
    assert [each.status for each in world.rows(escalations) if each.due_at is None] == ["stopped"]


def test_whoever_is_told_of_an_incident_that_cannot_be_read_is_heard(world: World, unread: str) -> None:
    """A11, A12: the text of a coordinator, and an answer to the damaged one, reach people, and each gets its reply."""
    damaged = world.written_code("bob")

    replies = [world.texts(ALICE, "what is up"), world.texts(BOB, damaged, "SM2")]

    entries, _ = world.runtime.read(lambda tx: timeline_view.entries(tx.session, world.incident, 0, 1000))
    heard = [(each["payload"] or {})["text"] for each in entries if each["kind"] == "sms_received"]
    assert [world.ref() in each.text for each in replies] == [True, True]
    assert heard == ["what is up", damaged]
    assert world.post("/twilio/voice", CallSid="CA7", From=BOB, To=OURS).status_code == 200


def test_what_somebody_did_is_told_as_theirs_to_others_and_as_yours_to_them(
    world: World, sit_down: SitDown, unverified: str
) -> None:
    """Also where it comes by the stream, which is the same for both; who does something here knows of it."""
    maria, ben = sit_down("maria"), sit_down("ben")
    assert "Knows: nobody yet." in ben.opens("/desk").text

    maria.opens("/desk").presses("Hold")

    hers, his = (each.opens("/desk").text for each in (maria, ben))
    assert ("03:14 , by you (" in hers, "03:14 , by maria (" in his) == (True, True)
    assert "Knows: maria (here)." in his


def test_who_decides_whether_it_is_genuine_reads_what_is_known_and_who_says_so(world: World, sit_down: SitDown) -> None:
    """Place, people by their codes, the team and the number, beside the buttons; whoever observes reads none of it."""
    world.raises(verified=False, raised_from=ANA)

    board, observed = (
        sit_down(name, role).opens("/desk").text
        for name, role in (("maria", Role.COORDINATOR), ("olga", Role.OBSERVER))
    )

    assert f"Place: Vereda La Esperanza. People: P7 (other). Reported by: test, {ANA}." in board
    assert ("Vereda" in observed, ANA in observed, f"Is {world.ref()} genuine?" in observed) == (False, False, True)


def test_words_that_came_one_by_one_are_read_once(world: World, desk: Desk) -> None:
    """The details of a text that became an incident, or of one that news has joined, hold them all, line by line."""
    world.raises(verified=False, details="they take P7\nnow four men\nthey take P7\nhurry")
    for words in ("they take P7", "now four men\nthey take P7"):
        world.runtime.transact(timeline.append, world.incident, ("sms_received", {"by": "north/ana", "text": words}))

    board, sheet = (desk.opens(path).html for path in ("/desk", f"/desk/incidents/{world.ref()}"))

    for page in (board, sheet.partition('id="texts"')[2].partition('id="answers"')[0]):
        assert [page.count(words) for words in ("they take P7", "now four men", "hurry")] == [2, 1, 1]


def test_an_entry_that_cannot_be_read_takes_neither_board_nor_page_away(world: World, desk: Desk) -> None:
    """A11: its incident says so; the others stand as they were."""
    world.raises(verified=False)
    damaged, ref = world.incident, world.ref()
    world.raises()
    damage = sql("UPDATE timeline SET payload = :junk WHERE chain = :chain AND kind = 'incident_opened'")
    assert "call an administrator" not in desk.opens("/desk").text

    world.runtime.transact(lambda tx: tx.session.execute(damage, {"junk": b"x" * 40, "chain": damaged}))
    board = world.runtime.read(read_board)

    assert [(each.ref, each.broken) for each in board.incidents if each.broken] == [(ref, True)]
    assert len(board.incidents) == 2
    page = desk.opens(f"/desk/incidents/{ref}").text
    assert ("What was said" in page, "part of it can't be read: call an administrator" in page) == (True, True)


@pytest.mark.parametrize("pin", ["47110", "47990"])
def test_that_a_team_has_said_under_threat_that_all_is_well_is_not_seen_by_who_knows(
    world: World, sit_down: SitDown, pin: str
) -> None:
    """What only the PIN for duress puts on the record is told to coordinators: no line of the board may show it."""
    world.gives_pin("north/ana", duress="47990")
    world.raises()
    observer, ref = sit_down("olga", Role.OBSERVER), world.ref()
    world.texts(ANA, f"OK {pin}")
    world.texts(ANA, "SOS", sid="SM2")

    known = {each.ref: each.told.team for each in world.runtime.read(read_board).incidents}
    _, _, line = observer.opens("/desk").html.partition(f'id="incident-{ref}"')
    line, _, _ = line.partition('class="path"')

    assert known[ref] == ""
    assert "north" in known.values()
    assert ("Knows:" in line, "team north" in line) == (True, False)


def test_an_incident_that_is_as_it_was_is_not_rendered_again(world: World) -> None:
    """A page with a thousand open ones would take a third of a second each time that somebody opens it."""
    world.raises()
    stays = f"incident-{world.ref()}"
    world.raises()
    changes = f"incident-{world.ref()}"
    boards = Boards(world.runtime)
    look = BoardLook(boards, False, "", "", "en", True)
    _, before = boards.shown(look)
    world.updates("They are at the station")

    _, after = boards.shown(look)
    _, in_spanish = boards.shown(replace(look, language="es"))

    assert [after.parts[each] is before.parts[each] for each in (stays, changes)] == [True, False]
    assert ("Knows:" in after.parts[stays], "Knows:" in in_spanish.parts[stays]) == (True, False)
