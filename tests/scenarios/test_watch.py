"""The watch on ourselves: while all is well the heartbeat is heard; else it stops, and the coordinators hear why."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from datetime import timedelta
from functools import partial
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import delete, insert, select, update

from alertnet.core.incident import Facts, Scope, Severity
from alertnet.flows.incidents.drills import plan_drill
from alertnet.runtime.http_ping import ping
from alertnet.runtime.wiring import wire
from alertnet.sandbox import Fault, Sandbox
from alertnet.sandbox.telephony.handset import Call
from alertnet.store.db.tx import Tx
from alertnet.store.monitoring import heartbeats
from alertnet.store.queues import workers as worker_store
from alertnet.store.records.checkpoints import read_head
from alertnet.store.records.incidents import id_of
from alertnet.store.tables import escalations, inbound, notifications, timeline
from alertnet.store.views.audit import Break, verify
from alertnet.store.views.timeline_view import heads
from alertnet.worker.self_monitoring import beat
from tests.scenarios.conftest import Worlds
from tests.scenarios.outside import DeadMan, Front, Night, Place, a_place
from tests.scenarios.valley import COORDINATION, FIELD, a_tree
from tests.scenarios.world import World

CONTACTS = """
  coordinator:
    role: coordinator
    organisation: Valley
    methods: [{sms: "+573005550101"}, {call: "+573005550102", after: 3m}, {email: "duty@valley.example", after: 5m}]
  desk: {role: ngo, organisation: Head office, methods: [{sms: "+32470550101"}]}
"""
DUTY = "duty@valley.example"
MINUTE = timedelta(minutes=1)
NOBODY = {"exclude": ["coordinator", "desk"], "consent": "internal"}


@pytest.fixture
def places() -> Iterator[Callable[[], Place]]:
    """Makes places on this machine."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(a_place())


@pytest.fixture
def night_of(places: Callable[[], Place], mail_server: Sandbox) -> Callable[..., Night]:
    """Makes a night by what makes its world."""

    def make(world_of: Worlds, *where: str, **settings: str) -> Night:
        dead_man, front = DeadMan(places()), Front(places())
        world = world_of(
            *where,
            ALERTNET_PUBLIC_URL=front.place.url,
            ALERTNET_HEARTBEAT_URL=f"{dead_man.place.url}/ping/5f1c?source=alertnet&head={{head}}",
            ALERTNET_SMTP_URL=mail_server.smtp_url,
            **settings,
        )
        night = Night(world, dead_man, front)
        night.beats()
        return night

    return make


@pytest.fixture
def night(night_of: Callable[..., Night], world_of: Worlds) -> Night:
    """A quiet one, a minute in."""
    night = night_of(world_of, a_tree(COORDINATION, CONTACTS))
    night.passes(seconds=60)
    return night


def alarms(world: World) -> list[tuple[str, str]]:
    """(method, subject) of each alarm and notice about ourselves, in the order in which they were written."""
    query = select(notifications).where(notifications.c.incident_id.is_(None)).order_by(notifications.c.planned_at)
    rows = world.runtime.read(lambda tx: tx.session.execute(query).all())
    return [each for _, each in sorted((row.planned_at, (row.method, row.said.get("subject"))) for row in rows)]


def first_call_that_asks_nothing(night: Night, number: str) -> Call:
    """Picks up whatever rings there until one call has nothing to be keyed."""
    phone = night.world.phone(number)
    for _ in range(30):
        night.passes(seconds=5)
        call = phone.answers() if phone.ringing else None
        if call is not None and not call.waits_for_keys:
            return call
        if call is not None:
            call.hang_up()
    raise AssertionError("it never rang")


def readiness(world: World) -> dict[str, object]:
    found: dict[str, object] = world.client.get("/readyz").json()
    return found


def cause_of(fault: Fault) -> str:
    """How `/readyz` names it."""
    return {Fault.WRONG_TOKEN: "token", Fault.SUSPENDED: "balance", Fault.FORBIDDEN: "permission"}[fault]


def test_the_heartbeat_is_heard_each_minute_while_all_is_well(night: Night) -> None:
    """Also over an incident that runs as it should."""
    night.world.raises()

    night.passes(minutes=9)

    pings = night.dead_man.pings
    assert len(pings) >= 9
    assert {later - earlier for earlier, later in pairwise(pings)} == {MINUTE}
    assert alarms(night.world) == []


def test_the_test_of_the_inbound_path_leaves_nothing_behind(night: Night) -> None:
    """It is no text of anybody."""
    runtime = night.world.runtime

    assert heartbeats.INBOUND in runtime.read(lambda tx: heartbeats.read(tx.session))
    assert runtime.read(lambda tx: tx.session.execute(select(inbound)).all()) == []


def test_the_heartbeat_carries_the_head_of_the_record(night: Night) -> None:
    """A10: whoever waits for it outside keeps what the database is held to, a minute at a time."""
    incident = night.world.raises()
    night.passes(seconds=120)
    runtime = night.world.runtime

    def verified(head: str) -> list[Break]:
        return runtime.read(lambda tx: verify(tx.session, read_head(tx.session, head)))

    before = verified(night.dead_man.heads[-1])
    chain = runtime.read(id_of, incident.ref)
    last = runtime.read(lambda tx: heads(tx.session, [chain]))[chain]
    tail = (timeline.c.chain == chain) & (timeline.c.seq == last)
    kept = runtime.read(lambda tx: tx.session.execute(select(timeline).where(tail)).one())
    runtime.transact(lambda tx: tx.session.execute(delete(timeline).where(tail)))
    after = verified(night.dead_man.heads[-1])
    runtime.transact(lambda tx: tx.session.execute(insert(timeline).values(kept._asdict())))

    assert len(night.dead_man.heads) == len(night.dead_man.pings)
    assert before == []
    assert after == [Break(chain, last, f"entries {last} to {last} are missing")]


def test_when_the_provider_is_silent_the_heartbeat_stops_and_the_mailbox_rings(
    night: Night, mail_server: Sandbox
) -> None:
    """By another channel than the broken one, once for each trouble; when it is back, the heartbeat goes on.

    A notice follows once when a trouble has been over for five minutes; a minute's peace is none.
    """
    night.world.sandbox.stop()
    night.world.raises()

    night.passes(minutes=4)

    assert night.silence >= 3 * MINUTE
    told = "".join(mail.text for mail in mail_server.mailbox(DUTY).mails)
    assert (told.count("SMS can't be sent"), told.count("calls can't be placed")) == (1, 1)
    assert alarms(night.world) == [("email", "calls_fail"), ("email", "sms_fails")]

    night.world.sandbox.start()
    night.passes(minutes=3)
    beating, quiet = night.silence, alarms(night.world)[2:]
    night.passes(minutes=15)

    assert (beating <= MINUTE, quiet) == (True, [])
    assert alarms(night.world)[2:] == [("sms", "calls_work"), ("sms", "sms_works")]


def test_when_only_sms_fail_the_other_phone_rings(night: Night) -> None:
    """It says what is the matter to whoever picks up, and asks for nothing."""
    night.world.sandbox.misbehaves(Fault.ERROR_429, times=99, number="+573005550101")
    night.world.raises()

    call = first_call_that_asks_nothing(night, "+573005550102")

    assert call.words.count("SMS can't be sent") == 2
    assert not call.waits_for_keys
    call.hang_up()
    night.passes(seconds=5)
    assert call.status == "completed"


def test_when_reports_get_lost_the_heartbeat_stops_and_the_coordinators_hear(night: Night) -> None:
    """Three in a row that had to be asked for."""
    night.world.sandbox.misbehaves(Fault.CALL_BACK_NEVER, times=99)
    for _ in range(3):
        night.world.raises(type="surveillance")

    night.passes(minutes=4)

    assert night.silence >= MINUTE
    assert {subject for _, subject in alarms(night.world)} == {"reports_lost"}
    night.world.sandbox.recovers()
    night.world.raises(type="surveillance")
    night.passes(minutes=2)
    assert night.silence <= MINUTE


@pytest.mark.parametrize(
    ("fault", "cause"),
    [
        (Fault.WRONG_TOKEN, "the provider refuses our token or password"),
        pytest.param(Fault.SUSPENDED, "no balance, or our account is suspended", marks=pytest.mark.long),
        pytest.param(Fault.FORBIDDEN, "our account has no permission to send", marks=pytest.mark.long),
    ],
)
def test_when_our_account_is_refused_the_coordinators_hear_why_by_another_way(
    night: Night, mail_server: Sandbox, fault: Fault, cause: str
) -> None:
    """B3: an alarm with the cause in words, by a way that works, while the heartbeat stops."""
    for method in ("POST", "GET"):
        night.world.sandbox.misbehaves(fault, times=10**6, method=method)
    night.world.raises()

    night.passes(minutes=2)

    told = "".join(mail.text for mail in mail_server.mailbox(DUTY).mails)
    assert (told.count(f"SMS can't be sent: {cause}"), told.count(f"calls can't be placed: {cause}")) == (1, 1)
    assert {each["fault"] for each in night.world.client.get("/readyz").json()["away"]} == {cause_of(fault)}
    assert night.silence >= MINUTE


def test_when_our_account_may_not_send_the_heartbeat_stops_and_the_other_phone_rings(
    night_of: Callable[..., Night], world_of: Worlds
) -> None:
    """A provider that answers, and takes nothing from us: here the number is not ours any more."""
    night = night_of(world_of, a_tree(COORDINATION, CONTACTS), ALERTNET_TWILIO_FROM="+15005550007")
    for _ in range(3):
        night.passes(seconds=10)
        night.world.raises(type="surveillance")

    night.passes(seconds=80)

    assert night.silence >= MINUTE
    assert alarms(night.world) == [("call", "sms_fails"), ("email", "sms_fails")]


def test_when_nothing_comes_in_the_heartbeat_stops_and_the_coordinators_hear(night: Night) -> None:
    """Through the front, the signature, and into the database; A10: it is on the system's own chain."""
    night.front.is_up = False

    night.passes(minutes=5)

    assert night.silence >= 2 * MINUTE
    assert alarms(night.world) == [(method, "inbound_silent") for method in ("call", "email", "sms")]
    assert "trouble_began" in night.world.runtime.read(_kinds_of_the_system)
    night.front.is_up = True
    night.passes(minutes=7)
    assert night.silence <= MINUTE
    assert alarms(night.world)[3:] == [("sms", "inbound_works")]


def test_a_test_with_a_wrong_signature_counts_for_nothing(night: Night) -> None:
    """Nobody else can keep the heartbeat going."""
    before = night.world.runtime.read(lambda tx: heartbeats.read(tx.session)[heartbeats.INBOUND])
    night.world.clock.at += MINUTE

    ping(f"{night.front.place.url}/twilio/sms", {"MessageSid": "alertnet-self-test"}, {"X-Twilio-Signature": "none"})

    assert night.world.runtime.read(lambda tx: heartbeats.read(tx.session)[heartbeats.INBOUND]) == before


def plans_a_drill(world: World) -> None:
    """Of which its coordinators are to be told in a minute."""
    facts, at = (
        Facts("arrest", Severity.CRITICAL, "CO", Scope.INTERNATIONAL),
        world.clock.at + timedelta(days=1, minutes=1),
    )
    world.runtime.transact(plan_drill, world.runtime.edition, facts, at, None, by="office")


@pytest.mark.parametrize("brings", [World.raises, plans_a_drill])
def test_when_rows_are_late_the_heartbeat_stops_and_the_coordinators_hear(
    night: Night, brings: Callable[[World], object]
) -> None:
    """A worker that is alive, and does nothing; before that there was nothing to do."""
    night.passes(minutes=5, working=False)
    before = (night.silence < MINUTE, alarms(night.world))
    brings(night.world)

    night.passes(minutes=5, working=False)

    assert before == (True, [])
    assert night.silence >= MINUTE
    assert ("sms", "late") in alarms(night.world)


def test_a_row_that_fails_again_and_again_is_late(night: Night) -> None:
    """A11: it is put off so that it holds up no other, which must not hide it."""
    night.world.raises()
    spoil = update(escalations).values(state={"no": "state"})
    night.world.runtime.transact(lambda tx: tx.session.execute(spoil))

    night.passes(minutes=14)

    assert ("sms", "late") in alarms(night.world)
    assert night.silence >= MINUTE


def test_an_incident_that_nobody_may_hear_of_stops_the_heartbeat_alone(night: Night) -> None:
    """A2, A3: consent wins, also over our own alarms."""
    night.world.raises(people=[], **NOBODY)

    night.passes(minutes=3)

    assert readiness(night.world)["unheard"] != []
    assert night.silence >= 2 * MINUTE
    assert alarms(night.world) == []


def test_after_a_standstill_the_coordinators_hear_how_long_it_was(night: Night) -> None:
    """The database was away, or the machine; what was overdue is not told of as late besides."""
    night.world.raises()
    night.world.clock.at += timedelta(minutes=25)

    night.passes(minutes=3)

    assert alarms(night.world) == [(method, "stood_still") for method in ("call", "email", "sms")]
    assert any("nothing was sent for 25 min" in text for text in night.world.phone("coordinator").inbox)
    assert night.silence <= MINUTE


def test_a_stop_in_good_order_is_no_standstill(night: Night) -> None:
    """Whoever upgrades has nobody woken."""
    night.world.runtime.transact(worker_store.leave, "a worker")
    night.world.clock.at += timedelta(minutes=25)
    night.passes(minutes=2)
    upgraded = alarms(night.world)

    night.world.clock.at += timedelta(minutes=25)
    night.passes(minutes=2)

    assert upgraded == []
    assert ("sms", "stood_still") in alarms(night.world)


def test_a_redirect_is_not_followed(night: Night, places: Callable[[], Place]) -> None:
    """A request of ours goes where the operator has said, and nowhere else."""
    elsewhere = DeadMan(places())
    night.dead_man.redirect = elsewhere.place.url
    before = night.world.runtime.read(lambda tx: heartbeats.read(tx.session)[heartbeats.HEARTBEAT])

    night.passes(minutes=2)

    assert elsewhere.pings == []
    assert night.world.runtime.read(lambda tx: heartbeats.read(tx.session)[heartbeats.HEARTBEAT]) == before


@pytest.mark.postgres
def test_when_a_worker_dies_another_raises_the_alarm_once(
    night_of: Callable[..., Night], world_on: Worlds, postgres: str, tmp_path: Path
) -> None:
    """Whichever of them looks first; the heartbeat goes on, for the rest are on time."""
    folder = tmp_path / "contact_trees"
    folder.mkdir()
    (folder / "valley.yaml").write_text(a_tree(COORDINATION, CONTACTS))
    (folder / "teams.yaml").write_text(FIELD)
    night = night_of(lambda **settings: world_on(postgres, folder, **settings))
    runtime = night.world.runtime
    with ExitStack() as stack:
        others = [
            stack.enter_context(
                closing(wire(runtime.settings, runtime.network, runtime.templates, clock=night.world.clock))
            )
            for _ in range(2)
        ]
        night.watches += [partial(beat, other, f"worker {number}", ping) for number, other in enumerate(others)]
        night.passes(seconds=80)
        quiet = alarms(night.world)

        dead = night.watches.pop(0)
        night.passes(seconds=45)
        told = alarms(night.world)
        night.watches.append(partial(beat, runtime, "its successor", ping))
        night.passes(seconds=340)

    assert dead is not None
    assert quiet == []
    assert told == [(method, "worker_gone") for method in ("call", "email", "sms")]
    assert alarms(night.world)[3:] == [("sms", "workers_back")]
    assert night.silence <= MINUTE


def _kinds_of_the_system(tx: Tx) -> list[str]:
    query = select(timeline.c.kind).where(timeline.c.chain == "system").order_by(timeline.c.seq)
    return list(tx.session.scalars(query))
