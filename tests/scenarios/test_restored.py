"""The database was lost, and a backup of it is the database now (B7, A5, A7)."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from alertnet.channels.base import Outgoing
from alertnet.core.delivery.provider_routes import FIRST
from alertnet.core.directory.contact import MethodKind
from alertnet.core.monitoring.self_monitoring import FEWEST_LOST
from alertnet.flows.system.restored_backup import SentText, hold_back, remember
from alertnet.flows.unit.prefetch import CodePool
from alertnet.store.monitoring import heartbeats
from alertnet.store.queues import workers
from alertnet.worker.self_monitoring import beat
from alertnet.worker.startup_recovery import StartupRecovery, declare_restored
from tests.scenarios.conftest import Worlds
from tests.scenarios.record import reports, tries
from tests.scenarios.valley import a_tree
from tests.scenarios.world import CAST, DURESS, TRUE, Incident, World, code_in
from tests.support.timed_program import recover

OMBUDS = "+573005550120"
CONTACTS = f"""
  coordinator: {{role: coordinator, organisation: Valley, methods: [{{sms: "+573005550101"}}]}}
  second: {{role: coordinator, organisation: Valley, methods: [{{sms: "+573005550102"}}]}}
  ombuds: {{role: ombuds, organisation: Ombuds, methods: [{{sms: "{OMBUDS}"}}, {{call: "{OMBUDS}", after: 5m}}]}}
  desk: {{role: ngo, organisation: Head office, methods: [{{email: desk@valley.example}}]}}
"""
LEVELS = """
  - {name: Friends, notify: [ombuds], wait: 20m}
  - {name: Office, notify: [desk], wait: 20m}
"""

Restore = Callable[[], None]
BackUp = Callable[[], Restore]


@pytest.fixture
def valley(world_of: Worlds) -> World:
    return world_of(a_tree(LEVELS, CONTACTS))


@pytest.fixture
def backs_up(valley: World, tmp_path: Path) -> BackUp:
    """Copies the database as it is now; what it gives puts that copy in its place."""
    database = valley.runtime.engine.url.database
    assert database

    def copy(source: str, target: str) -> None:
        with closing(sqlite3.connect(source)) as there, closing(sqlite3.connect(target)) as here:
            there.backup(here)

    def back_up() -> Restore:
        backup = str(tmp_path / "backup.db")
        copy(database, backup)
        return lambda: copy(backup, database)

    return back_up


def declares(world: World, taken_at: datetime | None = None) -> list[str]:
    """Somebody says that the database was restored; the references that are named."""
    _, refs = declare_restored(world.runtime, taken_at, by="test")
    return list(refs)


def inbox(world: World, who: str) -> list[str]:
    return world.phone(who).inbox


def alerts(world: World, who: str) -> list[str]:
    return [text for text in inbox(world, who) if "URGENT" in text]


def warnings(world: World, who: str = "coordinator") -> list[str]:
    """What a coordinator was told of the backup: in each incident that goes on, and once besides."""
    return [text for text in inbox(world, who) if "answers since 2026-11-27 02:14 UTC may be lost" in text]


def stands(incident: Incident, contact: str = "ombuds", method: str = "sms") -> list[str]:
    return [attempt.status for attempt in tries(incident, contact, method)]


@pytest.mark.parametrize("ahead", [timedelta(), timedelta(hours=1)], ids=["in time", "by a clock that was ahead"])
def test_what_was_sent_since_the_backup_is_not_sent_again(valley: World, backs_up: BackUp, ahead: timedelta) -> None:
    """A5: what was queued then is found at the provider, with what became of it."""
    valley.clock.at += ahead
    incident = reports(valley)
    restore = backs_up()
    valley.clock.at -= ahead
    taken_at = valley.clock.at if ahead else None
    beat(valley.runtime, "a worker", lambda *_: None)
    valley.settles()
    valley.clock.at += timedelta(minutes=3)

    restore()
    declares(valley, taken_at)
    valley.passes(minutes=1)

    assert stands(incident) == ["delivered"]
    assert len(alerts(valley, "ombuds")) == 1
    assert "attempt_unknown" in incident.timeline()


@pytest.mark.parametrize("has_left", [False, True], ids=["queued", "handed over"])
def test_reports_that_came_to_the_lost_database_are_not_missed(valley: World, backs_up: BackUp, has_left: bool) -> None:
    """A5: what a backup can't know is no lost callback, and nobody is told that they don't arrive."""
    incidents = [reports(valley) for _ in range(FEWEST_LOST)]
    while has_left and valley.worker.step():
        pass
    restore = backs_up()
    valley.settles()
    valley.clock.at += timedelta(minutes=3)

    restore()
    declares(valley)
    valley.passes(minutes=3)

    assert [stands(incident) for incident in incidents] == [["delivered"]] * FEWEST_LOST
    assert valley.runtime.read(lambda tx: heartbeats.reports(heartbeats.read(tx.session)))[MethodKind.SMS].lost == 0


def test_what_never_left_is_sent_once_the_provider_was_asked_twice(valley: World, backs_up: BackUp) -> None:
    """A2, A5: the backup may as well have been taken a moment before the end."""
    incident = reports(valley)
    restore = backs_up()
    valley.clock.at += timedelta(minutes=3)

    restore()
    declares(valley)
    valley.settles()
    before = stands(incident)
    valley.passes(minutes=1)

    assert before == ["unknown"]
    assert stands(incident) == ["failed", "delivered"]
    assert len(alerts(valley, "ombuds")) == 1


def test_an_answer_since_the_backup_is_recovered_before_anything_goes_on(valley: World, backs_up: BackUp) -> None:
    """A4, A7: an acknowledged alarm does not climb on because its answer was lost with the database.

    Nor by an earlier text, which is read first.
    """
    incident = valley.raises()
    restore = backs_up()
    for words in ("PASS", "DONE"):
        valley.texts("ombuds", f"{words} {code_in(alerts(valley, 'ombuds')[0])}")
        valley.clock.at += timedelta(minutes=1)
    valley.clock.at += timedelta(hours=1)

    restore()
    declares(valley)
    valley.settles()
    valley.catches_up()
    valley.passes(minutes=30)

    assert incident.answers() == [("ombuds", "acknowledged", "sms")]
    assert incident.told("alert") == [("ombuds", "sms")]
    assert incident.timeline().count("level_opened") == 1
    assert valley.mailbox("desk@valley.example").mails == []


@pytest.mark.parametrize("behaviour", ["manual", "switched_off"])
def test_without_its_answers_an_escalation_goes_on_after_two_minutes(
    valley: World, backs_up: BackUp, behaviour: str
) -> None:
    """A2, A7: held back, also where the provider says that a message failed, and never given up.

    Then it goes on as after an outage.
    """
    valley.phone("ombuds").behaves(behaviour)
    incident = reports(valley)
    restore = backs_up()
    valley.settles()
    valley.clock.at += timedelta(hours=1)

    restore()
    declares(valley)
    valley.passes(seconds=119)
    before = incident.told("alert")
    valley.passes(seconds=1)

    assert {who for who, _ in before} == {"ombuds"}
    assert ("desk", "email") in incident.told("alert")


def test_the_coordinators_are_told_and_so_is_each_incident_that_goes_on(valley: World, backs_up: BackUp) -> None:
    """Answers by page or call can't be fetched again, nor incidents that were raised since: somebody must know."""
    done, open_ = valley.raises(), valley.raises()
    valley.texts("ombuds", f"OK {code_in(alerts(valley, 'ombuds')[0])}")
    restore = backs_up()
    valley.clock.at += timedelta(hours=1)
    restore()

    refs = declares(valley)
    valley.settles()

    assert refs == [open_.ref]
    assert (done.told("alarm"), sorted(open_.told("alarm"))) == (
        [],
        [("coordinator", "sms"), ("second", "sms")],
    )
    for who in ("coordinator", "second coordinator"):
        assert len(warnings(valley, who)) == 2


def test_saying_it_twice_is_harmless(valley: World, backs_up: BackUp) -> None:
    incident = reports(valley)
    restore = backs_up()
    valley.clock.at += timedelta(minutes=3)
    restore()

    assert declares(valley) == declares(valley) == [incident.ref]
    valley.passes(minutes=2)

    assert incident.timeline().count("alarm_raised") == 1
    assert len(alerts(valley, "ombuds")) == 1
    assert len(warnings(valley)) == 2


GOES_ON = pytest.mark.parametrize(
    "goes_on", [declares, lambda world: recover(world.runtime)], ids=["said", "at a start"]
)


@GOES_ON
def test_what_broke_off_goes_on_with_the_moment_of_the_backup(
    valley: World, backs_up: BackUp, goes_on: Callable[[World], object]
) -> None:
    """A5, A12: a death over the first step leaves nothing to be sent again, and nobody untold."""
    reports(valley)
    restore = backs_up()
    valley.settles()
    valley.clock.at += timedelta(minutes=3)
    restore()
    valley.runtime.transact(hold_back, None, "test", [])
    valley.clock.at += timedelta(minutes=1)

    goes_on(valley)
    valley.passes(minutes=3)

    assert len(warnings(valley)) == 2
    assert len(alerts(valley, "ombuds")) == 1


def test_an_old_backup_that_nobody_spoke_of_is_noticed(valley: World, backs_up: BackUp) -> None:
    """The provider has messages of ours that are younger than all that the database knows."""
    incident = reports(valley)
    restore = backs_up()
    valley.clock.at += timedelta(minutes=5)
    valley.settles()
    restore()

    recover(valley.runtime)
    valley.passes(minutes=1)

    assert stands(incident) == ["delivered"]
    assert len(alerts(valley, "ombuds")) == 1
    assert incident.told("alarm") != []


def test_workers_that_notice_it_together_say_it_once(valley: World, lost: str) -> None:
    """A5, A12: what the first has said and queued is no part of the backup for the second."""
    first, second = (StartupRecovery(valley.runtime).begin() for _ in range(2))

    for job in first.values():
        job()
    valley.clock.at += timedelta(seconds=1)
    valley.runtime.transact(workers.beat, "first")
    for job in second.values():
        job()
    valley.passes(minutes=2)

    assert len([text for text in inbox(valley, "coordinator") if lost in text]) == 2


def test_an_outage_is_no_old_backup(valley: World) -> None:
    """Whoever was away finds the provider no further than the database, and goes on at once."""
    incident = valley.raises()
    valley.clock.at += timedelta(hours=1)

    recover(valley.runtime)
    valley.settles()

    assert incident.told("alarm") == []
    assert ("desk", "email") in incident.told("alert")


def test_taking_another_program_for_an_old_backup_silences_nothing(valley: World) -> None:
    """A2: somebody else sends from our number: what waits leaves a little later, and there is one alarm too many."""
    incident = reports(valley)
    valley.clock.at += timedelta(minutes=10)
    channel = valley.runtime.outlets[MethodKind.SMS, FIRST].channel
    channel.send(Outgoing("", "", MethodKind.SMS, OMBUDS, valley.sandbox.number, "Your parcel has arrived"))

    recover(valley.runtime)
    valley.passes(minutes=2)

    assert incident.told("alarm") != []
    assert stands(incident)[-1] == "delivered"
    assert len(alerts(valley, "ombuds")) == 1


@pytest.fixture
def lost(valley: World, backs_up: BackUp) -> str:
    """The reference of an incident that was raised since the backup, told to the ombuds, and is lost."""
    valley.raises()
    valley.texts("ombuds", f"OK {code_in(alerts(valley, 'ombuds')[0])}")
    restore = backs_up()
    valley.clock.at += timedelta(minutes=3)
    incident = valley.raises()
    valley.settles()
    valley.clock.at += timedelta(minutes=3)
    restore()
    return incident.ref


@GOES_ON
def test_a_lost_incident_is_named_to_the_coordinators_with_those_who_were_told(
    valley: World, lost: str, goes_on: Callable[[World], object]
) -> None:
    """A12: the provider's books hold its reference, and the numbers that it went to, since the moment of the copy."""
    goes_on(valley)
    valley.settles()

    for who in ("coordinator", "second coordinator"):
        named = [text for text in inbox(valley, who) if lost in text]
        assert any(f"reports and answers since 2026-11-27 02:14 UTC may be lost: {lost}" in text for text in named)
        assert any(f"ALARM {lost}: the record is lost, told were: ombuds" in text for text in named)


def test_what_is_said_of_lost_incidents_is_said_once(valley: World, lost: str) -> None:
    declares(valley)
    declares(valley)
    valley.settles()

    assert len([text for text in inbox(valley, "coordinator") if lost in text]) == 2


def test_an_answer_to_a_lost_incident_reaches_people_and_has_a_reply(valley: World, lost: str) -> None:
    """A12: it answers nothing that the database knows, and is not dropped."""
    (code,) = (code_in(text) for text in inbox(valley, "ombuds") if lost in text)
    declares(valley)

    first, again = (valley.texts("ombuds", f"OK {code}") for _ in range(2))

    for reply in (first, again):
        assert reply is not None
        assert lost in reply
        assert "coordinator" in reply
    told = [text for text in inbox(valley, "coordinator") if "ombuds answered; its record is lost" in text]
    assert len([text for text in told if f"ALARM {lost}" in text]) == 1

    valley.gives_pins("valley/ombuds")
    assert [valley.texts("ombuds", f"OK {code} {pin}") for pin in (TRUE, DURESS)] == [again, again]
    valley.passes(minutes=11)
    assert len([text for text in inbox(valley, "second coordinator") if "before you call anybody" in text]) == 1


def test_a_code_of_a_lost_incident_is_given_to_no_other(valley: World, lost: str) -> None:
    """A6: whoever answers the lost one by its code must not be taken to answer another."""
    (code,) = (code_in(text) for text in inbox(valley, "ombuds") if lost in text)
    declares(valley)

    held = valley.runtime.transact(lambda tx: CodePool(tx, 1).holds([*tx.vault.indexes(OMBUDS)], code))
    elsewhere = valley.runtime.transact(lambda tx: CodePool(tx, 1).holds([*tx.vault.indexes("+573005550199")], code))
    incident = valley.raises()
    valley.settles()
    valley.texts("ombuds", f"OK {code}")

    assert (held, elsewhere) == (True, False)
    assert incident.answers() == []


def test_a_lost_code_of_an_incident_that_is_known_reaches_its_coordinators_too(valley: World, backs_up: BackUp) -> None:
    """What was told since the backup of an incident that is in it."""
    incident = reports(valley)
    restore = backs_up()
    valley.settles()
    code = code_in(alerts(valley, "ombuds")[0])
    valley.clock.at += timedelta(minutes=3)
    restore()
    declares(valley)
    valley.passes(minutes=1)

    valley.texts("ombuds", f"OK {code}")

    assert incident.answers() == [("ombuds", "acknowledged", "sms")]


def test_what_the_provider_has_sent_is_kept_and_heard_on_either_database(either_world: World) -> None:
    """A12: by SMS; once, however often it is read."""
    world, number = either_world, CAST["ombuds"]
    sent = [SentText(number, f"PBI URGENT B-HKW6: arrest. Answer 4711 or NO 4711. https://a.example/a/{'X' * 16}")]

    told = [world.runtime.transact(remember, world.runtime.edition, sent) for _ in range(2)]
    reply = world.reply_to("ombuds", "OK 4711")

    assert told == [{"B-HKW6": ("ombuds",)}] * 2
    assert world.runtime.transact(lambda tx: CodePool(tx, 1).holds([*tx.vault.indexes(number)], "4711"))
    assert "B-HKW6" in reply
