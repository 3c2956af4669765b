"""What the provider reports as failed brings the next way at once; whoever can't be reached delays nobody."""

from pathlib import Path
from shutil import copytree

import pytest
from sqlalchemy import select, text, update

from alertnet.sandbox import MailFault
from alertnet.store.records.timeline import SYSTEM
from alertnet.store.tables import escalations, incidents, timeline
from tests.scenarios.conftest import Worlds
from tests.scenarios.record import planned, reports, tries
from tests.scenarios.valley import CONTACTS, COORDINATION, OFFICES, a_tree, calling_offices
from tests.scenarios.world import REPOSITORY, TRUE, Incident, World, code_in, link_in
from tests.support.rows import in_long

SEVERAL_METHODS = {
    "sms": "+573005550120",
    "email": "alertas@defensoria.example",
    "call": "+576015550120",
}
"""The ombuds: an SMS and a mail when its level opens, ten minutes after the alarm; a call five minutes later."""

FRIENDS = "  - {name: Friends, notify: [defenders], wait: 10m}\n"
SYSTEM_KINDS = select(timeline.c.kind).where(timeline.c.chain == SYSTEM)


def refuses_everything(world: World) -> None:
    """Nobody in any tree can be reached."""
    for tree in world.runtime.network.trees.values():
        for contact in tree.contacts.values():
            for method in contact.methods:
                if "@" in method.address:
                    world.mailbox(method.address).misbehaves(MailFault.REFUSED, 100)
                else:
                    world.phone(method.address).behaves("invalid")


def failures(incident: Incident, contact: str, method: str) -> list[str | None]:
    """Our word for how each attempt failed."""
    return [row.failure for row in tries(incident, contact, method)]


@pytest.mark.parametrize(
    ("behaviour", "failure"),
    [("switched_off", "undelivered"), in_long("invalid", "invalid"), in_long("opted_out", "opted_out")],
)
def test_an_sms_that_fails_brings_the_next_method_at_once(world: World, behaviour: str, failure: str) -> None:
    """B3, hand-over: undelivered, no such number, opted out."""
    world.phone(SEVERAL_METHODS["sms"]).behaves(behaviour)
    incident = world.raises()

    world.passes(minutes=10)

    assert failures(incident, "ombuds", "sms") == [failure]
    assert planned(incident, "ombuds") == [("ombuds", "call", 10), ("ombuds", "email", 10), ("ombuds", "sms", 10)]
    assert world.phone(SEVERAL_METHODS["call"]).ringing is not None


def test_a_mail_that_bounces_brings_the_next_method_at_once(world: World) -> None:
    """B3, hand-over: bounce; `550 5.1.1` says that there is no such mailbox."""
    world.mailbox(SEVERAL_METHODS["email"]).misbehaves(MailFault.REFUSED)
    incident = world.raises()

    world.passes(minutes=10)

    assert failures(incident, "ombuds", "email") == ["invalid"]
    assert ("ombuds", "call", 10) in planned(incident, "ombuds")


def test_a_call_that_fails_brings_the_next_method_at_once(world_of: Worlds) -> None:
    """B3, hand-over, and A6: whoever picked up, a call that ended without its code has failed."""
    world = world_of(calling_offices())
    for office, number in OFFICES.items():
        world.phone(number).behaves(office.replace("-", "_"))
    incident = world.raises()

    world.passes(minutes=1)

    failed = {"busy": "busy", "manual": "no_answer", "voicemail": "no_code", "wrong-person": "wrong_person"}
    for office, failure in failed.items():
        assert failures(incident, office, "call")[0] == failure
        rang = 0.5 if office == "manual" else 0
        assert planned(incident, office) == [(office, "call", 0), (office, "sms", rang)]
    assert incident["acknowledgements"] == []


def test_later_methods_keep_their_times(world: World) -> None:
    """B3, hand-over: only the next method comes forward."""
    world.phone("coordinator").behaves("opted_out")
    incident = world.raises()
    world.phone("coordinator").answers()

    world.passes(minutes=3)

    assert planned(incident, "coordinator") == [
        ("coordinator", "call", 0),
        ("coordinator", "sms", 0),
        ("coordinator", "email", 3),
    ]


def test_a_number_that_is_bad_is_not_used_again(world: World) -> None:
    """B3: repeats never use a number that is invalid or opted out; others they do, once the phone has rested (B9)."""
    world.phone("coordinator").behaves("opted_out")
    incident = world.raises()

    world.passes(minutes=9)

    assert planned(incident, "coordinator", kinds=["reminder"]) == [("coordinator", "call", 3)]
    rung = len(world.phone("coordinator").calls)
    assert len(world.waits_for_ringing("coordinator", minutes=4).calls) == rung + 1


@pytest.mark.parametrize(("word", "comes"), [("START", 1), ("Who is it?", 0)])
def test_whoever_lets_our_sms_through_again_has_the_alert_at_once(world: World, word: str, comes: int) -> None:
    """B3, B4: the page of a STOP says so: ask for a text START."""
    world.phone("coordinator").behaves("opted_out")
    world.raises()
    world.phone("coordinator").behaves("manual")

    world.texts("coordinator", word)

    assert sum("URGENT" in text for text in world.phone("coordinator").inbox) == comes


def test_when_all_methods_have_failed_the_deputy_is_told_at_once(world: World) -> None:
    """B3, hand-over: not after half of the wait, but now."""
    world.phone("coordinator").behaves("invalid")
    world.mailbox("duty@pbi-colombia.example").misbehaves(MailFault.REFUSED)

    incident = world.raises()

    assert [each[:2] for each in planned(incident, "coordinator")] == [
        ("coordinator", "call"),
        ("coordinator", "email"),
        ("coordinator", "sms"),
    ]
    assert planned(incident, "coordinator-2") == [("coordinator-2", "sms", 0)]
    assert len(world.phone("second coordinator").inbox) == 1


def test_when_nobody_can_be_reached_the_level_gives_way_at_once(world: World) -> None:
    """B3: the next level opens now."""
    for who in ("coordinator", "second coordinator"):
        world.phone(who).behaves("invalid")
    world.mailbox("duty@pbi-colombia.example").misbehaves(MailFault.REFUSED)

    incident = world.raises()

    assert incident.level("colombia") == "Ombudsman and defenders"
    assert planned(incident, "defenders-network") == [("defenders-network", "sms", 0)]
    assert "level_gave_way" in incident.timeline()


def test_when_nobody_at_all_can_be_reached_the_alarm_goes_on(world_of: Worlds) -> None:
    """A2: the end of every tree is unanswered, never silence; the coordinators' alarm repeats every ten minutes."""
    world = world_of(*(a_tree(COORDINATION + FRIENDS, tree=tree) for tree in ("valley", "coast")))
    refuses_everything(world)

    incident = world.raises()
    alarms = [len(incident.told("alarm"))]
    for _ in range(2):
        world.passes(minutes=10)
        alarms.append(len(incident.told("alarm")))

    assert {each["status"] for each in incident["escalations"]} == {"unanswered"}
    assert alarms[0] < alarms[1] < alarms[2]


def test_a_message_that_cannot_be_written_delays_no_other(world_on: Worlds, tmp_path: Path) -> None:
    """A11: where there are no words for an SMS, in no language, the calls and mails go, and the SMS of other kinds."""
    templates = tmp_path / "templates"
    copytree(REPOSITORY / "message_templates", templates)
    for file in templates.glob("alert/*/sms.j2"):
        file.unlink()
    world = world_on(f"sqlite:///{tmp_path / 'alertnet.db'}", ALERTNET_MESSAGE_TEMPLATES=str(templates))

    incident = world.raises()
    world.passes(minutes=5)

    assert failures(incident, "coordinator", "sms") == ["our_account"]
    assert planned(incident, "coordinator")[0] == ("coordinator", "call", 0)
    assert len(world.mailbox("duty@pbi-international.example").mails) == 1
    assert len(world.phone("coordinator").inbox) == 1


def test_an_incident_that_cannot_be_read_delays_no_other(world_of: Worlds) -> None:
    """A11: the row is put aside, reported, and looked at again; everybody else's night goes on."""
    world = world_of(a_tree(COORDINATION + FRIENDS))
    broken, sound = reports(world), reports(world)
    its_own = select(incidents.c.id).where(incidents.c.ref == broken.ref).scalar_subquery()
    spoil = update(escalations).where(escalations.c.incident_id == its_own).values(state={"nobody": "knows this"})
    world.runtime.transact(lambda tx: tx.session.execute(spoil))

    world.passes(minutes=11)

    assert planned(sound, "defenders") == [("defenders", "sms", 10)]
    assert planned(broken, "defenders") == []
    assert "put_off" in world.runtime.read(lambda tx: set(tx.session.scalars(SYSTEM_KINDS)))


def test_who_has_answered_has_a_page_though_another_tree_of_the_incident_cannot_be_read(world: World) -> None:
    """A11: it shows what was recorded, and what comes next in the trees that can be read."""
    incident = world.raises()
    alert = world.phone("coordinator").inbox[0]
    world.texts("coordinator", f"OK {code_in(alert)}")
    [others] = {each["tree"] for each in incident["escalations"]} - {"colombia"}
    spoil = update(escalations).where(escalations.c.tree == others).values(state={"nobody": "knows this"})
    world.runtime.transact(lambda tx: tx.session.execute(spoil))

    page = world.client.get(link_in(alert))

    assert page.status_code == 200
    assert "usted se hace cargo. Gracias." in page.text


@pytest.mark.parametrize(
    "stored",
    ["{cut", '{"nobody": "knows this"}', *map(in_long, ('{"relayed": ["~' + "A" * 80 + '"], "round": 1}', "[]"))],
)
def test_an_escalation_that_cannot_be_read_hides_and_delays_no_other(world_of: Worlds, stored: str) -> None:
    """A11: whoever was told still answers by page, the API shows the incident, and the other tree goes on."""
    coast = a_tree("  - {name: Abroad, notify: [desk], wait: 5m}\n" + FRIENDS, tree="coast")
    world = world_of(a_tree(COORDINATION + FRIENDS), coast)
    incident = world.raises()
    world.passes(minutes=1)
    spoil = text("UPDATE escalations SET state = :stored WHERE tree = 'coast'")
    world.runtime.transact(lambda tx: tx.session.execute(spoil, {"stored": stored}))
    page = link_in(world.phone("coordinator").inbox[0])

    pressed = world.client.post(page, data={"answer": "acknowledge"})
    world.passes(minutes=11)

    assert (pressed.status_code, world.client.get(page).status_code) == (200, 200)
    assert incident.answers() == [("coordinator", "acknowledged", "link")]
    assert [each["tree"] for each in incident["escalations"]] == ["coast", "valley"]
    assert ("defenders", "sms") in incident.told()
    assert "put_off" in world.runtime.read(lambda tx: set(tx.session.scalars(SYSTEM_KINDS)))


@pytest.mark.parametrize(
    ("phone", "minutes"),
    [("ana", 1), in_long("ana", 20), in_long("+573005550003", 1), ("+573005550003", 20)],
)
def test_an_incident_that_cannot_be_read_keeps_no_phone_from_raising_another(
    world_of: Worlds, phone: str, minutes: int
) -> None:
    """A11, A12: nor a coordinator from taking charge of that one, which is told to the phone."""
    world = world_of(a_tree(COORDINATION))
    world.gives_pins("north/ana", "north/mary")
    world.texts("ana", f"ALERTA {TRUE} 31 L12")
    broken = world.newest().ref
    world.passes(minutes=minutes)
    spoil = text("UPDATE incidents SET facts = :stored WHERE ref = :ref")
    world.runtime.transact(lambda tx: tx.session.execute(spoil, {"stored": b"x" * 60, "ref": broken}))

    reply = world.texts(phone, f"ALERT {TRUE} 45 L14")
    alert = next(text for text in reversed(world.phone("coordinator").inbox) if "take charge" in text)
    world.texts("coordinator", f"OK {code_in(alert)}")

    assert broken not in alert
    assert alert.partition(":")[0].split()[-1] in str(reply)
    assert "you take charge" in world.phone("coordinator").inbox[-1]


@pytest.mark.parametrize("stored", ["{cut", '{"nobody": "knows this"}'])
def test_an_escalation_that_cannot_be_read_takes_no_page_of_another_incident(world_of: Worlds, stored: str) -> None:
    """A11: whoever was told of both takes charge of the other on its page, which lists the first as it may be open."""
    world = world_of(a_tree(COORDINATION))
    broken = world.raises(type="threat")
    world.passes(minutes=1)
    sound = world.raises(type="raid")
    spoil = text(
        "UPDATE escalations SET state = :stored WHERE incident_id = (SELECT id FROM incidents WHERE ref = :ref)"
    )
    world.runtime.transact(lambda tx: tx.session.execute(spoil, {"stored": stored, "ref": broken.ref}))
    page = link_in(next(sms for sms in world.phone("coordinator").inbox if sound.ref in sms))

    shown, pressed = world.client.get(page), world.client.post(page, data={"answer": "acknowledge"})

    assert (shown.status_code, pressed.status_code, sound.status("valley")) == (200, 200, "acknowledged")
    assert broken.ref in shown.text


def test_a_coordinator_whose_own_stop_it_was_is_not_alarmed_by_it(world_of: Worlds) -> None:
    """B3: whoever caused it by a message of their own isn't alarmed by it, the other coordinators are."""
    second = '  coordinator-2: {role: coordinator, organisation: Valley, methods: [{sms: "+573005550102"}]}\n'
    two = world_of(a_tree(COORDINATION.replace("[coordinator]", "[coordinator, coordinator-2]"), CONTACTS + second))
    incident = two.raises()

    two.texts("coordinator", "STOP")
    two.settles()

    assert "coordinator sent STOP" in two.phone("second coordinator").inbox[-1]
    assert planned(incident, "coordinator", kinds=["alarm"]) == []
