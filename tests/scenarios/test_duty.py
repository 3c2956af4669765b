"""A coordination whose telephone goes round: whoever is on duty hears, from the moment the turn changes (B1)."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from alertnet.core.delivery.provider_routes import FIRST
from alertnet.core.directory.contact import MethodKind
from alertnet.flows.sending.pause import pause
from alertnet.flows.system.duty import set_duty
from alertnet.flows.system.duty_calendar import calendar_of, close_calendar, open_calendar
from alertnet.flows.system.self_monitoring import keep_watch, look
from alertnet.store.records import incidents
from tests.scenarios.conftest import Worlds
from tests.scenarios.valley import a_tree
from tests.scenarios.world import DURESS, TRUE, World, code_in

PHONES = {"ana": "+573005550001", "mary": "+573005550003"}
OWN = "+573005550101"
CONTACTS = f"""
  coordinator:
    role: coordinator
    organisation: Valley
    methods: [{{sms: "{OWN}"}}, {{email: duty@valley.example}}]
    duty: {{rota: [ana, mary], change: "Mo 09:00"}}
  desk: {{role: ngo, organisation: Head office, methods: [{{sms: "+32470550101"}}]}}
"""
COORDINATION = "  - {name: Coordination, notify: [coordinator], wait: 30m, repeat: {every: 3m, times: 3}}\n"


@pytest.fixture
def world(world_of: Worlds) -> World:
    """Shortly before the turn changes."""
    return shortly_before_the_change(world_of, COORDINATION)


def shortly_before_the_change(world_of: Worlds, coordination: str) -> World:
    """A world with that first level, two minutes before nine."""
    made = world_of(a_tree(coordination, CONTACTS))
    made.clock.at = datetime(2026, 11, 23, 8, 58, tzinfo=ZoneInfo("America/Bogota")).astimezone(UTC)
    for name in PHONES:
        made.gives_pins(f"north/{name}")
    return made


def heard(world: World, who: str) -> list[str]:
    """The texts that somebody's phone got."""
    return [str(text) for text in world.phone(PHONES.get(who, OWN)).inbox]


def turn_before_and_after(world: World) -> tuple[str, str]:
    """Who is on duty now, and who is after nine o'clock."""
    first = next(name for name in PHONES if heard(world, name))
    return first, next(name for name in PHONES if name != first)


def test_whoever_is_on_duty_is_told_and_acknowledges_for_the_contact(world: World) -> None:
    incident = world.raises(people=[])
    now, later = turn_before_and_after(world)
    assert heard(world, later) == heard(world, "own") == []
    world.texts(PHONES[now], f"OK {code_in(heard(world, now)[0])}")
    assert incident.answers() == [("coordinator", "acknowledged", "sms")]


def test_from_the_change_on_the_next_is_told_and_either_may_acknowledge(world: World) -> None:
    """B1: judged at each send; the code is good from the number of who was told."""
    incident = world.raises(people=[])
    now, later = turn_before_and_after(world)
    code = code_in(heard(world, now)[0])
    assert "su mensaje llego a la coordinacion" in (world.texts(PHONES[later], f"OK {code}") or "")
    assert incident.answers() == []
    world.passes(minutes=4)
    assert [text for text in heard(world, now) if code in text] == heard(world, now)[:1]
    assert code_in(heard(world, later)[-1]) == code
    world.texts(PHONES[later], f"OK {code}")
    assert incident.answers() == [("coordinator", "acknowledged", "sms")]


def test_what_waits_until_after_the_change_goes_to_whoever_is_on_duty_then(world_of: Worlds) -> None:
    """A2: the one who had the turn is left in peace, and the alert is not lost with it."""
    world = shortly_before_the_change(world_of, "  - {name: Coordination, notify: [coordinator], wait: 30m}\n")
    sms, until = (MethodKind.SMS, FIRST), world.clock.at + timedelta(minutes=5)
    world.runtime.transact(pause, [sms], until, "Ines", "they lose texts", known=world.runtime.settings.routes)
    incident = world.raises(people=[])
    assert [each["status"] for each in incident["notifications"] if each["method"] == "sms"] == ["queued"]

    world.passes(minutes=6)

    later = next(name for name in PHONES if heard(world, name))
    world.texts(PHONES[later], f"OK {code_in(heard(world, later)[0])}")
    assert incident.answers() == [("coordinator", "acknowledged", "sms")]
    assert [len(heard(world, name)) for name in PHONES if name != later] == [0]
    told = [each["status"] for each in incident["notifications"] if each["kind"] == "alert" and each["method"] == "sms"]
    assert told == ["cancelled", "delivered"]


def test_whoever_checks_in_with_wrong_codes_reads_the_fresh_one_on_the_same_phone(world: World) -> None:
    """B4: five of them void its code; the reply is that to a check-in, so the fresh one comes by itself."""
    incident = world.raises(people=[])
    now, _ = turn_before_and_after(world)
    old = code_in(heard(world, now)[0])

    replies = [world.texts(PHONES[now], f"OK {TRUE} {9990 + each}") for each in range(5)]

    [told] = [text for text in heard(world, now)[1:] if text not in replies and "/c/" not in text]
    assert code_in(told) != old
    world.texts(PHONES[now], f"OK {code_in(told)}")
    assert incident.answers() == [("coordinator", "acknowledged", "sms")]


def test_who_was_told_before_the_change_may_still_acknowledge(world: World) -> None:
    incident = world.raises(people=[])
    now, _ = turn_before_and_after(world)
    world.passes(minutes=4)
    world.texts(PHONES[now], f"OK {code_in(heard(world, now)[0])}")
    assert incident.answers() == [("coordinator", "acknowledged", "sms")]


@pytest.mark.parametrize("minutes", [1, 4], ids=["on duty", "relieved"])
def test_whoever_had_the_turn_of_a_contact_that_is_excluded_hears_nothing_more(world: World, minutes: int) -> None:
    """A3: neither news nor how it ended, although no contact has that phone as its own; last resort hears of it."""
    incident = world.raises(people=[])
    now, _ = turn_before_and_after(world)
    world.passes(minutes=minutes)
    incident.act("exclude", contacts=["coordinator"])
    before = heard(world, now)

    incident.act("updates", text="they are at the fourth brigade")
    world.passes(minutes=15)
    incident.act("close", reason="released")
    world.passes(minutes=15)

    assert heard(world, now) == before
    assert any(incident.ref in text for text in world.phone("+32470550101").inbox)


def test_off_by_sms_hands_the_turn_on_at_once(world: World) -> None:
    """B1: `OFF PIN`; the rest of the rota takes over, and when all are off the contact's own number."""
    incident = world.raises(people=[])
    now, later = turn_before_and_after(world)
    reply = world.reply_to(PHONES[now], "OFF 47110")
    assert "off duty for coordinator" in reply or "no esta de turno para coordinator" in reply
    world.texts(PHONES[later], "off 47110")
    world.passes(minutes=1.5)
    assert heard(world, "own") == []
    world.raises(people=[])
    assert len(heard(world, "own")) == 1
    assert incident.status("valley") == "running"


def test_on_by_sms_takes_the_turn(world: World) -> None:
    world.raises(people=[])
    now, later = turn_before_and_after(world)
    assert world.texts(PHONES[later], "ON 47110") is not None
    before = len(heard(world, now))
    world.raises(people=[])
    assert len(heard(world, now)) == before
    assert any("URGENT" in text for text in heard(world, later))


@pytest.mark.parametrize("then", ["", "ON 47110"])
def test_an_off_that_is_heard_late_holds_unless_the_turn_was_arranged_since(world: World, then: str) -> None:
    """B1: our web was away; who has said ON meanwhile is on duty, and people read the old text without its PIN."""
    world.raises(people=[])
    other, officer = turn_before_and_after(world)
    world.passes(minutes=15)
    world.catches_up()
    world.is_deaf = True
    world.phone(PHONES[officer]).sends("OFF 47110", to=world.sandbox.number)
    world.is_deaf = False
    world.clock.at += timedelta(minutes=2)
    if then:
        world.texts(PHONES[officer], then)
    world.catches_up()
    world.passes(minutes=2)
    on_duty, off_duty = (officer, other) if then else (other, officer)
    before = {name: len(heard(world, name)) for name in PHONES}

    world.raises(people=[])

    assert len(heard(world, on_duty)) > before[on_duty]
    assert len(heard(world, off_duty)) == before[off_duty]
    assert "47110" not in str([heard(world, name) for name in (*PHONES, "own")])


def misses_an_off(world: World, number: str, pin: str) -> None:
    """Our web is away as that phone sends OFF, and finds it once the phone has said ON."""
    world.passes(minutes=15)
    world.catches_up()
    world.is_deaf = True
    world.phone(number).sends(f"OFF {pin}", to=world.sandbox.number)
    world.is_deaf = False
    world.clock.at += timedelta(minutes=2)
    world.texts(number, f"ON {TRUE}")
    world.catches_up()
    world.passes(minutes=2)


@pytest.mark.parametrize("pin", [TRUE, DURESS])
def test_what_is_overtaken_is_answered_alike_whichever_the_pin(world: World, pin: str) -> None:
    """B4: a bystander reads no difference, and under duress others of the rota are alarmed."""
    world.raises(people=[])
    other, officer = turn_before_and_after(world)

    misses_an_off(world, PHONES[officer], pin)

    assert "su mensaje llego a la coordinacion" in heard(world, officer)[-1]
    assert any("before you call" in text for text in heard(world, other)) is (pin == DURESS)


def test_duress_of_the_staff_is_heard_also_in_what_is_overtaken(with_staff: World) -> None:
    misses_an_off(with_staff, STAFF, DURESS)

    assert "your message went to our coordinator" in str(with_staff.phone(STAFF).inbox[-1])
    assert any("antes de llamar" in text for text in heard(with_staff, "ana"))


def test_a_wrong_pin_changes_nothing_and_people_read_the_text(world: World) -> None:
    """A12."""
    world.raises(people=[])
    now, _ = turn_before_and_after(world)
    world.texts(PHONES[now], "OFF 47119")
    before = len(heard(world, now))
    world.raises(people=[])
    assert len(heard(world, now)) > before


def test_a_phone_under_duress_is_off_duty_whatever_it_says_and_hears_the_same(world: World) -> None:
    """B4: the duress PIN gets byte for byte the answer of a true one; coordinators hear, and decide who else does."""
    world.raises(people=[])
    now, later = turn_before_and_after(world)
    true = world.texts(PHONES[later], "ON 47110")
    world.passes(seconds=10)
    assert world.texts(PHONES[later], "ON 47990") == true
    assert any("before you call anybody, read" in text for text in (*heard(world, now), *heard(world, "own")))
    opened = world.runtime.read(lambda tx: incidents.latest_open(tx.session, 1))[0].facts
    assert (opened.severity, opened.verified, opened.duress) == ("critical", False, True)
    before = [text for text in heard(world, later) if "URGENT" in text]
    world.raises(people=[])
    assert [text for text in heard(world, later) if "URGENT" in text] == before


def test_who_raises_the_alarm_while_on_duty_is_not_told_of_it(world: World) -> None:
    """B1: the number that raised it receives nothing of it; the next on the rota does."""
    world.raises(people=[])
    now, later = turn_before_and_after(world)
    before = [len(heard(world, name)) for name in (now, later)]
    world.texts(PHONES[now], "ALERT 47110 20")
    texts = [text for text in heard(world, now)[before[0] :] if "URGENT" in text]
    assert texts == []
    assert any("URGENT" in text or "ALSO" in text for text in heard(world, later)[before[1] :])


def test_a_dated_turn_holds_at_once_for_a_running_incident(world: World) -> None:
    incident = world.raises(people=[])
    now, later = turn_before_and_after(world)
    network = world.runtime.network
    world.runtime.transact(
        set_duty, network, "valley/coordinator", later, is_on=True, starts_at=None, ends_at=None, by="test"
    )
    world.clock.at = world.clock.at.replace(second=1)
    world.passes(minutes=1, seconds=30)
    world.passes(minutes=2)
    assert len(heard(world, now)) == 1
    assert len(heard(world, later)) == 1
    assert ("coordinator", "sms") in incident.told("reminder")


STAFF = "+573005550077"
ON_STAFF = f"""
teams:
  north: {{country: CO, language: es, consent: national, members: {{ana: {{name: Ana, phone: "{PHONES["ana"]}"}}}}}}
staff:
  ines: {{name: Ines, phone: "{STAFF}", language: en}}
"""


@pytest.fixture
def with_staff(world_of: Worlds) -> World:
    """Ines, who is in no team, has the turn; Ana has the next."""
    contacts = CONTACTS.replace("rota: [ana, mary]", "since: 2026-11-16, rota: [ines, ana]")
    made = world_of(a_tree(COORDINATION, contacts), field=ON_STAFF)
    made.clock.at = datetime(2026, 11, 18, 12, 0, tzinfo=UTC)
    made.gives_pins("staff/ines")
    return made


def test_one_of_the_staff_is_told_and_acknowledges_for_the_contact(with_staff: World) -> None:
    """B1: people on duty need not be field members."""
    incident = with_staff.raises(people=[])
    (text,) = (str(each) for each in with_staff.phone(STAFF).inbox)

    with_staff.texts(STAFF, f"OK {code_in(text)}")

    assert incident.answers() == [("coordinator", "acknowledged", "sms")]


def test_one_of_the_staff_hands_the_turn_on_by_sms(with_staff: World) -> None:
    assert "off duty for coordinator" in str(with_staff.texts(STAFF, "OFF 47110"))

    with_staff.raises(people=[])

    assert [str(text) for text in with_staff.phone(STAFF).inbox if "URGENT" in str(text)] == []
    assert any("URGENT" in text for text in heard(with_staff, "ana"))


def test_what_one_of_the_staff_writes_reaches_the_coordinators(with_staff: World) -> None:
    """A12: nothing that a known person sends is dropped; the next on the rota is alarmed, and not who wrote it."""
    with_staff.texts(STAFF, "I am ill, who takes over?")
    with_staff.passes(seconds=10)

    (alarm,) = heard(with_staff, "ana")
    assert "mensaje de coordinator" in alarm


def looks(world: World) -> None:
    """A worker keeps watch: all that comes by the clock and belongs to no incident is done."""
    seen = world.runtime.read(look, frozenset(), is_tested=False)
    assert seen
    world.runtime.transact(keep_watch, world.runtime.edition, seen)
    world.passes(seconds=10)


def reminders(world: World, number: str) -> list[str]:
    return [str(text) for text in world.phone(number).inbox if "begins within a day" in str(text)]


def test_whoever_has_the_next_turn_is_reminded_once_a_day_before(with_staff: World) -> None:
    """Ana has Monday's turn at nine, and Ines that of the Monday after; whoever goes on hears nothing."""
    with_staff.clock.at = datetime(2026, 11, 29, 13, 0, tzinfo=UTC)
    looks(with_staff)
    assert reminders(with_staff, STAFF) == []

    with_staff.passes(hours=1, minutes=5)
    for _ in range(3):
        looks(with_staff)
        with_staff.passes(minutes=30)

    (reminder,) = reminders(with_staff, STAFF)
    assert "your turn on duty for coordinator begins within a day (09:00)" in reminder
    with_staff.passes(hours=30)
    looks(with_staff)
    assert len(reminders(with_staff, STAFF)) == 1


def test_who_begins_within_a_day_of_the_first_look_is_reminded(with_staff: World) -> None:
    """A program that was just set up, or a database from before there were reminders."""
    with_staff.clock.at = datetime(2026, 11, 29, 20, 0, tzinfo=UTC)
    looks(with_staff)
    assert len(reminders(with_staff, STAFF)) == 1


def handed_over(world: World, who: str) -> list[str]:
    return [text for text in heard(world, who) if "are on duty for" in text or "de turno para" in text]


@pytest.mark.parametrize("is_own", [False, True])
def test_whose_turn_begins_hears_what_is_open_but_of_what_the_same_phone_has_raised(world: World, is_own: bool) -> None:
    """What was taken on before rings no more; of one's own report nothing may come, least under duress (A3)."""
    incident = world.raises(people=[])
    now, later = turn_before_and_after(world)
    world.texts(PHONES[now], f"OK {code_in(heard(world, now)[0])}")
    if is_own:
        world.texts(PHONES[later], f"SOS {DURESS}")
    looks(world)

    world.passes(minutes=15)
    for _ in range(2):
        looks(world)
        world.passes(minutes=11)

    (told,) = handed_over(world, later)
    assert f"VALLEY {incident.ref}: " in told
    assert handed_over(world, now) == []


def test_a_turn_that_began_while_nobody_looked_is_not_announced(with_staff: World) -> None:
    """The turn has begun: a reminder would say what is no longer so. That of a turn to come is caught up."""
    with_staff.clock.at = datetime(2026, 11, 29, 13, 0, tzinfo=UTC)
    looks(with_staff)
    with_staff.clock.at = datetime(2026, 11, 30, 14, 30, tzinfo=UTC)
    looks(with_staff)
    assert reminders(with_staff, STAFF) == []

    with_staff.clock.at = datetime(2026, 12, 14, 13, 0, tzinfo=UTC)
    looks(with_staff)
    assert len(reminders(with_staff, STAFF)) == 1


def test_a_secret_address_leads_to_the_turns_of_one_person(with_staff: World) -> None:
    """In the format of RFC 5545, with what was arranged; the address before it leads nowhere any more."""
    network = with_staff.runtime.edition.network
    first, second = (with_staff.runtime.transact(open_calendar, "staff/ines", by="test") for _ in range(2))

    calendar = with_staff.client.get(f"/duty/{second}.ics")

    assert calendar.headers["content-type"].startswith("text/calendar")
    assert calendar.headers["cache-control"] == "no-store"
    lines = calendar.text.split("\r\n")
    assert (lines[0], lines[-2], lines[-1]) == ("BEGIN:VCALENDAR", "END:VCALENDAR", "")
    assert lines.count("BEGIN:VEVENT") == 13
    assert lines[lines.index("BEGIN:VEVENT") :][:6] == [
        "BEGIN:VEVENT",
        "UID:valley-coordinator-20261116T140000Z@alertnet",
        "DTSTAMP:20261118T120000Z",
        "DTSTART:20261116T140000Z",
        "DTEND:20261123T140000Z",
        "SUMMARY:VALLEY\\, coordinator",
    ]
    assert all(len(line.encode()) <= 75 for line in lines)
    assert PHONES["ana"] not in calendar.text
    assert with_staff.client.get(f"/duty/{first}.ics").status_code == 404
    everybody = with_staff.runtime.read(calendar_of, network, None)
    assert "SUMMARY:north/ana: VALLEY\\, coordinator" in everybody

    with_staff.runtime.transact(close_calendar, "staff/ines", by="test")
    assert with_staff.client.get(f"/duty/{second}.ics").status_code == 404
