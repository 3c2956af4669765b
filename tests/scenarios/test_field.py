"""The people in the field: what they send, what they are answered, and when their phones are left alone (B4, A12)."""

import pytest
from sqlalchemy import select

from alertnet.store.tables import alarms
from tests.conftest import Logged
from tests.scenarios.conftest import Worlds
from tests.scenarios.valley import FIELD, a_tree
from tests.scenarios.world import DURESS, TRUE, World, code_in
from tests.support.rows import in_long

CONTACTS = """
  coordinator: {role: coordinator, organisation: Valley, methods: [{sms: "+573005550101"}]}
  second: {role: coordinator, organisation: Valley, methods: [{sms: "+573005550102"}]}
  ombuds: {role: ombuds, organisation: Ombuds office, language: fr, methods: [{sms: "+573005550120"}]}
  defenders: {role: ngo, organisation: Defenders, language: es, drills: true, methods: [{sms: "+573005550130"}]}
  desk: {role: ngo, organisation: Head office, language: fr, methods: [{sms: "+32470550101"}]}
"""
LEVELS = """
  - {name: Coordination, notify: [coordinator], wait: 20m}
  - {name: Friends, notify: [ombuds, defenders], wait: 20m, repeat: {every: 5m, times: 2}}
"""
REPORT = "ALERTA {pin} 31 L12 P7 C2 nos siguen"


@pytest.fixture
def valley(world_of: Worlds) -> World:
    """Ana's phone, with a PIN and one for duress; the coordinator has twenty minutes before others hear."""
    world = world_of(a_tree(LEVELS, CONTACTS))
    world.gives_pins("north/ana")
    return world


def kinds(world: World, kind: str) -> list[str]:
    """Whom the newest incident has sent messages of that kind, each as often as it did."""
    return sorted(contact for contact, _ in world.newest().told(kind))


def test_a_report_with_its_pin_is_believed(valley: World) -> None:
    """B4: type, place, people and consent as they were understood; the echo names no more than codes."""
    reply = valley.reply_to("ana", REPORT.format(pin=TRUE))
    incident = valley.newest()

    assert (incident["type"], incident["severity"]) == ("threat", "moderate")
    assert (incident["consent"], incident["verified"]) == ("international", True)
    assert incident.ref in reply
    assert ": recibido 21:14, verificado: 31, L12, P7, C2. Si no es correcto" in reply
    assert "amenaza" not in reply
    assert "nos siguen" not in reply
    assert kinds(valley, "decision") == []


def test_a_person_is_known_by_any_code_of_the_teams_file_with_a_digit(world_of: Worlds) -> None:
    """A3: a consent that is recorded for K2 or AB12 holds for who is reported as k2; a road N7 is nobody."""
    people = """
  K2: {kind: defender, nationality: CO, consent: national}
  AB12: {kind: defender, nationality: CO, consent: internal}
"""
    world = world_of(a_tree(LEVELS, CONTACTS), field=FIELD.rstrip() + people)
    world.gives_pins("north/ana")

    reply = world.reply_to("ana", f"ALERTA {TRUE} 31 L12 k2 en la N7")

    assert "31, L12, K2. " in reply
    incident = world.newest()
    assert incident["consent"] == "national"
    assert [person["code"] for person in incident["people"]] == ["K2"]
    world.texts("ana", f"NUEVA {TRUE} tambien AB12")
    assert incident["consent"] == "internal"


def test_what_may_be_a_narrower_consent_binds_a_report_and_its_news(valley: World) -> None:
    """A3: the sender reads in the reply what it was taken for."""
    reply = valley.reply_to("ana", f"ALERTA {TRUE} 31 L12 C 1 detenida")
    incident = valley.newest()

    assert "31, L12, C1. " in reply
    assert incident["consent"] == "national"
    valley.texts("ana", f"NUEVA {TRUE} L12 c 2 hombres mas")
    assert incident["consent"] == "national"
    valley.texts("ana", f"NUEVA {TRUE} L12 c 0 (solo ustedes)")
    assert incident["consent"] == "internal"


@pytest.mark.parametrize("pin", ["47111", ""])
def test_a_report_without_its_pin_raises_the_alarm_unverified(valley: World, pin: str) -> None:
    """B3: nobody is refused; the coordinators decide whether it is true."""
    valley.texts("ana", REPORT.format(pin=pin))

    assert valley.newest()["verified"] is False
    assert kinds(valley, "decision") == ["coordinator", "second"]


def test_the_duress_pin_is_answered_as_the_true_one(valley: World) -> None:
    """B4: byte for byte, but for the reference; who stands beside the phone learns nothing."""
    true = valley.texts("ana", REPORT.format(pin=TRUE))
    ref = valley.newest().ref
    valley.newest().act("close", reason="resolved")
    valley.passes(seconds=1)
    under_duress = valley.texts("ana", REPORT.format(pin=DURESS))

    assert true is not None
    assert under_duress == true.replace(ref, valley.newest().ref)


def test_under_duress_the_coordinators_are_alarmed_and_the_phone_is_left_alone(valley: World) -> None:
    """B4: critical, and nothing automatic to the team, by whatever happens next."""
    reply = valley.texts("ana", REPORT.format(pin=DURESS))
    incident = valley.newest()
    assert incident["severity"] == "critical"
    assert kinds(valley, "alarm") == ["coordinator", "second"]

    alert = next(text for text in valley.phone("coordinator").inbox if "URGENT" in text)
    valley.passes(minutes=11)
    valley.texts("coordinator", code_in(alert))
    incident.act("updates", text="We know that they are watched")
    incident.act("close", reason="resolved")

    assert valley.phone("ana").inbox == [reply]
    assert valley.phone("ana").calls == valley.phone("+573005550002").calls == []


def test_under_duress_nothing_in_clear_says_so(valley: World, logged: Logged) -> None:
    """A9, B4: SMS, call and log are neutral; what to know stands on the page."""
    valley.texts("ana", REPORT.format(pin=DURESS))
    valley.passes(minutes=11)

    texts = [str(text) for who in ("coordinator", "second") for text in valley.phone(who).inbox]
    assert sum("before you call anybody, read" in text for text in texts) >= 2
    log = "\n".join(logged())
    assert "attempt_made" in log
    said = "\n".join([*texts, log]).lower()
    assert not [word for word in ("duress", "do not call", "read_first") if word in said]


def test_duress_after_a_cry_for_help_takes_back_the_promise_to_the_phone(valley: World) -> None:
    """B4: what was to be told ten minutes later is not told any more."""
    first = valley.texts("ana", "SOS")
    second = valley.texts("ana", REPORT.format(pin=DURESS))

    valley.passes(minutes=11)

    assert valley.phone("ana").inbox == [first, second]
    assert "alarm" in {each["kind"] for each in valley.newest()["notifications"]}


def test_the_field_hears_that_a_coordinator_has_it(valley: World) -> None:
    """messages.md: in its own language, once, with the time in the tree's zone."""
    valley.texts("ana", "SOS")
    alert = next(text for text in valley.phone("coordinator").inbox if "URGENT" in text)
    valley.passes(minutes=3)

    valley.texts("coordinator", code_in(alert))
    valley.passes(minutes=20)

    told = valley.phone("ana").inbox[1:]
    assert len(told) == 1
    assert "coordinacion lo atiende desde las 21:17" in told[0]


def test_the_field_hears_of_a_coordinator_alone(valley: World) -> None:
    """messages.md: others answer for what they do themselves."""
    valley.texts("ana", "SOS")
    valley.newest().act("go", decision="go")
    valley.passes(minutes=20)
    told = []

    for who in ("ombuds", "coordinator"):
        valley.texts(who, code_in(next(text for text in valley.phone(who).inbox if "URGENT" in text)))
        told.append(sum("lo atiende desde" in text for text in valley.phone("ana").inbox))

    assert ("ombuds", "acknowledged", "sms") in valley.newest().answers()
    assert told == [0, 1]


def test_the_field_hears_after_ten_minutes_that_nobody_has_it_yet(valley: World) -> None:
    """messages.md: and whom to call, which is nobody who has been silent; and later that somebody has."""
    receipt = valley.texts("ana", "SOS")

    valley.passes(minutes=9)
    assert valley.phone("ana").inbox == [receipt]
    assert "+573005550101" in str(receipt)
    valley.passes(minutes=1)

    assert "aun no contesta nadie" in valley.phone("ana").inbox[1]
    assert valley.phone("ana").inbox[1].endswith("+32470550101.")
    alert = next(text for text in valley.phone("coordinator").inbox if "URGENT" in text)
    valley.texts("coordinator", code_in(alert))
    assert "lo atiende desde" in valley.phone("ana").inbox[2]


def test_the_field_is_not_asked_to_call_whoever_was_excluded(valley: World) -> None:
    """A3: the tree's number to call is a coordinator's own."""
    receipt = valley.texts("ana", "SOS")
    incident = valley.newest()
    incident.act("exclude", contacts=["coordinator"])

    again, words = valley.texts("ana", "SOS"), valley.texts("ana", "they are outside")
    call = valley.phone("ana").dials()
    while call.waits_for_keys and not call.put_through_to:
        call.stays_silent()
    incident.act("close", reason="resolved")

    assert "+573005550101" in str(receipt)
    assert ["+32470550101" in str(reply) for reply in (again, words)] == [True, True]
    assert call.put_through_to == "+32470550101"
    assert "cerrado" in valley.phone("ana").inbox[-1]
    assert "+32470550101" in valley.phone("ana").inbox[-1]


@pytest.mark.parametrize("by", ["the coordinator", "others", "news that it was taken as well"])
def test_the_field_hears_when_the_coordinator_who_had_it_has_it_no_more(valley: World, by: str) -> None:
    """A2: it was told that somebody is on it; it is not left to believe that for the rest of the night."""
    valley.texts("ana", "SOS")
    incident = valley.newest()
    code = code_in(next(text for text in valley.phone("coordinator").inbox if "URGENT" in text))
    valley.texts("coordinator", code)
    assert "lo atiende desde" in valley.phone("ana").inbox[-1]

    if by == "the coordinator":
        valley.texts("coordinator", f"NO {code}")
    elif by != "others":
        incident.act("updates", text="They were there too", people=[{"code": "P50", "contact": "coordinator"}])
    else:
        [given] = incident["acknowledgements"]
        url = f"/v1/incidents/{incident.ref}/acknowledgements/{given['id']}"
        assert valley.client.delete(url, headers=valley.headers).status_code == 200
    valley.passes(minutes=10)

    assert "aun no contesta nadie" in valley.phone("ana").inbox[-1]
    valley.texts("coordinator", code)
    may_answer = by in ("the coordinator", "others")
    assert ("lo atiende desde las 21:24" in valley.phone("ana").inbox[-1]) is may_answer
    assert len(valley.phone("ana").inbox) == 3 + may_answer


def test_a_team_is_told_times_in_its_own_zone_and_calls_its_own_number(world_of: Worlds) -> None:
    """B1: `timezone` and `callback` of the team go before the tree's, in every message to it."""
    field = FIELD.replace("    members:", '    timezone: Europe/Madrid\n    callback: "+573005550777"\n    members:')
    world = world_of(a_tree(LEVELS, CONTACTS), field=field)
    world.texts("ana", "ALERTA 31")
    world.passes(minutes=10)
    alert = next(text for text in world.phone("coordinator").inbox if "URGENT" in text)
    world.texts("coordinator", code_in(alert))
    world.newest().act("close", reason="resolved")

    receipt, nobody, has_it, closed = world.phone("ana").inbox
    assert ("recibido 03:14" in receipt, "desde las 03:24" in has_it, "cerrado 03:24" in closed) == (True, True, True)
    assert all("+573005550777" in text for text in (receipt, nobody, closed))


def test_all_that_the_field_hears_comes_from_the_tree_that_answered_it(world_of: Worlds) -> None:
    """A9: a team knows its own network by its name and number, and not the one abroad, whichever is named first."""
    abroad = a_tree(LEVELS, CONTACTS.replace("57300555", "57300666"), tree="abroad")
    abroad = abroad.replace("scope: national", "scope: international").replace("+573005550101", "+573006660101")
    world = world_of(a_tree(LEVELS, CONTACTS), abroad)
    world.gives_pins("north/ana", duress=None)
    world.texts("ana", REPORT.format(pin=TRUE))
    incident = world.newest()

    world.passes(minutes=10)
    world.texts("coordinator", code_in(world.phone("coordinator").inbox[0]))
    incident.act("close", reason="resolved")
    incident.act("reopen", reason="it is not over")

    told = world.phone("ana").inbox
    assert [text.split()[0] for text in told] == ["VALLEY"] * len(told)
    assert (len(told), "+573005550102" in told[1]) == (5, True)


def test_whoever_raised_it_hears_that_it_is_closed_and_that_it_is_open_again(valley: World) -> None:
    """B3: the phone that began it is not left to wonder."""
    valley.texts("ana", REPORT.format(pin=TRUE))
    incident = valley.newest()

    incident.act("close", reason="resolved")
    incident.act("reopen", reason="They are back")
    valley.passes(minutes=1)

    _, closed, reopened = valley.phone("ana").inbox
    assert f"{incident.ref}: asunto cerrado 21:14." in closed
    assert f"{incident.ref}: abierto de nuevo" in reopened


def test_a_coordinator_who_raised_it_hears_how_it_fares_and_never_calls_itself(valley: World) -> None:
    """B4: its own number stands in none of its messages."""
    valley.headers = valley.key(None, "administer")
    valley.texts("coordinator", "SOS")
    valley.passes(minutes=10)
    valley.newest().act("close", reason="resolved")

    receipt, nobody, closed = valley.phone("coordinator").inbox
    assert ("received" in receipt, "no coordinator" in nobody, "closed" in closed) == (True, True, True)
    assert not any("+573005550101" in text for text in (receipt, nobody, closed))


@pytest.mark.parametrize(
    "words",
    [
        "We need help from Bogota, call me",
        in_long("Me ajude a falar com a embaixada"),
        in_long("Hola, ayuda en camino"),
        "RE: SOS recibido, voy",
    ],
)
def test_a_coordinator_who_asks_for_help_with_an_incident_raises_no_other(valley: World, words: str) -> None:
    """A12: it is news of that one; in so many words it is a cry, which raises."""
    valley.headers = valley.key(None, "administer")
    incident = valley.raises()
    valley.passes(minutes=1)

    valley.texts("coordinator", words)
    after_words = valley.newest()
    valley.texts("coordinator", "hola, we need help")

    assert after_words.ref == incident.ref
    assert words in str(incident["texts"])
    assert valley.newest().ref != incident.ref


@pytest.mark.parametrize("type", ["20 arrest", "13 abduction", "12 disappearance"])
def test_in_custody_the_phone_is_left_alone(valley: World, type: str) -> None:
    """messages.md: somebody else may hold it; the receipt says so, and is the last."""
    reply = valley.texts("ana", f"ALERTA {TRUE} {type.split()[0]} L12")

    valley.passes(minutes=11)
    valley.newest().act("close", reason="released")

    assert valley.newest()["type"] == type.split()[1]
    assert valley.phone("ana").inbox == [reply]
    assert "no escribiremos" in str(reply)


@pytest.mark.parametrize(("first", "left_alone"), [("20", True), ("30", False)], ids=["custody", "a threat"])
def test_what_once_was_custody_leaves_the_phone_alone_for_good(valley: World, first: str, *, left_alone: bool) -> None:
    """Whatever the phone says later, somebody else may hold it; one that was in no such hands hears of the end."""
    valley.texts("ana", f"ALERTA {TRUE} {first} P7")

    valley.texts("ana", f"NUEVA {TRUE} 31 P7")
    valley.newest().act("updates", text="They were let go", type="surveillance")
    answered = len(valley.phone("ana").inbox)
    valley.passes(minutes=11)
    valley.newest().act("close", reason="resolved")

    assert valley.newest()["type"] == "surveillance"
    assert (len(valley.phone("ana").inbox) == answered) is left_alone


@pytest.mark.parametrize(("then", "left_alone"), [("20", True), ("30", False)], ids=["custody", "a threat"])
def test_in_custody_the_phone_hears_nothing_of_what_it_raised_before(
    valley: World, then: str, *, left_alone: bool
) -> None:
    """B4: its receipt says that we write no more, and whoever holds it reads all that comes, of whichever incident."""
    valley.texts("ana", f"ALERTA {TRUE} 31 P7")
    before = valley.newest()
    valley.passes(minutes=11)
    valley.texts("ana", f"ALERTA {TRUE} {then} L40")
    answered = len(valley.phone("ana").inbox)

    before.act("close", reason="resolved")

    assert valley.newest().ref != before.ref
    assert (len(valley.phone("ana").inbox) == answered) is left_alone


def test_a_silent_member_hears_no_second_time(valley: World) -> None:
    """B1: `silent`."""
    reply = valley.texts("+573005550002", "SOS")

    valley.passes(minutes=11)
    valley.newest().act("close", reason="resolved")

    assert valley.phone("+573005550002").inbox == [reply]
    assert "no escribiremos" in str(reply)
    assert "silent: true" in FIELD


def test_free_text_of_a_contact_reaches_the_coordinators_and_gets_one_reply(valley: World) -> None:
    """A12: it acknowledges nothing, and the alarm goes on."""
    incident = valley.raises()
    valley.passes(minutes=20)
    before = len(valley.phone("ombuds").inbox)

    reply = valley.reply_to("ombuds", "Qui est-ce?")

    assert valley.phone("ombuds").inbox[before:] == [reply]
    assert kinds(valley, "alarm") == ["coordinator", "second"]
    assert "Qui est-ce" not in "".join(valley.phone("coordinator").inbox)
    assert incident.answers() == []
    valley.passes(minutes=5)
    assert ("ombuds", "sms") in incident.told("reminder")


def test_free_text_of_the_member_who_raised_it_alarms_the_coordinators(valley: World) -> None:
    """A12."""
    valley.texts("ana", "SOS")

    reply = valley.reply_to("ana", "ya vienen por el rio")

    assert reply
    assert kinds(valley, "alarm") == ["coordinator", "second"]


@pytest.mark.parametrize("who", ["ana", "ombuds"])
def test_a_stop_alarms_the_coordinators_and_is_answered_nothing(valley: World, who: str) -> None:
    """B4: the network lets nothing more through to that phone, which a coordinator must know."""
    valley.texts("ana", "SOS")
    valley.newest().act("go", decision="go")
    valley.passes(minutes=20)
    assert kinds(valley, "alarm") == []

    reply = valley.texts(who, "STOP")

    assert reply is None
    assert kinds(valley, "alarm") == ["coordinator", "second"]
    assert valley.newest().answers() == []


def test_a_strangers_text_is_answered_nothing_and_raises_nothing(valley: World) -> None:
    """A9: an unknown number learns nothing."""
    raised = []
    for sender in ("stranger", "ana"):
        replies = [valley.texts(sender, text) for text in ("SOS", REPORT.format(pin=TRUE), "hello?")]
        items = valley.client.get("/v1/incidents", headers=valley.headers).json()["items"]
        raised.append((any(replies), len(items)))

    assert raised == [(False, 0), (True, 1)]


def test_a_drill_says_so_in_each_language_and_tells_only_those_who_take_part(valley: World) -> None:
    """B1, domain 8: coordinators, last resort and `drills: true`; the word stands in place of URGENT."""
    incident = valley.raises(drill=True)

    valley.passes(minutes=40)

    assert valley.phone("ombuds").inbox == []
    assert valley.phone("coordinator").inbox[0].startswith("VALLEY DRILL ")
    assert valley.phone("defenders").inbox[0].startswith("VALLEY SIMULACRO ")
    assert valley.phone("head office").inbox[0].startswith("VALLEY EXERCICE ")
    assert [(each["contact"], each["reason"]) for each in incident["pruned"]] == [("ombuds", "drill")]


def test_every_message_of_a_drill_says_that_it_is_one(valley: World) -> None:
    """Also questions, alarms, confirmations, hints, news and the end: nobody is frightened for an exercise."""
    incident = valley.raises(drill=True)
    valley.texts("coordinator", "OK")
    valley.texts("coordinator", code_in(valley.phone("coordinator").inbox[0]))
    incident.act("updates", text="It goes well")
    valley.passes(minutes=41)
    incident.act("close", reason="resolved")

    sent = [each.body for each in valley.sandbox.network.messages.values() if each.body.startswith("VALLEY")]
    assert len(sent) > 8
    assert [body for body in sent if not any(word in body for word in ("DRILL", "EXERCICE", "SIMULACRO"))] == []


@pytest.mark.parametrize("pin", [TRUE, "11111"], ids=["true", "wrong"])
def test_a_call_that_breaks_off_after_the_pin_is_as_grave_as_an_sos(valley: World, pin: str) -> None:
    """B4: whoever it was about may have taken the telephone."""
    valley.phone("ana").dials().press(pin).hang_up()
    valley.settles()
    incident = valley.newest()
    before = incident["severity"]

    valley.passes(seconds=61)

    assert (before, incident["severity"], incident["verified"]) == ("moderate", "critical", pin == TRUE)
    valley.passes(minutes=10)
    assert any("reason unknown" in text for text in valley.phone("coordinator").inbox)
    # The board of the version before shows nothing at all while an alarm is open whose subject it does not know.
    rows = valley.runtime.read(lambda tx: tx.session.execute(select(alarms.c.subject, alarms.c.due_at)).all())
    assert {row.subject for row in rows if row.due_at is not None} <= {"inbound_call", "nobody", "verify"}


def test_a_call_that_says_what_has_happened_is_as_grave_as_that(valley: World) -> None:
    valley.phone("ana").dials().press(TRUE).press("31")

    valley.passes(minutes=5)

    assert (valley.newest()["type"], valley.newest()["severity"]) == ("threat", "moderate")
    assert valley.phone("coordinator").inbox
    assert not any("reason unknown" in text for text in valley.phone("coordinator").inbox)


def test_a_call_that_is_put_through_instead_is_no_sos(valley: World) -> None:
    """B4: "or stay on the line", it says; while a person hears of a burnt tyre, embassies were woken."""
    call = valley.phone("ana").dials().press(TRUE).stays_silent()

    valley.passes(minutes=5)

    assert call.put_through_to is not None
    assert valley.newest()["severity"] == "moderate"
    assert not any("reason unknown" in text for text in valley.phone("coordinator").inbox)


def test_a_call_rings_all_coordinators_but_the_telephone_that_it_is_put_through_to(world: World) -> None:
    """B4: else ours would keep that line busy."""
    call = world.phone("ana").dials().stays_silent()

    world.settles()

    assert call.put_through_to == world.phone("coordinator").number
    assert world.phone("coordinator").calls == []
    assert world.phone("coordinator").inbox
    assert world.phone("second coordinator").calls


def test_whoever_is_put_through_in_vain_hears_which_number_to_call(world: World) -> None:
    """A12: the provider goes on behind a line that is engaged, and hung up on a member in need."""
    coordinator = world.phone("coordinator")
    coordinator.behaves("busy")

    call = world.phone("ana").dials().stays_silent()

    assert (call.put_through_to, call.status) == (coordinator.number, "completed")
    assert " ".join(coordinator.number[-4:]) in call.heard[-1].text


def test_a_coordinator_who_has_no_other_line_is_called_all_the_same(world_of: Worlds) -> None:
    """A12: who calls may hang up before that line is reached."""
    contacts = CONTACTS.replace('{sms: "+573005550101"}', '{call: "+573005550101"}')
    world = world_of(a_tree(LEVELS, contacts))

    world.phone("ana").dials().hang_up()
    world.settles()

    assert len(world.phone("coordinator").calls) == 1


def test_a_call_that_broke_off_and_is_called_off_is_no_sos(valley: World) -> None:
    valley.phone("ana").dials().press(TRUE).hang_up()
    valley.settles()
    valley.texts("ana", f"FALSA {TRUE}")

    valley.passes(minutes=5)

    assert "withdrawal_asked" in valley.newest().timeline()
    assert valley.newest()["severity"] == "moderate"


def test_a_call_that_breaks_off_while_a_coordinator_has_charge_is_left_to_that_person(valley: World) -> None:
    valley.phone("ana").dials().press(TRUE).hang_up()
    valley.settles()
    alert = next(text for text in valley.phone("coordinator").inbox if "URGENT" in text and "incident" in text)
    valley.texts("coordinator", code_in(alert))

    valley.passes(minutes=5)

    assert valley.newest().answers() == [("coordinator", "acknowledged", "sms")]
    assert valley.newest()["severity"] == "moderate"
