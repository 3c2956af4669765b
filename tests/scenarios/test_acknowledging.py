"""Who answers, by which proof, and what that stops (A4, A6)."""

import pytest

from alertnet.sandbox.telephony.faults import Fault
from tests.scenarios.conftest import Worlds
from tests.scenarios.valley import COORDINATION, a_tree
from tests.scenarios.world import World, code_in, link_in, spoken_code_in
from tests.support.rows import in_long

OMBUDS, DEPUTY = "+573005550120", "+573005550121"
CONTACTS = f"""
  coordinator:
    role: coordinator
    organisation: Valley
    methods: [{{sms: "+573005550101"}}, {{call: "+573005550101", after: 3m}}, {{email: duty@valley.example}}]
  ombuds:
    role: ombuds
    organisation: Ombuds office
    methods: [{{sms: "{OMBUDS}"}}, {{call: "{OMBUDS}", after: 2m}}, {{email: alerts@ombuds.example, after: 20m}}]
    deputy: ombuds-2
  ombuds-2: {{role: ombuds, organisation: Ombuds office, methods: [{{sms: "{DEPUTY}"}}]}}
  defenders: {{role: ngo, organisation: Defenders, methods: [{{sms: "+573005550130"}}, {{call: "+573005550130"}}]}}
  desk: {{role: ngo, organisation: Head office, methods: [{{sms: "+32470550101"}}]}}
"""
FRIENDS = (
    "  - {name: Friends, notify: [ombuds, defenders], wait: 30m, repeat: {every: 5m, times: 3}, acknowledge: all}\n"
)
VALLEY = a_tree(FRIENDS + COORDINATION, CONTACTS)
ABROAD = a_tree(
    "  - {name: Embassies, notify: [spain], wait: 30m, repeat: {every: 5m, times: 3}}\n" + COORDINATION,
    """
  coordinator: {role: coordinator, organisation: Abroad, methods: [{sms: "+32470550102"}]}
  spain: {role: embassy, organisation: Embassy of Spain, methods: [{sms: "+34600550140"}]}
  desk: {role: ngo, organisation: Head office, methods: [{sms: "+32470550101"}]}
""",
    tree="abroad",
)


@pytest.fixture
def valley(world_of: Worlds) -> World:
    """One tree: the ombuds office and the defenders hear at once, both have to answer."""
    return world_of(VALLEY)


def code_of(world: World, who: str) -> str:
    """The code in the first alert on that phone."""
    return code_in(world.phone(who).inbox[0])


def not_any_of(*codes: str) -> str:
    """A code that looks right and is nobody's."""
    return next(code for code in ("4711", "4712", "4713", "4714") if code not in codes)


def picks_up(world: World, *then: str, who: str = "ombuds") -> str:
    """Somebody answers the call that rings, keys its code and then those; the words heard until then."""
    world.passes(minutes=2)
    call = world.phone(who).answers()
    call.press(spoken_code_in(call.words))
    for key in then:
        call.press(key)
    world.settles()
    return call.words


def test_a_right_code_stops_the_escalations_that_reached_this_contact_and_no_other(world_of: Worlds) -> None:
    """A4: what was still to come in that tree never leaves; the other tree goes on."""
    world = world_of(a_tree("  - {name: Friends, notify: [ombuds], wait: 30m}\n" + COORDINATION, CONTACTS), ABROAD)
    incident = world.raises()

    world.texts("ombuds", f"OK {code_of(world, 'ombuds')}")

    assert (incident.status("valley"), incident.status("abroad")) == ("acknowledged", "running")
    world.passes(minutes=6)
    assert world.phone("ombuds").calls == []
    assert len(world.phone("spain").inbox) == 2


@pytest.mark.parametrize("text", ["{code}", in_long("OK {code}"), in_long("ok{code}"), "{code}, we are going"])
def test_the_code_alone_acknowledges_whatever_stands_around_it(valley: World, text: str) -> None:
    """A6, B4: the written code from a number of that contact."""
    incident = valley.raises()

    valley.texts("ombuds", text.format(code=code_of(valley, "ombuds")))

    assert incident.answers() == [("ombuds", "acknowledged", "sms")]


def test_an_acknowledgement_of_one_leaves_the_others_ringing(valley: World) -> None:
    """B3: where all have to answer, it ends this contact's methods and repeats alone."""
    incident = valley.raises()
    valley.texts("ombuds", f"OK {code_of(valley, 'ombuds')}")

    valley.passes(minutes=10)

    assert incident.told("reminder").count(("defenders", "sms")) == 2
    assert ("ombuds", "sms") not in incident.told("reminder")
    assert incident.status("valley") == "running"


def test_a_decline_brings_the_deputy_at_once(valley: World) -> None:
    """B3: the deputy answers for its contact, and the one who can't act is left alone."""
    incident = valley.raises()

    reply = valley.reply_to("ombuds", f"NO {code_of(valley, 'ombuds')}")

    assert "you can't act" in reply
    assert incident.answers() == [("ombuds", "declined", "sms")]
    assert len(valley.phone(DEPUTY).inbox) == 1
    valley.passes(minutes=5)
    assert valley.phone("ombuds").calls == []
    valley.texts(DEPUTY, code_of(valley, DEPUTY))
    valley.texts("defenders", code_of(valley, "defenders"))
    assert incident.status("valley") == "acknowledged"


def test_passed_on_silences_that_number_and_answers_nothing(valley: World) -> None:
    """B3: a relay never counts; the contact's other ways go on."""
    incident = valley.raises()

    reply = valley.reply_to("ombuds", f"PASS {code_of(valley, 'ombuds')}")

    assert "passed it on" in reply
    assert incident.answers() == [("ombuds", "relayed", "sms")]
    valley.passes(minutes=20)
    assert valley.phone("ombuds").calls == []
    assert len(valley.mailbox("alerts@ombuds.example").mails) > 1
    assert incident.status("valley") == "running"


def test_an_ok_from_another_number_than_passed_it_on_has_to_name_the_code(world_of: Worlds) -> None:
    """That phone is asked to take charge, and is not to read that it was passed on."""
    both = CONTACTS.replace(f'[{{sms: "{OMBUDS}"', f'[{{sms: "+573005550122"}}, {{sms: "{OMBUDS}"')
    world = world_of(a_tree(FRIENDS + COORDINATION, both))
    world.raises()
    code = code_of(world, OMBUDS)
    world.texts("+573005550122", f"PASS {code}")

    assert "you passed it on" in world.reply_to("+573005550122", "OK")
    assert code in world.reply_to(OMBUDS, "OK")


def test_done_acknowledges_and_reports_the_action(valley: World) -> None:
    """B4: `DONE 4711 text`."""
    incident = valley.raises()

    valley.texts("ombuds", f"DONE {code_of(valley, 'ombuds')} we called the mayor")

    assert incident.answers() == [("ombuds", "acknowledged", "sms")]
    assert [(each["contact"], each["note"]) for each in incident["actions"]] == [("ombuds", "we called the mayor")]


def test_the_same_answer_again_changes_nothing_and_says_the_same(valley: World) -> None:
    """A1: one effect, and no second confirmation by other ways."""
    incident = valley.raises()
    text = f"OK {code_of(valley, 'ombuds')}"

    first = valley.texts("ombuds", text)
    mails = len(valley.mailbox("alerts@ombuds.example").mails)
    valley.passes(minutes=7)

    assert valley.texts("ombuds", text) == first
    assert len(incident["acknowledgements"]) == 1
    assert len(valley.mailbox("alerts@ombuds.example").mails) == mails


def test_two_codes_in_one_text_both_count(valley: World) -> None:
    """B4: of two incidents that the same phone was told of."""
    first, second = valley.raises(), valley.raises(type="raid")
    codes = [code_in(text) for text in valley.phone("ombuds").inbox[:2]]

    valley.texts("ombuds", f"OK {codes[0]} {codes[1]}")

    assert first.answers() == second.answers() == [("ombuds", "acknowledged", "sms")]


def test_a_wrong_code_acknowledges_nothing(valley: World) -> None:
    """A6: and the alarm goes on."""
    incident = valley.raises()

    reply = valley.reply_to("ombuds", f"OK {not_any_of(*(code_of(valley, who) for who in ('ombuds', 'defenders')))}")

    assert incident.answers() == []
    assert code_of(valley, "ombuds") in reply
    valley.passes(minutes=5)
    assert ("ombuds", "sms") in incident.told("reminder")


def test_another_contacts_code_acknowledges_for_neither(valley: World) -> None:
    """A6: a code counts from the numbers of its own contact; the coordinators hear of the attempt."""
    incident = valley.raises()
    code = code_of(valley, "defenders")

    valley.texts("ombuds", f"OK {code}")

    assert incident.answers() == []
    assert ("coordinator", "sms") in incident.told("notice")
    valley.texts("defenders", f"OK {code}")
    assert incident.answers() == [("defenders", "acknowledged", "sms")]


def test_a_code_from_a_strangers_number_acknowledges_nothing_and_is_answered_nothing(valley: World) -> None:
    """A6, A9: whoever reads a code over a shoulder can't use it, and learns nothing."""
    incident = valley.raises()

    text = f"OK {code_of(valley, 'ombuds')}"

    reply, answers = valley.texts("stranger", text), incident.answers()
    valley.texts("ombuds", text)

    assert (reply, answers) == (None, [])
    assert incident.answers() == [("ombuds", "acknowledged", "sms")]


def test_five_wrong_tries_void_the_code_and_bring_a_fresh_one(valley: World) -> None:
    """B4: guessing by a forged number does not get far."""
    incident = valley.raises()
    old = code_of(valley, "ombuds")
    wrong = not_any_of(old, code_of(valley, "defenders"))

    for _ in range(5):
        valley.texts("ombuds", f"OK {wrong}")
    valley.texts("ombuds", f"OK {old}")
    assert incident.answers() == []
    assert ("coordinator", "sms") in incident.told("notice")

    valley.passes(minutes=5)
    fresh = code_in(valley.phone("ombuds").inbox[-1])
    assert fresh != old
    valley.texts("ombuds", f"OK {fresh}")
    assert incident.answers() == [("ombuds", "acknowledged", "sms")]


def test_a_delivery_receipt_or_whoever_opens_the_link_has_acknowledged_nothing(valley: World) -> None:
    """A6: delivered to the phone is not read by a person; a scanner, a preview, a browser that fetches ahead."""
    incident = valley.raises()
    link = link_in(valley.phone("ombuds").inbox[0])
    delivered = {each["contact"] for each in incident["notifications"] if each["status"] == "delivered"}

    for method in ("GET", "HEAD"):
        for agent in ("SafeLinks-Scanner", "Mozilla/5.0 (Windows NT 10.0) HeadlessChrome/120.0"):
            assert valley.client.request(method, link, headers={"User-Agent": agent}).status_code == 200
    valley.settles()

    assert "ombuds" in delivered
    assert incident.answers() == []
    assert incident.status("valley") == "running"


def test_a_voicemail_acknowledges_nothing_and_keeps_no_word_of_the_case(valley: World) -> None:
    """A6, A9: it may keep who called, the reference, and a number to call back."""
    valley.phone("ombuds").behaves("voicemail")
    incident = valley.raises()

    valley.passes(minutes=4)

    kept = valley.phone("ombuds").calls[0].words
    assert incident.ref.replace("-", "").lower() in kept.replace(",", "").replace(" ", "").replace("-", "").lower()
    assert "arrest" not in kept
    assert incident.answers() == []


def test_a_call_that_is_answered_without_a_key_acknowledges_nothing(valley: World) -> None:
    """A6: a menu, or a person who hangs up."""
    incident = valley.raises()
    valley.passes(minutes=2)

    call = valley.phone("ombuds").answers()
    call.stays_silent().stays_silent()
    valley.settles()

    assert call.status == "completed"
    assert incident.answers() == []


def test_a_one_after_the_spoken_code_acknowledges_and_is_confirmed_by_all_written_ways(valley: World) -> None:
    """A6: the code keyed back in that call; only then are the type and the keys of the answers said.

    "Not you? call …", also where a forged answer would not be seen; the coordinators see it.
    """
    incident = valley.raises()

    words = picks_up(valley, "1")

    assert incident.answers() == [("ombuds", "acknowledged", "call")]
    before, after = words.split("Thank you", 1)
    assert ("arrest" in before, "arrest" in after) == (False, True)
    assert sorted(incident.told("recorded")) == [("ombuds", "email"), ("ombuds", "sms")]
    assert "Not you? Call +573005550101" in valley.phone("ombuds").inbox[-1]
    assert incident.told("notice") == [("coordinator", "sms")]


def test_who_hangs_up_after_the_code_takes_charge_of_nothing(world_of: Worlds) -> None:
    """B4, A6: it is on the record as received, confirmed to nobody, and counts for no rule."""
    world = world_of(a_tree("  - {name: Friends, notify: [ombuds], wait: 30m}\n" + COORDINATION, CONTACTS))
    incident = world.raises()

    picks_up(world)

    assert [(each["contact"], each["kind"]) for each in incident["acknowledgements"]] == [("ombuds", "received")]
    assert (incident.answers(), incident.status("valley")) == ([], "running")
    assert incident.told("recorded") == incident.told("notice") == []
    world.passes(minutes=28)
    assert incident.level("valley") == "Coordination"


def test_what_was_received_waits_at_that_phone_and_rings_at_the_others(valley: World) -> None:
    """B4: no repeat to that number in the level's wait; the deputy and the others hear as if nothing had been said."""
    incident = valley.raises()
    picks_up(valley)

    valley.passes(minutes=26)

    reminded = incident.told("reminder")
    assert [each for each in reminded if each[0] == "ombuds"] == []
    assert len([each for each in reminded if each == ("defenders", "sms")]) == 3
    assert valley.phone(DEPUTY).inbox != []


def test_what_was_received_is_no_answer_that_could_be_revoked_and_one_may_follow(valley: World) -> None:
    """B4: by any door; what was received stays on the record beside it."""
    incident = valley.raises()
    picks_up(valley)
    (received,) = incident["acknowledgements"]

    answer = valley.client.delete(
        f"/v1/incidents/{incident.ref}/acknowledgements/{received['id']}", headers=valley.headers
    )

    assert answer.status_code == 404
    assert incident["acknowledgements"] == [received]

    valley.texts("ombuds", f"OK {code_of(valley, 'ombuds')}")

    assert incident.answers() == [("ombuds", "acknowledged", "sms")]
    assert [each["kind"] for each in incident["acknowledgements"]] == ["received", "acknowledged"]


@pytest.mark.parametrize(("key", "kind"), [("2", "relayed"), ("3", "declined")])
def test_after_the_code_a_key_passes_on_or_declines(world_of: Worlds, key: str, kind: str) -> None:
    """B4: neither counts for a rule, and the escalation goes on."""
    world = world_of(a_tree("  - {name: Friends, notify: [ombuds], wait: 30m}\n" + COORDINATION, CONTACTS))
    incident = world.raises()

    picks_up(world, key)

    assert incident.answers() == [("ombuds", kind, "call")]
    assert incident.status("valley") == "running"
    world.passes(minutes=29)
    assert incident.level("valley") == "Coordination"


def test_the_wrong_person_in_a_call_ends_that_number_and_declines_nothing(valley: World) -> None:
    """B3: it is a failure of the method: the mail goes at once, and the number is used no more."""
    valley.phone("ombuds").behaves("wrong_person")
    incident = valley.raises()

    valley.passes(minutes=6)

    assert incident.answers() == []
    assert [mail.subject for mail in valley.mailbox("alerts@ombuds.example").mails]
    assert ("ombuds", "sms") not in incident.told("reminder")
    assert ("coordinator", "sms") in incident.told("notice")


def test_the_wrong_person_on_the_page_ends_that_number_and_declines_nothing(valley: World) -> None:
    """B3, B4: a recycled number's new owner presses a button, and hears no more."""
    incident = valley.raises()

    valley.client.post(link_in(valley.phone("ombuds").inbox[0]), data={"answer": "wrong_person"})
    valley.passes(minutes=6)

    assert incident.answers() == []
    assert valley.phone("ombuds").calls == []
    assert len(valley.phone("ombuds").inbox) == 1
    assert len(valley.mailbox("alerts@ombuds.example").mails) == 1


def test_a_stranger_who_has_said_so_hears_nothing_more_of_the_incident(valley: World) -> None:
    """A9: neither the news nor how it ended; the contact itself has both in its mailbox."""
    incident = valley.raises()
    valley.client.post(link_in(valley.phone("ombuds").inbox[0]), data={"answer": "wrong_person"})
    valley.settles()

    incident.act("updates", text="They are at the fourth brigade")
    incident.act("close", reason="released")
    valley.settles()

    assert len(valley.phone("ombuds").inbox) == 1
    assert [kind for kind in ("alert", "update", "stand_down") if ("ombuds", "email") in incident.told(kind)] == [
        "alert",
        "update",
        "stand_down",
    ]


@pytest.mark.parametrize("is_answered", [True, False])
def test_a_verb_that_decides_nothing_is_answered_as_it_stands(valley: World, *, is_answered: bool) -> None:
    """A12: whoever has taken charge is not told that the alert goes on until it answers."""
    valley.raises()
    code = code_of(valley, "ombuds")
    if is_answered:
        valley.texts("ombuds", code)

    reply = valley.reply_to("ombuds", f"HOLD {code}")

    assert "your message went to our coordinator" in reply
    assert ("The alert goes on" in reply) is not is_answered


def test_a_revoked_answer_lets_the_escalation_go_on(world_of: Worlds) -> None:
    """A6: it was not they who answered; their phone rings again."""
    world = world_of(a_tree("  - {name: Friends, notify: [ombuds], wait: 30m}\n" + COORDINATION, CONTACTS))
    incident = world.raises()
    world.texts("ombuds", code_of(world, "ombuds"))
    assert incident.status("valley") == "acknowledged"

    id = incident["acknowledgements"][0]["id"]
    answer = world.client.delete(f"/v1/incidents/{incident.ref}/acknowledgements/{id}", headers=world.headers)
    world.settles()

    assert answer.status_code == 200
    assert incident.answers() == []
    assert incident.status("valley") == "running"
    assert world.phone("ombuds").inbox[-1].startswith("VALLEY URGENT")


@pytest.mark.parametrize("way", ["our call", "their call", "sms"])
def test_a_revoked_answer_stays_so_though_what_brought_it_comes_again(valley: World, way: str) -> None:
    """A6: a webhook's signature has no date, and is good for ever; the proof in it is not."""
    incident = valley.raises()
    if way == "our call":
        picks_up(valley, "1")
    elif way == "their call":
        valley.phone("ombuds").dials().press(code_of(valley, "ombuds"))
    else:
        valley.texts("ombuds", code_of(valley, "ombuds"))
    valley.passes(minutes=16)
    (answer,) = (each for each in incident["acknowledgements"] if each["kind"] == "acknowledged")

    valley.client.delete(f"/v1/incidents/{incident.ref}/acknowledgements/{answer['id']}", headers=valley.headers)
    valley.is_brought_all_again()

    assert answer["contact"] == "ombuds"
    assert incident.answers() == []


def test_a_coordinator_can_vouch_for_what_was_said_on_the_telephone(valley: World) -> None:
    """A6: and whoever is said to have answered is told so."""
    incident = valley.raises()

    incident.act("acknowledgements", expect=201, tree="valley", contact="ombuds", kind="acknowledged", note="rang me")

    assert incident.answers() == [("ombuds", "acknowledged", "vouched")]
    assert "recorded" in valley.phone("ombuds").inbox[-1]


def test_the_page_takes_an_answer_a_change_of_it_and_an_action(valley: World) -> None:
    """A6, B4: a POST from the contact's own page."""
    incident = valley.raises()
    link = link_in(valley.phone("ombuds").inbox[0])

    valley.client.post(link, data={"answer": "decline"})
    assert incident.answers() == [("ombuds", "declined", "link")]
    valley.client.post(link, data={"answer": "acknowledge"})
    valley.client.post(link, data={"answer": "action", "action": "visited", "note": "saw them at the station"})

    assert incident.answers() == [("ombuds", "acknowledged", "link")]
    assert [(each["contact"], each["action"]) for each in incident["actions"]] == [("ombuds", "visited")]


def test_what_still_rings_is_hung_up(valley: World) -> None:
    """A4."""
    valley.raises()
    valley.passes(minutes=2)
    assert valley.phone("ombuds").ringing

    valley.texts("ombuds", code_of(valley, "ombuds"))

    assert valley.phone("ombuds").ringing is None
    assert [call.status for call in valley.phone("ombuds").calls] == ["canceled"]


def test_who_picks_up_after_somebody_else_answered_hears_that_it_is_taken_care_of(world_of: Worlds) -> None:
    """A4: the words of a call that could not be hung up in time."""
    world = world_of(a_tree("  - {name: Friends, notify: [ombuds, defenders], wait: 30m}\n" + COORDINATION, CONTACTS))
    incident = world.raises()
    world.passes(minutes=2)
    world.sandbox.misbehaves(Fault.ERROR_503, number=OMBUDS)

    world.texts("defenders", code_of(world, "defenders"))
    call = world.phone("ombuds").answers()

    assert "already being handled" in call.words
    assert not call.waits_for_keys
    assert incident.answers() == [("defenders", "acknowledged", "sms")]
