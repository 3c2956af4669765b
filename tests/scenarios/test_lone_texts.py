"""A text that comes while no incident is open: coordinators are alarmed, read it, and say what it is (A12, B4)."""

from typing import Any

import pytest
from sqlalchemy import delete, select, update

from alertnet.store.db.tx import Tx
from alertnet.store.tables import incidents, pins, timeline
from tests.scenarios.conftest import Worlds
from tests.scenarios.valley import CONTACTS, COORDINATION, FIELD, a_tree
from tests.scenarios.world import Incident, World, code_in, link_in
from tests.support.rows import in_long

PIN = "47110"
_PINS_GONE = delete(pins)
SECOND = """
  coordinator-2: {role: coordinator, organisation: Valley, disclosure: full, methods: [{sms: "+573005550102"}]}
"""
FRIENDS = "  - {name: Friends, notify: [defenders], wait: 10m}\n"
TEXT = "they took P7 near the market"


@pytest.fixture
def night(world_of: Worlds) -> World:
    """Two coordinators with a PIN each; no incident is open."""
    return a_night(world_of, CONTACTS)


@pytest.fixture
def ringing(world_of: Worlds) -> World:
    """The same, in which one of them has a telephone."""
    return a_night(world_of, CONTACTS.replace('"+573005550101"}]', '"+573005550101"}, {call: "+573005550101"}]'))


def a_night(world_of: Worlds, contacts: str) -> World:
    both = COORDINATION.replace("[coordinator]", "[coordinator, coordinator-2]")
    world = world_of(a_tree(both + FRIENDS, contacts + SECOND))
    world.gives_pins("valley/coordinator", "valley/coordinator-2", duress=None)
    return world


def page_of(world: World, who: str = "coordinator") -> str:
    """The path to which the latest alarm on that phone leads."""
    return link_in(next(text for text in reversed(world.phone(who).inbox) if "ALARM" in text))


def texts_on_record(tx: Tx) -> list[Any]:
    """What was received, of whichever incident."""
    return list(tx.session.scalars(select(timeline.c.payload).where(timeline.c.kind == "sms_received")))


def of_no_team(world: World) -> Incident:
    """The newest incident, to whoever may see what belongs to no team."""
    world.headers = world.key(None, "administer")
    return world.newest()


def presses(world: World, page: str, answer: str, **more: str) -> Any:
    """A coordinator enters the PIN and presses."""
    shown = world.client.post(page, data={"answer": answer, "pin": PIN, **more})
    world.settles()
    return shown


@pytest.mark.parametrize(
    ("text", "is_forced"),
    [("OK 47990 hay dos hombres", True), ("OK 47110 sos", True), ("OK 47110 hay dos hombres", False)],
)
def test_the_page_of_a_text_written_under_duress_says_whom_not_to_call(
    night: World, text: str, is_forced: bool
) -> None:
    """B4: its words are read on a page of their own, with the number of the phone that somebody may stand beside."""
    night.gives_pins("north/ana")
    night.texts("ana", text)
    night.passes(minutes=1)
    page = link_in(next(sms for sms in night.phone("coordinator").inbox if "read the message" in sms))
    read = night.client.post(page, data={"pin": PIN}).text

    assert 'href="tel:+573005550001"' in read
    assert ("do not call or text it" in read) is is_forced
    assert "do not call or text it" not in night.client.get(page).text


@pytest.mark.parametrize(
    "text",
    [
        "hay hombres armados fuera de la oficina",
        in_long("two men sit in a car out of the office, they take photos"),
        in_long("Luis ist nicht im Büro, die Tür steht offen"),
        in_long("Luis est absent du bureau et ne répond plus"),
        in_long("homens armados fora do escritório"),
    ],
)
def test_what_the_field_says_of_an_office_rings_and_is_answered(ringing: World, text: str) -> None:
    """A12: contacts have such words written by machines; from the field they are what it sees."""
    reply = ringing.texts("ana", text)

    assert "coordinacion" in (reply or "")
    assert [sms for sms in ringing.phone("coordinator").inbox if "please read the message from north" in sms]
    assert ringing.phone("coordinator").ringing


@pytest.mark.parametrize(
    ("who", "text"),
    [
        ("ana", "nos sigue un carro blanco, placa 4821"),
        ("ana", "nos pararon en el km 4512"),
        ("ombuds", "hay disparos cerca, ruta 4512"),
    ],
)
def test_four_digits_that_are_no_code_of_ours_are_answered_like_any_words(night: World, who: str, text: str) -> None:
    """A12: a plate or a kilometre is no code of somebody else; nor does a code alone, of whomever, meet silence."""
    reply = night.texts(who, text)

    assert reply is not None
    assert reply == night.texts(who, "hay disparos")
    assert reply == night.texts(who, "4821")
    assert len([sms for sms in night.phone("coordinator").inbox if "please read the message" in sms]) == 1


def test_a_phone_of_the_field_that_answers_by_itself_rings_once(night: World) -> None:
    """A12, B9: two machines must not talk for ever."""
    replies = []
    for _ in range(10):
        replies.append(night.texts("ana", "Respuesta automática: fuera de la oficina"))
        night.passes(seconds=3)

    assert [reply is not None for reply in replies] == [True] + [False] * 9
    assert len([sms for sms in night.phone("coordinator").inbox if "please read" in sms]) == 1


def test_a_text_is_read_and_made_an_incident_in_one_press(ringing: World) -> None:
    """Nothing of it travels in clear: two presses from the SMS it is read, with who wrote it and from which number."""
    reply = ringing.texts("ana", TEXT)

    [sms] = ringing.phone("coordinator").inbox
    assert "please read the message from north" in sms
    assert "market" not in sms
    assert ringing.phone("coordinator").ringing
    assert "coordinacion" in (reply or "")
    page = page_of(ringing)
    assert "market" not in ringing.client.get(page).text
    read = ringing.client.post(page, data={"pin": PIN}).text
    for shown in (TEXT, "north/ana", 'href="tel:+573005550001"', "P7"):
        assert shown in read

    opened = presses(ringing, page, "open")

    assert "coordinator opened an incident" in opened.text
    incident = ringing.newest()
    assert (incident["type"], incident["severity"], incident["verified"]) == ("other", "moderate", True)
    assert incident.answers() == [("coordinator", "acknowledged", "link")]
    assert TEXT in ringing.client.post(page, data={"pin": PIN}).text
    ringing.passes(minutes=10)
    assert incident.told()[-1] == ("defenders", "sms")


def test_who_is_named_by_a_code_of_the_teams_file_is_spared_what_was_recorded(world_of: Worlds) -> None:
    """A3: an incident that is made of a text has the consent of whoever it names, as a report has."""
    people = "  AB12: {kind: defender, nationality: CO, consent: internal}\n"
    world = world_of(a_tree(COORDINATION + FRIENDS), field=FIELD.rstrip() + "\n" + people)
    world.texts("ana", "they took ab12 near the market, on the N7")

    presses(world, page_of(world), "open")

    assert (world.newest()["consent"], [each["code"] for each in world.newest()["people"]]) == ("internal", ["AB12"])


@pytest.mark.parametrize(
    ("text", "is_second", "by_itself"),
    [
        ("they took P7, tell nobody else: C0", False, True),
        ("they took P7 c 0 only us", True, False),
        in_long("they took P7, tell nobody else: C0", False, False),
        in_long("they took P7 c 0 only us", True, True),
    ],
)
def test_a_consent_among_the_words_narrows_what_the_team_allows(
    night: World, text: str, is_second: bool, by_itself: bool
) -> None:
    """A3: whoever opens it has read the words, and those who must not hear stand in the tree all the same."""
    if is_second:
        night.texts("ana", "two men outside")
    night.texts("ana", text)

    if by_itself:
        night.texts("ana", "SOS")
    else:
        presses(night, page_of(night), "open", type="arrest")

    assert (night.newest()["consent"], night.newest()["people"][0]["code"]) == ("internal", "P7")


@pytest.mark.parametrize("by_itself", [False, True])
def test_whom_a_second_text_names_is_spared_what_was_recorded_too(night: World, by_itself: bool) -> None:
    """A3: with its record, by which its consent and nationality count; the first text named nobody."""
    night.texts("ana", "two men outside")
    night.texts("ana", "they took P9")

    if by_itself:
        night.texts("ana", "SOS P9")
    else:
        presses(night, page_of(night), "open", type="arrest")

    assert [(each["code"], each["nationality"]) for each in night.newest()["people"]] == [("P9", "CO")]


def test_a_text_is_read_though_an_open_incident_cannot_be(night: World) -> None:
    """A11, A12: of what else the coordinator has, its page lists and offers what can be read."""
    broken, sound = night.raises(type="threat"), night.raises(type="raid")
    spoil = update(incidents).where(incidents.c.ref == broken.ref).values(facts={"nobody": "knows this"})
    night.runtime.transact(lambda tx: tx.session.execute(spoil))
    night.texts("ana", TEXT)

    shown = night.client.post(page_of(night), data={"pin": PIN})

    assert shown.status_code == 200
    assert (TEXT in shown.text, sound.ref in shown.text, broken.ref in shown.text) == (True, True, False)


def test_type_and_severity_can_be_chosen(night: World) -> None:
    night.texts("ana", TEXT)

    presses(night, page_of(night), "open", type="arrest", severity="serious")

    assert (night.newest()["type"], night.newest()["severity"]) == ("arrest", "serious")


def test_whoever_opens_it_is_asked_for_nothing_more_and_the_others_hear(night: World) -> None:
    """B9: no alarm of the incident rings whoever has just opened it; its callback and codes are the incident's."""
    night.texts("ana", TEXT)

    presses(night, page_of(night), "open", type="arrest")

    assert not any("URGENT" in text for text in night.phone("coordinator").inbox)
    assert any("coordinator takes charge" in text for text in night.phone("second coordinator").inbox)


def test_what_was_decided_is_done_once_and_shown_to_the_second(night: World) -> None:
    """Two coordinators with the page open: the later press changes nothing, and says who was first."""
    night.texts("ana", TEXT)
    first, second = page_of(night), page_of(night, "second coordinator")

    presses(night, first, "open")
    late = presses(night, second, "set_aside")
    again = presses(night, first, "open")

    assert (late.status_code, again.status_code) == (409, 200)
    assert "coordinator opened an incident" in late.text
    assert night.newest()["status"] == "open"
    assert night.newest().timeline().count("incident_opened") == 1


def test_a_text_is_joined_to_an_incident_that_is_open(night: World) -> None:
    """Its words and its number are then on the pages of that incident, and its other coordinator hears of news."""
    other = night.raises(type="threat", perpetrator="none")
    night.passes(minutes=1)
    night.texts("ana", TEXT)

    joined = presses(night, page_of(night), "join", into=other.ref)

    assert f"coordinator joined it to {other.ref}" in joined.text
    assert night.newest()["status"] == "closed"
    assert "sms_received" in other.timeline()
    assert any(f"{other.ref}: news from the team" in text for text in night.phone("second coordinator").inbox)
    late = presses(night, page_of(night, "second coordinator"), "open")
    assert (late.status_code, f"joined it to {other.ref}" in late.text) == (409, True)


def test_a_text_that_we_heard_late_is_joined_as_of_when_it_was_written(night: World) -> None:
    """A12: its page says join, whenever it has come."""
    other = night.raises(type="threat", perpetrator="none")
    night.passes(minutes=1)
    night.is_deaf, written_at = True, night.clock.at.replace(microsecond=0)
    night.texts("ana", TEXT)
    night.is_deaf = False
    night.passes(minutes=2)
    night.catches_up()

    joined = presses(night, page_of(night), "join", into=other.ref)

    assert f"coordinator joined it to {other.ref}" in joined.text
    assert [text["heard_at"] for text in night.runtime.read(texts_on_record)] == [written_at.isoformat()] * 2


def test_a_text_is_set_aside(night: World) -> None:
    """Its page also offers to open an incident: types of one neutral name are told apart by their numbers."""
    night.texts("ana", "the bus is late")

    offered = night.client.post(page_of(night), data={"pin": PIN}).text
    named = [name for name in ("assault (22)", "assault (23)", "arrest (20)") if f"{name}</option>" in offered]
    assert named == ["assault (22)", "assault (23)"]

    aside = presses(night, page_of(night), "set_aside")

    assert "coordinator set it aside" in aside.text
    text = night.newest()
    assert (text["status"], text["escalations"]) == ("closed", [])
    assert "text_set_aside" in text.timeline()
    assert any(text.ref in sms and "closed" in sms for sms in night.phone("second coordinator").inbox)
    assert night.phone("defenders").inbox == []


def test_nothing_is_decided_without_the_pin(night: World) -> None:
    """A6."""
    night.texts("ana", TEXT)
    page = page_of(night)

    refused = [night.client.post(page, data={"answer": answer}) for answer in ("open", "set_aside")]

    assert [shown.status_code for shown in refused] == [403, 403]
    assert "text_opened" not in night.newest().timeline()
    assert presses(night, page, "open").status_code == 200


def test_the_alarm_rings_until_somebody_answers_it(ringing: World) -> None:
    """B3: a text is no notice that one can sleep through."""
    ringing.texts("ana", TEXT)

    ringing.passes(minutes=25)

    assert sum("please read" in sms for sms in ringing.phone("second coordinator").inbox) == 3


@pytest.mark.parametrize("behaviour", ["manual", "invalid"])
def test_what_no_coordinator_answers_becomes_an_incident_of_which_last_resort_hears(
    ringing: World, behaviour: str
) -> None:
    """A2, B3: whoever writes in distress may write no verb; as after an SOS, silence is told, and nothing believed."""
    for who in ("coordinator", "second coordinator"):
        ringing.phone(who).behaves(behaviour)
    ringing.texts("ana", TEXT)
    ringing.passes(minutes=29)
    assert ringing.phone("head office").inbox == []
    ringing.passes(minutes=11)

    incident = ringing.newest()
    assert (incident["type"], incident["severity"], incident["verified"]) == ("other", "serious", False)
    assert any(incident.ref in text for text in ringing.phone("head office").inbox)
    assert ringing.phone("defenders").inbox == []


def test_who_answers_the_text_once_it_is_an_incident_learns_that_it_goes_on(night: World) -> None:
    """A12: whoever wakes up late reads that more is needed, and by which code; nobody has taken charge yet."""
    night.texts("ana", TEXT)
    alarm = code_in(next(text for text in night.phone("second coordinator").inbox if "ALARM" in text))
    night.passes(minutes=31)
    alert = code_in(next(text for text in night.phone("second coordinator").inbox if "URGENT" in text))

    reply = night.texts("second coordinator", f"OK {alarm}")

    assert alert in (reply or "")
    assert "closed" not in (reply or "")
    assert night.newest().answers() == []
    night.texts("second coordinator", f"OK {alert}")
    assert night.newest().answers() == [("coordinator-2", "acknowledged", "sms")]


def test_who_answers_the_text_once_somebody_has_charge_of_it_is_asked_for_nothing_more(night: World) -> None:
    night.texts("ana", TEXT)
    alarm = code_in(next(text for text in night.phone("second coordinator").inbox if "ALARM" in text))
    presses(night, page_of(night), "open")

    reply = night.texts("second coordinator", f"OK {alarm}")

    assert "this code is no longer needed" in (reply or "")
    assert night.newest().status("valley") == "running"


def test_a_text_whose_phone_has_raised_an_incident_since_is_no_second_one(night: World) -> None:
    """B9: last resort hears only of that one, in which nobody else answers; the text rings on at the coordinators."""
    night.texts("ana", TEXT)
    text = night.newest()
    night.passes(minutes=12)
    night.texts("ana", "SOS")
    incident = night.newest()
    assert incident.ref != text.ref
    alert = next(each for each in night.phone("second coordinator").inbox if "URGENT" in each)
    night.texts("second coordinator", f"OK {code_in(alert)}")
    incident.act("go", decision="go")
    night.passes(minutes=40)

    assert incident.answers() == [("coordinator-2", "acknowledged", "sms")]
    told = night.phone("head office").inbox
    assert [incident.ref in sms for sms in told] == [True]
    assert "text_opened" not in text.timeline()
    assert text.timeline().count("alarm_repeated") == 5

    incident.act("close", reason="released")
    night.passes(minutes=25)

    assert "text_opened" in text.timeline()


@pytest.mark.parametrize("answer", ["set_aside", None])
def test_what_a_coordinator_has_answered_in_time_stays_with_people(night: World, answer: str | None) -> None:
    """Set aside on the page, or taken charge of by SMS: it is no incident unless somebody makes it one."""
    night.texts("ana", TEXT)
    night.passes(minutes=25)
    if answer:
        presses(night, page_of(night), answer)
    else:
        night.texts("coordinator", f"OK {code_in(night.phone('coordinator').inbox[-1])}")
    night.passes(hours=2)

    assert len(night.newest().told("alarm")) == 3 * 2
    assert "text_opened" not in night.newest().timeline()
    assert night.phone("head office").inbox == []


def test_more_of_the_same_phone_goes_into_the_same_text(night: World) -> None:
    night.texts("ana", TEXT)
    night.texts("ana", "two men in a grey car")

    read = night.client.post(page_of(night), data={"pin": PIN}).text

    assert len(night.phone("coordinator").inbox) == 1
    assert TEXT in read
    assert "two men in a grey car" in read


def test_a_cry_for_help_right_after_a_text_opens_its_incident(night: World) -> None:
    """The words are then where everybody looks for them; it is decided on no more."""
    night.texts("ana", TEXT)
    ref = night.newest().ref

    night.texts("ana", "SOS")

    incident = night.newest()
    assert (incident.ref, incident["severity"], incident["verified"]) == (ref, "critical", False)
    late = presses(night, page_of(night), "set_aside")
    assert (late.status_code, TEXT in late.text) == (409, True)
    assert incident["status"] == "open"


def test_a_contacts_text_is_an_alarm_as_well(night: World) -> None:
    """A12: of whoever stands in a tree."""
    night.texts("ombuds", "we hear shots at the school")

    read = night.client.post(page_of(night), data={"pin": PIN}).text

    assert "we hear shots at the school" in read
    assert "Ombuds office (ombuds)" in read
    assert 'href="tel:+573005550120"' in read


def test_a_contacts_words_that_no_coordinator_answers_become_an_incident_of_which_last_resort_hears(
    night: World,
) -> None:
    """A2, A12: an office hears shots, and both coordinators sleep; nobody is told that did not hear of the text."""
    night.texts("ombuds", "we hear shots at the school")
    night.passes(minutes=29)
    assert night.phone("head office").inbox == []

    night.passes(minutes=11)

    incident = of_no_team(night)
    assert (incident["type"], incident["severity"], incident["verified"]) == ("other", "serious", False)
    assert any(incident.ref in text for text in night.phone("head office").inbox)
    assert "no coordinator has answered yet" in night.phone("ombuds").inbox[-1]
    assert night.phone("defenders").inbox == []


def test_a_stop_of_a_contact_rings_at_the_coordinators_alone_however_long(night: World) -> None:
    """B4: it is no report, and wakes nobody who could do nothing about it."""
    night.texts("ombuds", "STOP")

    night.passes(minutes=42)

    assert sum("ombuds sent STOP" in text for text in night.phone("coordinator").inbox) >= 3
    assert of_no_team(night).timeline().count("alarm_repeated") >= 3
    assert "text_opened" not in of_no_team(night).timeline()
    assert night.phone("head office").inbox == []


def test_a_start_of_a_contact_rings_at_the_coordinators_alone_until_words_follow(night: World) -> None:
    """B4: its phone takes texts again, which is no report either; what it writes then is one (A2)."""
    night.texts("ombuds", "START")

    night.passes(minutes=42)

    assert of_no_team(night).timeline().count("alarm_repeated") >= 3
    assert night.phone("head office").inbox == []
    night.texts("ombuds", "we hear shots at the school")
    night.passes(minutes=42)
    assert any(of_no_team(night).ref in text for text in night.phone("head office").inbox)


@pytest.mark.parametrize("text", ["Out of office: back on Monday", "Muchas gracias!"])
def test_what_a_machine_wrote_or_says_only_thanks_rings_nobody(ringing: World, text: str) -> None:
    """The text is on record, and one notice says that it came."""
    ringing.texts("ombuds", text)

    assert not ringing.phone("coordinator").ringing
    [sms] = ringing.phone("coordinator").inbox
    assert "please read the message from ombuds" in sms
    assert "ALARM" not in sms
    assert [entry["contact"] for entry in ringing.runtime.read(texts_on_record)] == ["ombuds"]
    ringing.texts("ombuds", "Gracias por la ayuda, hay disparos")
    assert ringing.phone("coordinator").ringing


def test_whoever_has_no_pin_may_decide_and_reads_why_the_words_are_hidden(night: World) -> None:
    """A9: a link that travelled in clear shows no words, whoever opens it."""
    night.runtime.transact(lambda tx: tx.session.execute(_PINS_GONE))
    night.texts("ana", TEXT)

    shown = night.client.get(page_of(night)).text

    assert "What was written is not shown to you" in shown
    assert 'value="open"' in shown
    assert TEXT not in shown


def test_a_text_alone_is_no_incident_that_nobody_hears_of(night: World) -> None:
    """A2: what stops the heartbeat is an incident of which nobody may be told, and coordinators ring for a text."""
    night.texts("ana", TEXT)

    ready = night.client.get("/readyz").json()

    text = night.newest()
    assert text.ref in night.phone("coordinator").inbox[0]
    assert text["escalations"] == []
    assert text.ref not in ready["unheard"]


def test_the_api_does_to_a_text_nothing_that_needs_an_incident(night: World) -> None:
    """What is no incident yet can be closed, and not told to others."""
    night.texts("ana", TEXT)
    text = night.newest()

    text.act("go", expect=409, decision="go")
    text.act("close", reason="resolved")

    assert text["status"] == "closed"


@pytest.mark.parametrize(("who", "is_late"), [("ana", False), ("ana", True), ("defenders", False)])
def test_a_picture_without_words_is_said_to_be_one(night: World, who: str, is_late: bool) -> None:
    """A12: it stays with the provider; whoever reads the page and the history knows that there is more than words."""
    night.is_deaf = is_late
    night.phone(who).sends("", pictures=2)
    night.is_deaf = False
    night.passes(minutes=2)
    night.catches_up()

    read = night.client.post(page_of(night), data={"pin": PIN}).text
    assert "and 2 × picture, recording or file, which can’t be shown here" in read
    [kept] = night.runtime.read(texts_on_record)
    assert (kept["text"], kept["attached"]) == ("", 2)


def test_a_picture_with_an_answer_acknowledges_and_is_said_to_be_there(night: World) -> None:
    """A12, A6: the code counts, and what came with it is no less for people."""
    incident = night.raises()
    night.phone("coordinator").sends(f"{code_in(night.phone('coordinator').inbox[0])} look at this", pictures=1)
    night.settles()

    assert incident.answers() == [("coordinator", "acknowledged", "sms")]
    [kept] = night.runtime.read(texts_on_record)
    assert kept["attached"] == 1


@pytest.mark.parametrize("text", ["SOS", in_long(f"ALERTA {PIN} 20 L12"), "NEWS look at this", in_long(f"FALSE {PIN}")])
def test_a_picture_with_a_report_is_said_to_be_there(night: World, text: str) -> None:
    """A12: on the page of whoever reads what the field has sent."""
    night.texts("ana", "SOS")
    night.phone("ana").sends(text, pictures=3)
    night.settles()

    told = next(sms for sms in reversed(night.phone("coordinator").inbox) if "/c/" in sms)
    read = night.client.post(link_in(told), data={"pin": PIN}).text
    assert "and 3 × picture, recording or file, which can’t be shown here" in read
