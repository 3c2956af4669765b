"""The coordinator's page: a decision or an alarm, opened without effect and answered by a button."""

import re
from pathlib import Path

import pytest
from httpx2 import Response

from alertnet.core.notification import PromptAnswer
from alertnet.flows.escalation.record_decision import decide
from alertnet.flows.incidents.merge import merge
from alertnet.flows.unit.locked_incident import take_up
from alertnet.store.db.tx import Tx
from alertnet.store.tables import acknowledgements, actions, alarms, escalations, incidents, timeline
from tests.web.world import ANA, BOB, PIN, SECRETS, TREE, World, world_in


@pytest.fixture
def question(world: World) -> str:
    """The path of the page that asks whether an unverified report is genuine."""
    world.raises(verified=False)
    return world.link("alice", page="c")


@pytest.fixture
def alarm(world: World) -> str:
    """The path of the page of an alarm: Bob called our number."""
    world.raises()
    world.hears("/twilio/voice", From=BOB).keys("", From=BOB)
    return world.link("alice", page="c")


def answers(world: World) -> list[str | None]:
    return [row.answer for row in world.rows(alarms)]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_opening_the_page_decides_nothing(world: World, question: str, method: str) -> None:
    """A6."""
    answer = world.client.request(method, question)

    assert answer.status_code == 200
    assert answers(world) == [None]
    assert method == "HEAD" or "recorded nothing. Only a button counts.</p>" in answer.text


def test_the_page_asks_the_question_with_three_buttons(world: World, question: str) -> None:
    html = world.client.get(question).text

    assert "This report is not verified yet. Is it genuine?" in html
    for answer, label in (
        ("go", "Yes, it is genuine"),
        ("hold", "Hold: ask me again later"),
        ("refuse", "No, tell nobody else"),
    ):
        assert f'value="{answer}">{label}</button>' in html


@pytest.mark.parametrize(
    ("answer", "verified", "said"),
    [
        ("go", True, "it is genuine, and goes on."),
        ("hold", False, "on hold. We will ask again."),
        ("refuse", False, "not genuine. Nobody else is told."),
    ],
)
def test_a_button_decides(world: World, question: str, answer: str, verified: bool, said: str) -> None:
    """And the page says what came of it: of a report there is no level to be left out."""
    shown = world.client.post(question, data={"answer": answer})

    assert shown.status_code == 200
    assert answers(world) == [answer]
    assert f"Recorded 24 November, 02:14 (UTC\u20115): {said}" in shown.text
    facts = world.rows(incidents)[0].facts
    assert facts["verified"] is verified


def test_the_same_button_twice_decides_once(world: World, question: str) -> None:
    """A1."""
    first, second = (world.client.post(question, data={"answer": "go"}) for _ in range(2))

    assert (first.status_code, second.status_code) == (200, 200)
    assert first.text == second.text


def closes(world: World, path: str, html: str, **more: str) -> Response:
    """Press the button that closes, on the page that was read."""
    reason = re.search(r'<option value="(resolved[^"]*)"', html)
    assert reason
    return world.client.post(path, data={"answer": "close", "reason": reason[1], **more})


def test_what_another_has_reopened_is_closed_only_by_who_has_seen_that(world: World, question: str) -> None:
    """A2: the page still lay open on the phone, and one more press would have ended the alarm."""
    left_open = world.client.get(question).text
    closes(world, question, left_open)
    world.reopens()

    second = closes(world, question, left_open, note="all are free")
    status = world.rows(incidents)[0].status
    third = closes(world, question, second.text)

    assert (second.status_code, status) == (409, "open")
    assert "Nothing was done: since you opened this page" in second.text
    assert 'value="all are free"' in second.text
    assert (third.status_code, world.rows(incidents)[0].status) == (200, "closed")


def test_another_decision_comes_too_late(world: World, question: str) -> None:
    world.client.post(question, data={"answer": "go"})

    late = world.client.post(question, data={"answer": "refuse"})

    assert late.status_code == 409
    assert "Recorded 24 November, 02:14 (UTC\u20115): it is genuine, and goes on." in late.text
    assert answers(world) == ["go"]


def test_who_has_seen_that_a_report_was_refused_can_still_find_it_genuine(world: World, question: str) -> None:
    """A slip at night stops the alarm, and not every coordinator has the console."""
    left_open = {"answer": "go"}
    refused = world.client.post(question, data={"answer": "refuse"}).text
    unseen = world.client.post(question, data=left_open)
    before = answers(world)

    found, again = (world.client.post(question, data={"answer": "go_after_all"}) for _ in range(2))

    assert 'value="go_after_all">It is genuine after all</button>' in refused
    assert (unseen.status_code, before) == (409, ["refuse"])
    assert (found.status_code, again.text) == (200, found.text)
    assert "it is genuine, and goes on." in found.text
    assert (answers(world), world.rows(incidents)[0].facts["verified"]) == (["go"], True)


def test_a_page_says_no_more_that_a_report_was_refused_once_it_is_found_genuine(world: World, question: str) -> None:
    refused = world.client.post(question, data={"answer": "refuse"}).text

    world.runtime.transact(_finds_it_genuine, world.incident)

    assert "not genuine. Nobody else is told." in refused
    assert "it is genuine, and goes on." in world.client.get(question).text


def test_a_page_says_so_no_more_either_where_the_report_was_merged_into_a_genuine_one(
    world: World, question: str
) -> None:
    refused, part = world.client.post(question, data={"answer": "refuse"}).text, world.incident
    whole = world.raises(verified=False)
    world.runtime.transact(lambda tx: merge(tx, part, whole, by="test").finish())
    merged = world.client.get(question).text

    found = world.client.post(question, data={"answer": "go_after_all"})

    told = ["not genuine. Nobody else is told." in text for text in (refused, merged, found.text)]
    assert (found.status_code, told) == (200, [True, True, False])
    assert ("go_after_all" in merged, "go_after_all" in found.text) == (True, False)
    assert "Nothing more is needed from you here." in found.text
    assert {row.id: row.facts["verified"] for row in world.rows(incidents)}[whole] is True


def _finds_it_genuine(tx: Tx, incident: str) -> None:
    locked = take_up(tx, incident)
    decide(locked, PromptAnswer.GO, by="user maria")
    locked.finish()


def test_a_decision_on_hold_can_still_be_made(world: World, question: str) -> None:
    world.client.post(question, data={"answer": "hold"})

    world.client.post(question, data={"answer": "go"})

    assert answers(world) == ["go"]


@pytest.mark.parametrize("answer", ["", "acknowledge", "GO"])
def test_what_is_no_decision_is_refused(world: World, question: str, answer: str) -> None:
    assert world.client.post(question, data={"answer": answer}).status_code == 422
    assert answers(world) == [None]


def test_an_alarm_is_taken(world: World, alarm: str) -> None:
    """B3: it rings until somebody has answered it."""
    page = world.client.get(alarm).text
    shown = world.client.post(alarm, data={"answer": "acknowledge"})

    assert "bob called our number" in page
    assert "you take charge" in shown.text
    assert [(row.answer, row.answered_by, row.due_at) for row in world.rows(alarms)] == [
        ("acknowledged", "alice", None)
    ]


def test_a_closed_incident_asks_nothing_more(world: World, question: str) -> None:
    world.closes()

    late = world.client.post(question, data={"answer": "go"})

    assert late.status_code == 409
    assert "This matter is closed" in late.text


@pytest.mark.parametrize("sent", [{}, {"answer": "go"}, {"answer": "listen:1"}])
def test_a_page_on_which_nothing_can_be_done_tries_no_pin(world: World, question: str, sent: dict[str, str]) -> None:
    """B9: whoever found an old message would keep the coordinator's own PIN from being looked at, everywhere."""
    world.gives_pin("valley/alice")
    world.closes()

    assert {world.client.post(question, data={**sent, "pin": "11111"}).status_code for _ in range(5)} == {409}

    world.raises(verified=False)
    page = world.link("alice", page="c")
    assert world.client.post(page, data={"answer": "go", "pin": PIN}).status_code == 200
    assert answers(world)[-1] == "go"


def test_the_page_of_a_contact_is_no_coordinators(world: World) -> None:
    world.raises()

    assert world.client.get(world.link("bob").replace("/a/", "/c/")).status_code == 404


@pytest.fixture
def answer(world: World) -> str:
    """The path of the page to which Alice's notice leads: Bob takes charge."""
    world.raises()
    world.client.post(world.link("bob"), data={"answer": "acknowledge", "by": "Bob Night-Desk"})
    return world.link("alice", page="c")


def current_answers(world: World) -> list[str]:
    return [row.contact for row in world.rows(acknowledgements) if row.revoked_at is None]


def test_the_notice_of_an_answer_leads_to_who_answered_what_when_and_changes_nothing(world: World, answer: str) -> None:
    """A6, A9: a scanner takes nothing back, and what travelled in clear shows neither name nor words."""
    html = world.client.get(answer).text

    assert "bob takes charge" in html
    assert "On its own page, 24 November, 02:14 (UTC\u20115)." in html
    assert "Bob Night-Desk" not in html
    assert current_answers(world) == ["bob"]
    assert [row.status for row in world.rows(escalations)] == ["acknowledged"]


def test_its_button_takes_the_answer_back_once_and_the_escalation_runs_again(world: World, answer: str) -> None:
    """A6, A1."""
    shown, again = (world.client.post(answer, data={"answer": "revoke"}) for _ in range(2))

    assert "Recorded 24 November, 02:14 (UTC\u20115): this answer no longer counts." in shown.text
    assert (again.status_code, again.text) == (200, shown.text)
    assert current_answers(world) == []
    assert [row.status for row in world.rows(escalations)] == ["running"]
    assert [row.kind for row in world.rows(timeline)].count("acknowledgement_revoked") == 1


def test_who_answered_by_name_is_shown_after_the_pin(world: World, answer: str) -> None:
    """A9."""
    world.gives_pin("valley/alice")

    html = world.client.post(answer, data={"pin": PIN}).text

    assert "Bob Night-Desk" in html
    assert SECRETS["summary"] in html
    assert current_answers(world) == ["bob"]


@pytest.mark.parametrize("pin", ["", "00000"])
@pytest.mark.parametrize("act", ["go", "hold", "refuse"])
def test_who_has_a_pin_decides_nothing_without_it(world: World, question: str, act: str, pin: str) -> None:
    """A6: neither goes, holds nor skips; the page asks for the PIN beside the buttons."""
    world.gives_pin("valley/alice")

    refused = world.client.post(question, data={"answer": act, "pin": pin})

    assert refused.status_code == 403
    assert answers(world) == [None]
    assert 'id="answer-pin"' in refused.text
    assert world.client.post(question, data={"answer": act, "pin": PIN}).status_code == 200
    assert answers(world) == [act]


def test_what_was_refused_comes_before_what_was_recorded_earlier(world: World, question: str) -> None:
    """By eye and by ear: who forgot the PIN believes no incident closed because a hold was recorded."""
    world.gives_pin("valley/alice")
    world.client.post(question, data={"answer": "hold", "pin": PIN})

    refused = world.client.post(question, data={"answer": "close", "reason": "resolved"}).text
    closed = world.client.post(question, data={"answer": "close", "reason": "resolved", "pin": PIN}).text

    assert "<title>Nothing was done yet: please enter your PIN" in refused
    assert refused.index('role="alert">Nothing was done yet') < refused.index("<p>Recorded")
    assert "Nothing was done yet" not in closed
    assert world.rows(incidents)[0].status == "closed"


def test_who_has_a_pin_takes_no_alarm_and_revokes_nothing_without_it(world: World, answer: str) -> None:
    """A6: a thief of the telephone lets nothing stop."""
    world.gives_pin("valley/alice")

    refused = world.client.post(answer, data={"answer": "revoke"})

    assert (refused.status_code, current_answers(world)) == (403, ["bob"])
    assert world.client.post(answer, data={"answer": "revoke", "pin": PIN}).status_code == 200
    assert current_answers(world) == []


def test_the_desk_keeps_what_was_typed_until_the_pin_is_there(world: World, alarm: str) -> None:
    """A6: nobody vouches, reports or closes without it."""
    world.gives_pin("valley/alice")
    acts = [
        {"answer": "vouch", "contact": "valley/alice", "kind": "declined"},
        {"answer": "action", "contact": "valley/alice", "action": "visited", "note": "two officers"},
        {"answer": "close", "reason": "resolved", "note": "all are free"},
    ]

    pages = [world.client.post(alarm, data=act) for act in acts]

    assert [page.status_code for page in pages] == [403] * 3
    assert [page.text.count("<details open>") for page in pages] == [1] * 3
    for page, kept in zip(pages, ("declined", "visited", "resolved"), strict=True):
        assert re.search(rf'value="{kept}(~[^"]*)?" selected', page.text)
    assert 'value="all are free"' in pages[2].text
    assert [row.status for row in world.rows(incidents)] == ["open"]
    assert current_answers(world) == []


def test_after_the_incident_is_closed_no_answer_is_taken_back(world: World, answer: str) -> None:
    world.closes()

    assert world.client.post(answer, data={"answer": "revoke"}).status_code == 409
    assert current_answers(world) == ["bob"]


def test_a_note_that_is_too_long_records_nothing_and_says_so(world: World, alarm: str) -> None:
    """B9: a note has 500 characters."""
    refused = world.client.post(alarm, data={"answer": "close", "reason": "resolved", "note": "x" * 501, "pin": PIN})

    assert refused.status_code == 422
    assert "at most 500 characters" in refused.text
    assert [row.status for row in world.rows(incidents)] == ["open"]


# What people wrote


def test_a_text_can_be_read_on_the_page_of_its_alarm_once_the_pin_is_entered(world: World) -> None:
    """A12: "please read what the team wrote" leads to the words themselves, and to the number that calls it back."""
    world.gives_pin("valley/alice")
    world.raises(raised_from=ANA)
    world.texts(ANA, "they took him to the northern post")
    page = world.link("alice", page="c")

    before = world.client.get(page).text
    after = world.client.post(page, data={"pin": PIN}).text

    assert "northern post" not in before
    assert "they took him to the northern post" in after
    assert f'north/ana: <a href="tel:{ANA}"' in after


def test_a_text_of_which_an_incident_was_made_is_read_once(world: World) -> None:
    """It is the summary, too."""
    world.gives_pin("valley/alice")
    world.raises(raised_from=ANA, summary="they took him to the northern post")
    world.texts(ANA, "they took him to the northern post")

    html = world.client.post(world.link("alice", page="c"), data={"pin": PIN}).text

    assert html.count("they took him to the northern post") == 1


def test_a_phone_that_somebody_else_may_hold_is_not_offered_to_be_rung(world: World) -> None:
    """Nothing that we begin may reach a silent phone: its words can be read, and no link dials it."""
    world.gives_pin("valley/alice")
    world.raises(raised_from=ANA, field_silent=True)
    world.texts(ANA, "they took him to the northern post")

    shown = world.client.post(world.link("alice", page="c"), data={"pin": PIN}).text

    assert "they took him to the northern post" in shown
    assert f"tel:{ANA}" not in shown


def test_what_people_write_is_text_and_nothing_else(world: World) -> None:
    """Words from outside are hostile."""
    world.gives_pin("valley/alice")
    world.raises(raised_from=ANA)
    world.texts(ANA, "<script>alert(1)</script> {{ ref }}")

    shown = world.client.post(world.link("alice", page="c"), data={"pin": PIN}).text

    assert "&lt;script&gt;alert(1)&lt;/script&gt; {{ ref }}" in shown
    assert "<script>" not in shown


def test_a_coordinator_who_may_not_know_everything_reads_no_text(tmp_path: Path) -> None:
    """What people write may name anybody: it is for a disclosure of full, a coordinator's too."""
    tree = TREE.replace("organisation: Valley\n    disclosure: full", "organisation: Valley\n    disclosure: limited")
    with world_in(tmp_path, tree=tree) as world:
        world.gives_pin("valley/alice")
        world.raises(raised_from=ANA)
        world.texts(ANA, "they took him to the northern post")

        shown = world.client.post(world.link("alice", page="c"), data={"pin": PIN}).text

    assert SECRETS["summary"] in shown
    assert "northern post" not in shown


def test_a_pin_among_the_words_of_a_note_is_kept_as_dots(world: World, alarm: str) -> None:
    """A9: notes are on the record, and people read them."""
    world.gives_pin("valley/alice")
    deed = {"answer": "action", "contact": "valley/alice", "action": "visited", "note": f"{PIN} two officers, 12345"}

    refused = world.client.post(alarm, data=deed)
    world.client.post(alarm, data={**deed, "pin": PIN})

    assert deed["note"] in refused.text, "shown again as it was sent: dots would tell what the PIN is"

    [kept] = world.rows(actions)
    assert kept.note == "····· two officers, 12345"
