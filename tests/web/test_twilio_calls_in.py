"""Calls to our number: a code counts, those we know reach a human, others learn nothing."""

from pathlib import Path
from typing import Any

import pytest

from alertnet.sandbox.telephony.twiml import Dial, Hangup
from alertnet.store.tables import acknowledgements, alarms, codes, guesses, inbound, notifications, recordings
from tests.web.world import ALICE, ANA, BOB, CALLBACK, CAROL, SECRETS, STRANGER, World


@pytest.fixture
def world(world: World) -> World:
    world.raises(team="north")
    return world


def ringing(world: World) -> list[tuple[str, str]]:
    return [(row.subject, row.about) for row in world.rows(alarms) if row.kind == "alarm" and row.due_at is not None]


def alarmed(world: World) -> list[tuple[str, str, str, str]]:
    """(address, method, subject, about) of every alarm that was written to anybody."""
    rows = [row for row in world.rows(notifications) if row.kind == "alarm"]
    return [(row.address, row.method, row.said.get("subject"), row.said.get("about")) for row in rows]


def test_a_stranger_hears_a_neutral_sentence(world: World) -> None:
    """A9: no name, no reference, nobody to be put through to."""
    heard = world.hears("/twilio/voice", From=STRANGER)

    assert heard.text == "Thank you for calling. This number takes no calls. Goodbye."
    assert heard.verbs[-1] == Hangup()
    assert ringing(world) == []


def test_while_the_database_is_away_whoever_is_known_reaches_a_human(world: World, tmp_path: Path) -> None:
    """A12: a member or a contact in need must not be hung up on; a stranger learns nothing, and nobody proves anything.

    Whatever was being keyed; once the database is back the call is found on the provider's list. B9: who goes on
    calling, or forges the number, hears the one to call, and does not keep that telephone busy. So does whom we call.
    """
    world.raises()
    attempt = world.attempt("carol")
    world.hears("/twilio/voice", From=STRANGER)
    world.runtime.engine.dispose()
    (tmp_path / "test.db").rename(tmp_path / "elsewhere.db")
    (tmp_path / "test.db").mkdir()

    heard = {who: world.hears("/twilio/voice", From=who) for who in (ANA, CAROL, STRANGER)}
    keyed = world.hears("/twilio/voice?keyed=code", From=CAROL, Digits="4711")

    assert [Dial(CALLBACK) in each.verbs for each in (*heard.values(), keyed)] == [True, True, False, True]
    assert "recorded" not in keyed.text
    for call in (f"/twilio/voice/{attempt}", f"/twilio/voice/{attempt}/keypad?try=1"):
        called = world.hears(call, To=CAROL, Digits="111")
        assert (called.text.startswith("Merci d'appeler maintenant ce numéro"), called.verbs[-1]) == (True, Hangup())
    again = [world.hears("/twilio/voice", From=ANA) for _ in range(3)]
    assert [Dial(CALLBACK) in each.verbs for each in again] == [True, True, False]


def test_a_withheld_number_is_a_strangers(world: World) -> None:
    assert world.hears("/twilio/voice", From="").verbs[-1] == Hangup()


def test_a_contact_may_key_its_code(world: World) -> None:
    """A6: the written code from a number of that contact is proof."""
    heard = world.hears("/twilio/voice", From=BOB)
    assert heard.question is not None
    assert heard.question.num_digits == 4

    after = world.hears("/twilio/voice?keyed=code", From=BOB, Digits=world.written_code("bob"))

    assert "It is recorded that you take charge" in after.text
    assert Dial(CALLBACK) in after.verbs
    assert [(row.contact, row.via) for row in world.rows(acknowledgements)] == [("bob", "call")]
    assert ringing(world) == []


def test_nothing_is_said_of_an_incident_before_the_code(world: World) -> None:
    """A9: the number that a call shows is easily forged."""
    heard = world.hears("/twilio/voice", From=BOB)
    after = heard.keys(world.written_code("bob"), From=BOB)

    assert "It is recorded" in after.text
    assert world.ref() not in heard.text
    assert "arrest" not in heard.text
    assert not any(secret in heard.text for secret in SECRETS.values())


def test_who_keys_nothing_is_put_through_and_the_coordinators_are_alarmed(world: World) -> None:
    """A12: nothing a known person does is dropped."""
    after = world.hears("/twilio/voice", From=BOB).keys("", From=BOB)

    assert Dial(CALLBACK) in after.verbs
    assert ringing(world) == [("inbound_call", "bob")]


def wrong_codes(world: World, count: int) -> list[str]:
    """So many that were sent to nobody here."""
    sent = {row.code for row in world.rows(codes)}
    return [each for each in map(str, range(3000, 3000 + count + len(sent))) if each not in sent][:count]


def test_a_wrong_code_is_told_and_may_be_keyed_anew(world: World) -> None:
    """B4, B9: counted, and not put through at once."""
    heard = world.hears("/twilio/voice", From=BOB)

    for wrong in wrong_codes(world, 2):
        heard = heard.keys(wrong, From=BOB)
        assert "That is not the code" in heard.text
        assert not any(isinstance(verb, Dial) for verb in heard.verbs)
    assert [row.tries for row in world.rows(guesses)] == [2]
    heard = heard.keys(world.written_code("bob"), From=BOB)

    assert [(row.contact, row.via) for row in world.rows(acknowledgements)] == [("bob", "call")]
    assert Dial(CALLBACK) in heard.verbs


def test_after_three_wrong_codes_a_call_is_put_through(world: World) -> None:
    heard = world.hears("/twilio/voice", From=BOB)

    for wrong in wrong_codes(world, 3):
        heard = heard.keys(wrong, From=BOB)

    assert Dial(CALLBACK) in heard.verbs
    assert world.rows(acknowledgements) == []
    assert ringing(world) == [("inbound_call", "bob")]


def test_a_wrong_code_that_is_brought_twice_counts_once(world: World) -> None:
    """A1."""
    heard = world.hears("/twilio/voice", From=BOB)

    [first, second] = [heard.keys(wrong_codes(world, 1)[0], From=BOB) for _ in range(2)]

    assert first.verbs == second.verbs
    assert [row.tries for row in world.rows(guesses)] == [1]


def test_other_codes_for_the_same_question_are_further_tries(world: World) -> None:
    """A6: a try is what is keyed, not what the address of the webhook says; after three the call judges nothing."""
    for wrong in [*wrong_codes(world, 3), world.written_code("bob")]:
        world.hears("/twilio/voice?keyed=code&try=1", From=BOB, Digits=wrong)

    assert [row.tries for row in world.rows(guesses)] == [3]
    assert world.rows(acknowledgements) == []


def test_guesses_by_call_end_after_ten_whatever_is_keyed(world: World) -> None:
    """B9: the counter is that of texts, and the right code counts for nothing any more."""
    right = world.written_code("bob")

    for place in range(40):
        # Looked up each time: a fresh code may be one that was to be a wrong one.
        wrong = wrong_codes(world, 40)[place]
        world.hears("/twilio/voice?keyed=code", From=BOB, CallSid=f"CA{place}", Digits=wrong)
    fresh = [row.code for row in world.rows(codes) if row.contact == "bob"]
    for place, code in enumerate([right, *fresh]):
        world.hears("/twilio/voice?keyed=code", From=BOB, CallSid=f"CA-right-{place}", Digits=code)
        world.texts(BOB, code, sid=f"SM-right-{place}")

    assert len(fresh) == 2
    assert world.rows(acknowledgements) == []
    assert [(row.tries, row.locked_at is not None) for row in world.rows(guesses)] == [(10, True)]
    how = [row.said for row in world.rows(notifications) if row.kind == "not_understood" and row.address == BOB]
    assert [(said.get("code"), bool(said.get("link"))) for said in how] == [(fresh[-1], True), (None, True)]


def test_whoever_is_locked_out_still_answers_by_link(world: World) -> None:
    """B4: the number that a call shows is easily forged, and must not take the contact's own proof away."""
    link = world.link("bob", "email")
    for place, wrong in enumerate(wrong_codes(world, 12)):
        world.hears("/twilio/voice?keyed=code", From=BOB, CallSid=f"CA{place}", Digits=wrong)

    world.client.post(link, data={"answer": "decline"})

    assert [(row.contact, row.via) for row in world.rows(acknowledgements)] == [("bob", "link")]


def test_a_number_is_put_through_three_times_an_hour(world: World) -> None:
    """B9: then it is told what to call; each call is on the record, and one alarm rings."""
    last = [world.hears("/twilio/voice?keyed=code", From=BOB, CallSid=f"CA{place}", Digits="") for place in range(60)]

    assert [Dial(CALLBACK) in heard.verbs for heard in last] == [True] * 3 + [False] * 57
    assert "Please call this number now: plus 5 7, 3 0 0, 5 5 5, 0 1 0 1" in last[3].text
    assert len(world.rows(inbound)) == 60
    assert ringing(world) == [("inbound_call", "bob")]


def test_a_code_from_another_number_acknowledges_nothing(world: World) -> None:
    """A6."""
    answered = []
    for caller in (CAROL, BOB):
        world.hears("/twilio/voice?keyed=code", From=caller, CallSid=caller, Digits=world.written_code("bob"))
        answered.append([row.contact for row in world.rows(acknowledgements)])

    assert answered == [[], ["bob"]]


def test_the_same_call_brought_twice_alarms_once(world: World) -> None:
    """A1."""
    for _ in range(2):
        world.hears("/twilio/voice", From=BOB).keys("", From=BOB)

    assert len(ringing(world)) == 1


def test_a_coordinator_who_calls_alarms_nobody(world: World) -> None:
    """There is nobody to alarm who would not be this caller, or know."""
    about = []
    for caller in (ALICE, BOB):
        world.hears("/twilio/voice", From=caller, CallSid=caller).keys("", From=caller, CallSid=caller)
        about.append([contact for _, contact in ringing(world)])

    assert about == [[], ["bob"]]


@pytest.mark.parametrize(("caller", "about"), [(BOB, "bob"), (ANA, "north")])
def test_when_nothing_is_open_they_are_put_through_and_alarm_the_coordinators(
    world: World, caller: str, about: str
) -> None:
    """B4: a known number that keys nothing alarms them, here by SMS and call, which nobody has to answer."""
    world.closes()
    before = len(alarmed(world))

    heard = world.hears("/twilio/voice", From=caller)
    heard = heard.keys("", From=caller) if heard.question else heard

    assert Dial(CALLBACK) in heard.verbs
    assert alarmed(world)[before:] == [(ALICE, how, "inbound_call", about) for how in ("sms", "call")]
    assert ringing(world) == []


def test_when_nothing_is_open_a_coordinator_who_calls_alarms_nobody(world: World) -> None:
    world.closes()
    before = len(alarmed(world))

    world.hears("/twilio/voice", From=ALICE)

    assert len(alarmed(world)) == before


def test_a_recording_of_a_length_that_nobody_speaks_is_taken_up_all_the_same(world: World) -> None:
    """A11: it is of no call that raised anything, and is to be deleted at the provider."""
    told: dict[str, Any] = {"RecordingSid": "RE1", "RecordingStatus": "completed", "RecordingDuration": "9" * 20}

    answer = world.post("/twilio/voice/recording", CallSid="CA1", From=ANA, **told)

    assert answer.status_code == 204
    assert [(row.id, row.seconds) for row in world.rows(recordings)] == [("RE1", 0)]
