"""Calls that we place: what a voicemail may keep, the code that proves a listener, and the answer after it."""

from pathlib import Path

import pytest

from alertnet.core.notification import PromptAnswer
from alertnet.flows.credentials.pins import set_pins
from alertnet.flows.escalation.record_decision import decide
from alertnet.flows.unit.locked_incident import take_up
from alertnet.sandbox.telephony.twiml import Dial, Hangup, Say
from alertnet.store.db.tx import Tx
from alertnet.store.tables import acknowledgements, alarms, codes, escalations, guesses, notifications, timeline
from tests.web.world import BOB, CALLBACK, PIN, SECRETS, TREE, World, world_in


@pytest.fixture
def world(world: World) -> World:
    world.raises()
    return world


def wrong_code(right: str) -> str:
    return "111" if right != "111" else "222"


def current_answers(world: World) -> list[tuple[str, str, str]]:
    """To have listened is none."""
    return [each for each in on_record(world) if each[1] != "received"]


def on_record(world: World) -> list[tuple[str, str, str]]:
    return [(row.contact, row.kind, row.via) for row in world.rows(acknowledgements) if row.revoked_at is None]


def status_of(world: World) -> str:
    return str(world.rows(escalations)[0].status)


def test_a_call_begins_with_what_a_voicemail_may_keep(world: World) -> None:
    """A9: sender, reference and number to call back; the type comes only after the code."""
    heard = world.answers(world.attempt("bob"))

    assert "Valley network" in heard.text
    assert "arrest" not in heard.text
    assert not any(secret in heard.text for secret in SECRETS.values())


def test_the_code_is_asked_for_in_three_digits_that_may_interrupt(world: World) -> None:
    attempt = world.attempt("bob")

    question = world.answers(attempt).question

    assert question is not None
    assert (question.num_digits, question.finish_on_key, question.action_on_empty_result) == (3, "*", True)
    assert ", ".join(world.code(attempt)) in question.says[0].text


def test_the_call_speaks_the_contacts_language(world: World) -> None:
    heard = world.answers(world.attempt("carol"))

    assert "appel automatique" in heard.text
    assert heard.question is not None
    assert heard.question.says[0].language == "fr-FR"


def test_a_title_of_another_language_is_said_by_a_voice_of_its_own(world: World) -> None:
    """Nobody understands an English name that a French voice reads; and in its own language it is one sentence."""
    foreign, own = (
        [(verb.text, verb.language) for verb in world.answers(world.attempt(who)).verbs if isinstance(verb, Say)]
        for who in ("carol", "bob")
    )

    assert foreign[:2] == [("Ceci est un appel automatique de", "fr-FR"), ("Valley network", "en-GB")]
    assert foreign[2][0].startswith("référence ")
    assert foreign[2][1] == "fr-FR"
    assert [voice for _, voice in own] == ["en-GB"]


def test_the_right_code_is_received_and_only_then_the_type_is_said(world: World) -> None:
    """A6: the spoken code keyed back proves that somebody listens, and no more; A1: it is said after the commit."""
    attempt = world.attempt("bob")

    heard = world.answers(attempt).keys(world.code(attempt))

    assert on_record(world) == [("bob", "received", "call")]
    assert status_of(world) == "running"
    assert world.row(attempt).status == "delivered"
    assert "arrest" in heard.text


def test_a_one_after_the_code_takes_charge(world: World) -> None:
    """A6: of whoever listens, in that very call; brought twice it counts once and hears the same."""
    attempt = world.attempt("bob")
    menu = world.answers(attempt).keys(world.code(attempt))

    first, second = (menu.keys("1") for _ in range(2))

    assert current_answers(world) == [("bob", "acknowledged", "call")]
    assert status_of(world) == "acknowledged"
    assert "you take charge" in first.text
    assert first.verbs == second.verbs
    assert len(world.rows(acknowledgements)) == 2
    assert len([row for row in world.rows(notifications) if row.kind == "recorded"]) == 2  # his SMS and his mail


def test_picking_up_acknowledges_nothing(world: World) -> None:
    """A6: an answered call is no proof."""
    attempt = world.attempt("bob")

    heard = world.answers(attempt)
    picked_up = on_record(world)
    heard.keys(world.code(attempt))

    assert (picked_up, on_record(world)) == ([], [("bob", "received", "call")])


def test_a_voicemail_hears_the_question_twice_and_leaves_no_trace(world: World) -> None:
    """A6: a voicemail acknowledges nothing, and is not spoken to for long."""
    attempt = world.attempt("bob")

    again = world.answers(attempt).silence()
    end = again.silence()

    assert "slowly" in again.text
    assert again.text.endswith(" ".join(["digits:", *world.code(attempt)]) + ".")
    assert "Nothing was recorded" in end.text
    assert end.verbs[-1] == Hangup()
    assert current_answers(world) == []
    assert world.row(attempt).wrong_keys == 0


def test_the_third_wrong_code_ends_the_call(world: World) -> None:
    attempt = world.attempt("bob")
    heard = world.answers(attempt)
    wrong = wrong_code(world.code(attempt))

    for _ in range(3):
        assert heard.question is not None
        heard = heard.keys(wrong)

    assert "Nothing was recorded" in heard.text
    assert heard.question is None
    assert current_answers(world) == []


def test_after_three_wrong_codes_the_right_one_is_too_late(world: World) -> None:
    attempt = world.attempt("bob")
    question = world.answers(attempt).question
    assert question is not None
    for number in (1, 2, 3):
        world.hears(f"/twilio/voice/{attempt}/keypad?try={number}", Digits=wrong_code(world.code(attempt)))

    world.hears(f"/twilio/voice/{attempt}/keypad?try=3", Digits=world.code(attempt))

    assert current_answers(world) == []


def test_a_wrong_code_that_is_brought_twice_counts_once(world: World) -> None:
    """A1: the provider repeats a webhook whose answer it lost."""
    attempt = world.attempt("bob")
    heard = world.answers(attempt)

    first, second = (heard.keys(wrong_code(world.code(attempt))) for _ in range(2))

    assert world.row(attempt).wrong_keys == 1
    assert first.text == second.text


def test_keys_without_their_place_count_one_by_one(world: World) -> None:
    """A webhook that leaves out the query is a try of its own."""
    attempt = world.attempt("bob")
    world.answers(attempt)

    for _ in range(2):
        world.hears(f"/twilio/voice/{attempt}/keypad", Digits=wrong_code(world.code(attempt)))

    assert world.row(attempt).wrong_keys == 2


def test_the_code_of_another_call_is_worth_nothing(world: World) -> None:
    """A6: the spoken code is valid in its call alone."""
    bob, carol = world.attempt("bob"), world.attempt("carol")
    heard = world.answers(bob)
    world.answers(carol)
    foreign = world.code(carol)

    if foreign != world.code(bob):
        heard = heard.keys(foreign)
    before = on_record(world)
    heard.keys(world.code(bob))

    assert (before, on_record(world)) == ([], [("bob", "received", "call")])


def test_a_call_hung_up_after_its_code_takes_nobodys_charge(world: World) -> None:
    """B4: an officer who hangs up on what sounds like spam has taken on nothing."""
    attempt = world.attempt("bob")

    end = world.answers(attempt).keys(world.code(attempt)).silence()

    assert end.verbs == (Hangup(),)
    assert on_record(world) == [("bob", "received", "call")]
    assert status_of(world) == "running"
    assert [row for row in world.rows(notifications) if row.kind == "recorded"] == []


def test_the_code_brought_twice_counts_once(world: World) -> None:
    """A1: the same webhook again has no further effect and hears the same."""
    attempt = world.attempt("bob")
    heard = world.answers(attempt)

    first, second = (heard.keys(world.code(attempt)) for _ in range(2))

    assert first.verbs == second.verbs
    assert on_record(world) == [("bob", "received", "call")]


@pytest.mark.parametrize(("key", "kind"), [("2", "relayed"), ("3", "declined")])
def test_neither_two_nor_three_takes_charge(world: World, key: str, kind: str) -> None:
    """A6, B3: neither a relay nor a decline counts for a rule, so the escalation goes on; the same key counts once."""
    attempt = world.attempt("bob")
    menu = world.answers(attempt).keys(world.code(attempt))

    thanks, repeated = menu.keys(key), menu.keys(key)

    assert current_answers(world) == [("bob", kind, "call")]
    assert status_of(world) == "running"
    assert len(world.rows(acknowledgements)) == 2
    assert "Recorded" in thanks.text
    assert thanks.verbs == repeated.verbs


def test_zero_says_it_again(world: World) -> None:
    attempt = world.attempt("bob")
    menu = world.answers(attempt).keys(world.code(attempt))

    assert menu.keys("0").verbs == menu.verbs
    assert on_record(world) == [("bob", "received", "call")]


@pytest.mark.parametrize(("digits", "finished_on"), [("9", "*"), ("9*", "")])
def test_nine_and_the_star_is_the_wrong_person_and_no_decline(world: World, digits: str, finished_on: str) -> None:
    """B3: it fails the method, marks the number stale, and the coordinators hear of it."""
    attempt = world.attempt("bob")

    heard = world.answers(attempt).keys(digits, finished_on)

    row = world.row(attempt)
    assert (row.status, row.failure) == ("failed", "wrong_person")
    assert f"call:{BOB}" in world.rows(escalations)[0].state["stale"]
    assert current_answers(world) == []
    assert "not use this number again" in heard.text
    assert [row.contact for row in world.rows(notifications) if row.kind == "notice"] == ["alice"]


@pytest.mark.parametrize("digits", ["9", "9#"])
def test_a_nine_alone_is_a_wrong_try(world: World, digits: str) -> None:
    """The keys ran out of time before the star: nobody's number is struck off for that."""
    attempt = world.attempt("bob")

    world.answers(attempt).keys(digits, "")

    assert world.row(attempt).failure is None
    assert world.row(attempt).wrong_keys == 1


def test_the_wrong_person_brought_twice_is_reported_once(world: World) -> None:
    """A1."""
    heard = world.answers(world.attempt("bob"))

    first, second = (heard.keys("9", "*") for _ in range(2))

    assert first.text == second.text
    assert len([row for row in world.rows(notifications) if row.kind == "notice"]) == 1


def test_when_somebody_has_it_the_call_says_just_that(world: World) -> None:
    """A4: what still rings says that it is taken care of."""
    bob, carol = world.attempt("bob"), world.attempt("carol")
    world.answers(bob).keys(world.code(bob)).keys("1")

    heard = world.answers(carol)

    assert "se charge déjà de cette affaire" in heard.text
    assert heard.verbs[-1] == Hangup()
    assert heard.question is None


def test_what_the_answer_makes_pointless_is_hung_up_but_not_the_call_itself(world: World) -> None:
    """A4."""
    bob, carol = world.attempt("bob"), world.attempt("carol")
    world.post(f"/twilio/voice/status/{carol}", CallSid="CA-carol", CallStatus="ringing")

    menu = world.answers(bob).keys(world.code(bob))
    rings_on = list(world.hung_up())
    menu.keys("1")

    assert (rings_on, world.hung_up()) == ([], ["CA-carol"])


def test_when_the_incident_is_closed_a_call_says_nothing_of_it(world: World) -> None:
    bob = world.attempt("bob")
    question = world.answers(bob)
    world.closes()

    heard = question.keys(world.code(bob))

    assert "already being handled" in heard.text
    assert current_answers(world) == []


def test_a_contact_with_a_pin_keys_that(world: World) -> None:
    """B4: whoever picks up hears a spoken code; a PIN only its owner knows."""
    world.gives_pin()
    attempt = world.attempt("bob")
    heard = world.answers(attempt)
    assert heard.question is not None

    assert heard.question.num_digits == 5
    assert ", ".join(world.code(attempt)) not in heard.text
    again = heard.keys(world.code(attempt))
    assert on_record(world) == []
    again.keys(PIN).keys("1")
    assert current_answers(world) == [("bob", "acknowledged", "call")]


def test_who_has_only_one_time_pins_keys_six_digits(world: World) -> None:
    world.runtime.transact(set_pins, "valley/bob", one_time=("471101",))
    heard = world.answers(world.attempt("bob"))
    assert heard.question is not None
    assert heard.question.num_digits == 6

    heard.keys("471101").keys("1")

    assert current_answers(world) == [("bob", "acknowledged", "call")]


def test_without_the_pin_nobody_can_say_that_the_number_is_a_strangers(world: World) -> None:
    """A6: nothing stops; the coordinators hear of it once."""
    world.gives_pin()
    attempt = world.attempt("bob")
    heard = world.answers(attempt)
    for _ in range(2):
        heard.keys("9", "*")

    assert f"call:{BOB}" not in world.rows(escalations)[0].state.get("stale", ())
    assert [row.said.get("subject") for row in world.rows(notifications) if row.kind == "notice"] == ["wrong_person"]
    assert heard.keys(PIN).text.startswith("Nothing was recorded.")


def test_a_contact_with_a_pin_that_calls_us_keys_it_after_its_code(world: World) -> None:
    """A6: a shown number is easily forged, and a code easily read."""
    world.gives_pin()
    wrong, right = (
        world.hears("/twilio/voice", From=BOB, CallSid=sid).keys(world.written_code("bob"), From=BOB, CallSid=sid)
        for sid in ("CA1", "CA2")
    )
    assert wrong.text == right.text == "Please enter your PIN, then the star."
    assert current_answers(world) == []

    heard = [wrong.keys("11111", From=BOB, CallSid="CA1") for _ in range(2)]
    assert [each.verbs for each in heard] == [heard[0].verbs] * 2
    assert Dial(CALLBACK) in heard[0].verbs
    assert current_answers(world) == []

    first, again = (right.keys(PIN, From=BOB, CallSid="CA2") for _ in range(2))
    assert current_answers(world) == [("bob", "acknowledged", "call")]
    assert first.verbs == again.verbs
    assert [row.kind for row in world.rows(timeline)].count("pin_entered") == 2


def test_wrong_pins_on_the_page_and_in_a_call_count_together(world: World) -> None:
    """B9: over all doors; the same keys brought twice are one try."""
    world.gives_pin()
    for _ in range(3):
        world.client.post(world.link("bob"), data={"pin": "00000"})
    heard = world.answers(world.attempt("bob"))
    again = [heard.keys("11111") for _ in range(3)][-1]
    last = again.keys("11112")

    last.keys(PIN)

    assert current_answers(world) == []
    assert "pins_closed" in [row.kind for row in world.rows(timeline)]


def test_a_call_to_an_attempt_that_is_not_there_says_nothing(world: World) -> None:
    assert world.answers("f" * 32).verbs == (Hangup(),)


def test_a_call_is_known_by_its_first_webhook_when_its_answer_was_lost(world: World) -> None:
    """A5: a callback settles what is unknown."""
    attempt = world.attempt("bob")

    world.answers(attempt)

    assert world.row(attempt).provider_id == "CA1"
    assert world.row(attempt).status == "sent"


def test_a_call_that_ended_without_its_code_has_failed(world: World) -> None:
    """A6, B3: completed is only that something picked up."""
    attempt = world.attempt("bob")
    world.answers(attempt).silence()

    answer = world.post(f"/twilio/voice/status/{attempt}", CallSid="CA1", CallStatus="completed")

    assert answer.status_code == 204
    assert world.row(attempt).failure == "no_code"


def test_a_call_that_ended_after_its_code_has_not(world: World) -> None:
    attempt = world.attempt("bob")
    world.answers(attempt).keys(world.code(attempt))

    world.post(f"/twilio/voice/status/{attempt}", CallSid="CA1", CallStatus="completed")

    assert (world.row(attempt).status, world.row(attempt).due_at) == ("delivered", None)


@pytest.mark.parametrize(("key", "answer"), [("1", "go"), ("2", "hold")])
def test_a_decision_is_keyed_after_the_code(world: World, key: str, answer: str) -> None:
    world.raises(verified=False)
    attempt = world.attempt("alice", kind="decision")
    heard = world.answers(attempt)
    assert "not verified" not in heard.text

    menu = heard.keys(world.code(attempt))
    thanks, repeated = menu.keys(key), menu.keys(key)

    assert "not verified" in menu.text
    assert f"Recorded: {'go' if answer == 'go' else 'on hold'}" in thanks.text
    assert thanks.verbs == repeated.verbs
    assert [row.answer for row in world.rows(alarms) if row.kind == "decision"] == [answer]


def test_a_decision_left_open_is_recorded_as_nothing(world: World) -> None:
    """What else is open is offered all the same; at the end silence is told that it was none."""
    world.raises(verified=False)
    attempt = world.attempt("alice", kind="decision")

    further = world.answers(attempt).keys(world.code(attempt)).silence()
    further.silence()

    assert "There is one more matter" in further.text
    assert "You have an urgent human rights alert" in further.text
    assert [row.answer for row in world.rows(alarms) if row.kind == "decision"] == [None]


def test_a_hold_of_what_has_gone_ahead_hears_that_it_has(tmp_path: Path) -> None:
    """B3: nobody is to believe that an embassy has not been told."""
    levels = "levels:\n  - {name: Abroad, notify: [bob], wait: 30m, needs_go: {proceed_after: 20m}}\n"
    with world_in(tmp_path, tree=TREE.partition("levels:")[0] + levels) as world:
        world.raises()
        attempt = world.attempt("alice", kind="decision")
        menu = world.answers(attempt).keys(world.code(attempt))

        def opens(tx: Tx) -> None:
            locked = take_up(tx, world.incident)
            decide(locked, PromptAnswer.GO, tree="valley", level="Abroad")
            locked.finish()

        world.runtime.transact(opens)

        assert "the contacts in question are being told. If that is wrong, call" in menu.keys("2").text


@pytest.mark.parametrize("other", ["2", "3"])
def test_a_one_answers_an_alarm_and_another_key_lets_it_ring_on(world: World, other: str) -> None:
    """B3: an alarm rings until somebody answers it; who has only listened, passes it on or can't act, has not."""
    world.hears("/twilio/voice", From=BOB)
    world.hears("/twilio/voice?keyed=1", From=BOB, Digits="")
    attempt = world.attempt("alice", kind="alarm")

    menu = world.answers(attempt).keys(world.code(attempt))
    listened = [row.answer for row in world.rows(alarms)]
    thanks, repeated = menu.keys("1"), menu.keys("1")
    taken = [(row.answer, row.due_at) for row in world.rows(alarms)]
    menu.keys(other)

    assert (listened, taken) == ([None], [("acknowledged", None)])
    assert "you take charge" in thanks.text
    assert thanks.verbs == repeated.verbs
    assert [row.answer for row in world.rows(alarms)] == [None]
    assert world.rows(alarms)[0].due_at is not None


def test_a_stand_down_by_telephone_asks_for_nothing(world: World) -> None:
    """Who was only called hears by telephone that it is over, without a code."""
    world.answers(world.attempt("dave"))
    world.closes()

    heard = world.answers(world.attempt("dave", kind="stand_down"))

    assert "This matter is closed" in heard.text
    assert heard.verbs[-1] == Hangup()
    assert heard.question is None


def test_other_keys_for_the_same_question_are_further_tries(world: World) -> None:
    """A6, A1: the same webhook twice is one try; with other keys it is another, and three end the call's judging."""
    attempt = world.attempt("bob")
    world.answers(attempt)
    wrong = [keys for keys in ("111", "222", "333", "444") if keys != world.code(attempt)]

    for keys in (wrong[0], wrong[0], wrong[1], wrong[2]):
        world.hears(f"/twilio/voice/{attempt}/keypad?try=1", Digits=keys)
    world.hears(f"/twilio/voice/{attempt}/keypad?try=1", Digits=world.code(attempt))

    assert current_answers(world) == []
    assert world.row(attempt).wrong_keys == 3


def test_wrong_keys_of_our_call_count_with_its_texts_and_the_call_goes_on(world: World) -> None:
    """B4: one counter over all doors; the spoken code of a call that we placed is good for its own three tries."""
    attempt = world.attempt("bob")
    before = world.written_code("bob")
    for place in range(3):
        world.texts(BOB, "3001" if before != "3001" else "3002", sid=f"SM{place}")
    heard = world.answers(attempt)
    right = world.code(attempt)

    for _ in range(2):
        heard = heard.keys(wrong_code(right))

    assert [(row.tries, row.renewed_at is not None) for row in world.rows(guesses)] == [(5, True)]
    assert [row.code for row in world.rows(codes) if row.contact == "bob" and row.voided_at] == [before]
    heard.keys(right)
    assert on_record(world) == [("bob", "received", "call")]
