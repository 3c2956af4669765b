"""An office that is closed, a coordinator who sleeps: who is told instead, and what waits until the morning (B1)."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from alertnet.sandbox.telephony.faults import Fault
from alertnet.worker.self_monitoring import beat
from tests.scenarios import valley
from tests.scenarios.conftest import Worlds
from tests.scenarios.valley import COORDINATION, a_tree
from tests.scenarios.world import DURESS, Incident, World, code_in
from tests.support.rows import in_long

DUTY = "+573005550199"
OFFICE = "+573005550120"
CONTACTS = f"""
  coordinator: {{role: coordinator, organisation: Valley, methods: [{{sms: "+573005550101"}}]}}
  desk: {{role: ngo, organisation: Head office, methods: [{{sms: "+32470550101"}}]}}
  embassy:
    role: embassy
    organisation: Embassy
    hours: "Mo-Fr 08:30-16:30"
    holidays: [CO, ES]
    methods: [{{sms: "{OFFICE}"}}, {{email: office@embassy.example}}, {{call: "{OFFICE}", after: 10m}}]
    when_closed: [{{sms: "{DUTY}", acknowledges_as: relay}}, {{call: "{DUTY}", after: 2m, acknowledges_as: relay}}]
"""
EMBASSY = "  - {name: Embassy, notify: [embassy], wait: 30m, repeat: {every: 20m, times: 1}}\n"


def bogota(day: int, hour: int, minute: int = 0, second: int = 0, *, month: int = 11) -> datetime:
    """That moment of the clocks in Bogotá."""
    return datetime(2026, month, day, hour, minute, second, tzinfo=ZoneInfo("America/Bogota")).astimezone(UTC)


def raised_at(world: World, moment: datetime, **body: object) -> Incident:
    """An arrest, reported at that moment."""
    world.clock.at = moment
    return world.raises(people=[], **body)


@pytest.fixture
def embassy(world_of: Worlds) -> World:
    """The embassy is the first to hear."""
    return world_of(a_tree(EMBASSY, CONTACTS))


def test_during_its_hours_the_office_alone_is_told(embassy: World) -> None:
    incident = raised_at(embassy, bogota(24, 10))
    embassy.passes(minutes=11)
    assert sorted(incident.told()) == [("embassy", "call"), ("embassy", "email"), ("embassy", "sms")]
    assert embassy.phone(DUTY).inbox == []


@pytest.mark.parametrize(
    "moment",
    [bogota(24, 3), in_long(bogota(28, 12)), bogota(8, 10, month=12), in_long(bogota(12, 10, month=10))],
    ids=["at night", "on Saturday", "on a Colombian holiday", "on a holiday of both"],
)
def test_while_it_is_closed_mail_and_the_duty_phone_are_told(embassy: World, moment: datetime) -> None:
    """B1: `when_closed` instead of sms and call, never of mail."""
    incident = raised_at(embassy, moment)
    embassy.passes(minutes=11)
    assert sorted(incident.told()) == [("embassy", "call"), ("embassy", "email"), ("embassy", "sms")]
    assert len(embassy.phone(DUTY).inbox) == 1
    assert embassy.phone(OFFICE).inbox == []
    assert "contact_closed" in incident.timeline()


def test_the_duty_phone_hears_its_new_code_once_after_five_wrong_ones(embassy: World) -> None:
    """B9: in the reply alone; whatever else the office reads has it too, lest somebody guessed with a forged number."""
    raised_at(embassy, bogota(24, 3))
    before = list(embassy.phone(DUTY).inbox)
    code = code_in(before[0])
    wrong = [f"{number}" for number in range(3000, 3006) if f"{number}" != code][:5]

    replies = [embassy.texts(DUTY, each) for each in wrong]

    fresh = code_in(replies[-1] or "")
    assert fresh != code
    assert [text for text in embassy.phone(DUTY).inbox if fresh in text] == [replies[-1]]
    assert fresh in str(embassy.mailbox("office@embassy.example").mails[-1])


def test_the_duty_phone_can_only_pass_it_on(embassy: World) -> None:
    """B3: relays never count, and end only what goes to the number that relayed."""
    incident = raised_at(embassy, bogota(24, 3))
    embassy.texts(DUTY, f"OK {code_in(embassy.phone(DUTY).inbox[0])}")
    embassy.passes(minutes=25)
    assert incident.answers() == [("embassy", "relayed", "sms")]
    assert incident.status("valley") == "running"
    assert incident.told("reminder") == []


def test_an_office_that_closes_between_two_methods_is_not_called(embassy: World) -> None:
    """B3: judged at each send."""
    incident = raised_at(embassy, bogota(24, 16, 25))
    embassy.passes(minutes=4)
    assert len(embassy.phone(OFFICE).inbox) == 1
    embassy.passes(minutes=7)
    assert sorted(method for _, method in incident.told()) == ["call", "email", "sms", "sms"]
    assert [len(embassy.phone(each).inbox) for each in (OFFICE, DUTY)] == [1, 1]


def test_an_office_that_closes_before_a_waiting_message_can_leave_is_left_in_peace(embassy: World) -> None:
    """B1: between planning and sending, too; the duty phone is told at once, and nobody hears twice."""
    embassy.clock.at = bogota(24, 16, 29, 59)
    embassy.sandbox.misbehaves(Fault.ERROR_429, number=OFFICE)
    incident = embassy.raises(people=[])
    embassy.passes(minutes=1)
    assert embassy.phone(OFFICE).inbox == []
    assert len(embassy.phone(DUTY).inbox) == 1
    assert "contact_closed" in incident.timeline()
    assert [each["status"] for each in incident["notifications"] if each["method"] == "sms"] == [
        "cancelled",
        "delivered",
    ]


def test_who_answered_while_closed_is_confirmed_at_the_duty_phone_as_well(embassy: World) -> None:
    raised_at(embassy, bogota(24, 3))
    embassy.texts(DUTY, f"NO {code_in(embassy.phone(DUTY).inbox[0])}")
    assert len(embassy.phone(OFFICE).inbox) == 1


SLEEPER = """
  coordinator:
    role: coordinator
    organisation: Valley
    quiet: {moderate: "22:00-07:00"}
    methods: [{sms: "+573005550101"}, {call: "+573005550101", after: 3m}]
  desk: {role: ngo, organisation: Head office, methods: [{sms: "+32470550101"}]}
"""


@pytest.fixture
def asleep(world_of: Worlds) -> World:
    """A coordinator whom moderate incidents do not wake."""
    return world_of(a_tree(COORDINATION, SLEEPER))


def test_a_moderate_alert_waits_for_the_morning(asleep: World) -> None:
    """B1 quiet, by the contact's own clock."""
    raised_at(asleep, bogota(23, 23), type="threat")
    asleep.passes(hours=7, minutes=59)
    assert asleep.phone("coordinator").inbox == []
    asleep.passes(minutes=1)
    assert len(asleep.phone("coordinator").inbox) == 1


@pytest.mark.parametrize("is_answered", [False, True])
def test_who_was_spared_at_night_is_told_in_the_morning_though_the_tree_has_ended(
    world_of: Worlds, *, is_answered: bool
) -> None:
    """B1: quiet hours put a message off, and leave it out only where its level needs nobody any more."""
    ombuds = valley.CONTACTS.replace("Ombuds office,", "Ombuds office, quiet: {moderate: '22:00-07:00'},")
    level = "  - {name: Friends, notify: [defenders, ombuds], wait: 10m}\n"
    world = world_of(a_tree(level, ombuds, rest="rounds: 2"))
    incident = raised_at(world, bogota(24, 6, 30), type="threat")
    if is_answered:
        world.texts("defenders", code_in(world.phone("defenders").inbox[0]))

    world.passes(minutes=29)
    assert world.phone("ombuds").inbox == []
    world.passes(minutes=1)

    assert len(world.phone("ombuds").inbox) == (0 if is_answered else 1)
    assert incident.status("valley") == ("acknowledged" if is_answered else "unanswered")


@pytest.mark.parametrize("rounds", [1, pytest.param(3, marks=pytest.mark.long)])
def test_who_was_spared_at_night_is_told_as_soon_as_it_is_critical_though_the_tree_has_ended(
    world_of: Worlds, rounds: int
) -> None:
    """A8: higher severity applies at once; else the graver it is, the less such a contact hears."""
    ombuds = valley.CONTACTS.replace("Ombuds office,", "Ombuds office, quiet: {moderate: '22:00-07:00'},")
    level = "  - {name: Friends, notify: [defenders, ombuds], wait: 10m}\n"
    world = world_of(a_tree(level, ombuds, rest=f"rounds: {rounds}"))
    incident = raised_at(world, bogota(24, 6), type="threat")
    world.passes(minutes=35)
    assert world.phone("ombuds").inbox == []

    incident.act("updates", text="they are inside", severity="critical")

    assert len(world.phone("ombuds").inbox) == 1
    world.passes(minutes=26)
    assert len(world.phone("ombuds").inbox) == 1


def test_a_critical_one_does_not(asleep: World) -> None:
    raised_at(asleep, bogota(23, 23), type="arrest")
    assert len(asleep.phone("coordinator").inbox) == 1


def test_an_alarm_rings_in_quiet_hours_too(asleep: World) -> None:
    """Words: an alarm is SMS and call, at any hour."""
    incident = raised_at(asleep, bogota(24, 21, 55), type="threat")
    asleep.passes(minutes=30)
    assert incident.status("valley") == "unanswered"
    assert ("coordinator", "call") in incident.told("alarm")
    assert len(asleep.phone("coordinator").inbox) > 2


def test_a_notice_waits_until_quiet_hours_are_over(asleep: World) -> None:
    """Words: a notice is one SMS or mail that respects quiet hours, also if the clock is put back meanwhile."""
    incident = raised_at(asleep, bogota(24, 21, 55), type="threat")
    asleep.passes(minutes=11)
    asleep.texts("coordinator", f"OK {code_in(asleep.phone('coordinator').inbox[0])}")
    heard = len(asleep.phone("coordinator").inbox)
    incident.act("acknowledgements", tree="valley", contact="desk", kind="acknowledged", expect=201)
    assert incident.told("notice") == [("coordinator", "sms")]
    asleep.clock.at -= timedelta(minutes=5)
    beat(asleep.runtime, "a worker", lambda *_: None)
    asleep.passes(seconds=30)
    assert len(asleep.phone("coordinator").inbox) == heard
    asleep.passes(hours=9)
    assert len(asleep.phone("coordinator").inbox) == heard + 1


def test_that_somebody_is_forced_is_told_in_quiet_hours_too(asleep: World) -> None:
    """B4: by the morning whoever stands beside them has had the night."""
    asleep.gives_pins("valley/desk")
    raised_at(asleep, bogota(24, 21, 55), type="threat")
    asleep.passes(minutes=30)

    asleep.texts("head office", f"NO {code_in(asleep.phone('head office').inbox[0])} {DURESS}")
    asleep.passes(minutes=11)

    assert sum("before you call anybody" in text for text in asleep.phone("coordinator").inbox) == 1
