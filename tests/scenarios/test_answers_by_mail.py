"""Who is told by mail answers by mail: the code in words of its own counts, all else is read by people (A6, A12)."""

from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest
from sqlalchemy import select, update

from alertnet.core.codec import replace
from alertnet.core.incident import Severity
from alertnet.flows.incidents.lone_text import facts_of_text, open_text
from alertnet.flows.notifications import number_tests
from alertnet.flows.system.purge import PurgeDecision
from alertnet.flows.unit.locked_incident import take_up
from alertnet.sandbox import MailFault
from alertnet.store.db.tx import Tx
from alertnet.store.records import incidents as ids
from alertnet.store.records.inbound import unseen
from alertnet.store.tables import attempts, incidents, notifications, timeline
from alertnet.worker.purging import purge_incident
from tests.scenarios.conftest import Worlds
from tests.scenarios.valley import COORDINATION, FIELD, a_tree
from tests.scenarios.world import DURESS, TRUE, Incident, World, code_in, link_in
from tests.support.rows import in_long

SPAIN = "derechos-humanos@embajada-es.example"
HEAD_OFFICE = "duty@pbi-international.example"
DUTY = "duty@pbi-colombia.example"
CONTACTS = f"""
  embassy-es:
    role: embassy
    organisation: Embajada de España
    language: es
    methods: [{{sms: "+34600550140"}}, {{email: {SPAIN}}}, {{call: "+34600550140", after: 10m}}]
  coordinator:
    role: coordinator
    organisation: Valley
    disclosure: full
    methods: [{{sms: "+573005550101"}}, {{email: {DUTY}}}]
  desk: {{role: ngo, organisation: Head office, methods: [{{sms: "+32470550101"}}, {{email: {HEAD_OFFICE}}}]}}
"""
EMBASSIES = "  - {name: Embassies, notify: [embassy-es], wait: 30m}\n"


@pytest.fixture
def trees(tmp_path: Path) -> Path:
    """A tree whose first level is the Spanish embassy, with a mailbox."""
    folder = tmp_path / "contact_trees"
    folder.mkdir()
    (folder / "teams.yaml").write_text(FIELD)
    (folder / "valley.yaml").write_text(a_tree(EMBASSIES + COORDINATION, CONTACTS))
    return folder


@pytest.fixture
def world(world_on: Worlds, sqlite_url: str, trees: Path) -> World:
    """A world whose answers by mail are read."""
    return world_on(sqlite_url, trees, reads_mail=True)


@pytest.fixture
def incident(world: World) -> Incident:
    """An incident of which the Spanish embassy has just been told by mail."""
    return world.raises()


def code(world: World) -> str:
    return code_in(world.mailbox(SPAIN).mails[0].text)


def writes(world: World, text: str, **headers: str) -> None:
    """The embassy answers our first mail, above the quoted original, and a worker reads it."""
    mailbox = world.mailbox(SPAIN)
    mailbox.replies(text, to=mailbox.mails[0], **headers)
    world.reads_mail()


def test_the_code_above_the_quoted_mail_takes_charge_once_and_is_confirmed_with_its_page(
    world: World, incident: Incident
) -> None:
    """A1, A6: the mail says how; "recorded 03:12; not you? call …" comes once, however often the answer is read."""
    (alert,) = world.mailbox(SPAIN).mails
    assert alert.text.startswith(f"##### Para responder por correo, escriba {code(world)} encima de esta línea.")
    assert "no cuenta como respuesta" not in alert.text

    writes(world, f"{code(world)}\n\nWe call the ministry now.")
    world.reads_mail()
    world.reads_mail()

    assert incident.answers() == [("embassy-es", "acknowledged", "email")]
    (recorded,) = world.mailbox(SPAIN).mails[1:]
    assert "hace cargo" in recorded.text
    assert "/a/" in recorded.text
    assert ("Auto-Submitted" in alert.headers, recorded.headers["Auto-Submitted"]) == (False, "auto-generated")


@pytest.mark.long
@pytest.mark.postgres
def test_on_postgresql_it_takes_charge_as_well_and_a_new_mail_is_read(
    world_on: Worlds, postgres: str, trees: Path
) -> None:
    world = world_on(postgres, trees, reads_mail=True)
    incident = world.raises()

    writes_anew(world, "We know of it.")
    writes(world, code(world))

    assert incident.answers() == [("embassy-es", "acknowledged", "email")]
    assert "We know of it." in kept(world)


def test_no_with_the_code_declines(world: World, incident: Incident) -> None:
    writes(world, f"NO {code(world)}, we are closed")

    assert incident.answers() == [("embassy-es", "declined", "email")]


@pytest.mark.parametrize(
    ("text", "headers"),
    [
        ("I am away until Monday.", {"Auto_Submitted": "auto-replied"}),
        ("I am away until Monday. My deputy has {code}.", {"X_Autoreply": "yes"}),
        in_long("Estoy fuera de la oficina.", {}),
    ],
)
def test_an_automatic_answer_counts_for_nothing_and_gets_no_reply(
    world: World, incident: Incident, text: str, headers: dict[str, str]
) -> None:
    """A6; the coordinators read it, since it may say whom to call instead."""
    before = len(world.mailbox(SPAIN).mails)

    writes(world, text.format(code=code(world)), **headers)

    assert incident.answers() == []
    assert incident.timeline().count("mail_received") == 1
    assert not any("su respuesta" in mail.text for mail in world.mailbox(SPAIN).mails[before:])


def test_a_machine_that_does_not_say_so_hears_from_us_once(world: World, incident: Incident) -> None:
    """A12: or it and we would write to each other for ever."""
    before = len(world.mailbox(SPAIN).mails)
    for _ in range(3):
        writes(world, "Gracias por escribirnos. Le atenderemos pronto.")

    replies = [mail for mail in world.mailbox(SPAIN).mails[before:] if "su respuesta llegó" in mail.text]
    assert len(replies) == 1
    assert incident.timeline().count("mail_received") == 3


def test_words_without_the_code_ring_at_the_coordinators_and_are_asked_back(world: World, incident: Incident) -> None:
    """A12: "we are on it" proves nothing, and is not dropped; the code counts in an answer to the mail that asks.

    A code that is only quoted does not.
    """
    rung = len(world.phone("coordinator").inbox)

    writes(world, "We are on it.")

    assert code(world) in world.mailbox("alertnet@sandbox.example").mails[-1].text
    assert incident.answers() == []
    assert any("embassy-es" in text or "Embajada" in text for text in world.phone("coordinator").inbox[rung:])
    asked = world.mailbox(SPAIN).mails[-1].text
    assert code(world) in asked
    assert "/a/" in asked

    world.mailbox(SPAIN).replies(code(world))
    world.reads_mail()

    assert incident.answers() == [("embassy-es", "acknowledged", "email")]


def test_after_five_wrong_codes_none_of_that_mailbox_counts_for_a_while(world: World, incident: Incident) -> None:
    """B9: logs of mail servers hold Message-IDs, and a sender can be forged, but nobody may try all codes."""
    right = code(world)
    wrong = [each for each in ("4711", "4712", "4713", "4714", "4715", "4716") if each != right][:5]
    for each in wrong:
        writes(world, each)
    writes(world, right)
    before = incident.answers()
    world.passes(minutes=61)

    writes(world, right)

    assert (before, incident.answers()) == ([], [("embassy-es", "acknowledged", "email")])


def test_the_code_from_another_address_counts_for_nothing(world: World, incident: Incident) -> None:
    """A6: nor does a stranger to whom the mail was passed on learn anything; the coordinators read what it says."""
    world.mailbox(SPAIN).replies(f"OK {code(world)}", sender="friend@elsewhere.example")
    world.reads_mail()

    assert incident.answers() == []
    assert incident.timeline().count("mail_received") == 1
    assert world.mailbox("friend@elsewhere.example").mails == []


def test_where_a_pin_is_set_a_mail_acknowledges_nothing(world: World, incident: Incident) -> None:
    """A6: the code of a mail travelled in clear, and a PIN has no place in one."""
    world.gives_pins("valley/embassy-es")

    writes(world, f"{code(world)} {TRUE}")

    assert incident.answers() == []
    assert incident.timeline().count("mail_received") == 1


def test_where_a_pin_is_set_the_mail_does_not_ask_for_an_answer_by_mail(world: World) -> None:
    world.gives_pins("valley/embassy-es")

    world.raises()

    text = world.mailbox(SPAIN).mails[0].text
    assert "Responder a este correo no cuenta como respuesta." in text
    assert "#####" not in text


def test_an_answer_to_what_is_over_hears_so(world: World, incident: Incident) -> None:
    incident.act("close", reason="released")

    writes(world, code(world))

    assert incident.answers() == []
    assert "este asunto ya se cerró" in world.mailbox(SPAIN).mails[-1].text


def test_whoever_has_answered_or_hears_that_it_is_over_is_asked_for_nothing_more(
    world: World, incident: Incident
) -> None:
    """The reply to a word of thanks said that the alert goes on until an answer comes."""
    writes(world, code(world))
    writes(world, "Gracias a todos.")
    replies = [world.mailbox(SPAIN).mails[-1].text]
    incident.act("close", reason="released")
    writes(world, "Gracias otra vez.")
    replies.append(world.mailbox(SPAIN).mails[-1].text)

    assert ["su respuesta llegó a nuestra coordinación" in each for each in replies] == [True, True]
    assert not any("La alerta sigue" in each for each in replies)


@pytest.mark.parametrize("status", ["sent", "sending", "unknown"])
def test_a_mail_that_comes_back_lets_the_next_method_go_at_once(world: World, status: str) -> None:
    """B3: a relay accepts what the mailbox's own server refuses minutes later, be it before we have that on record."""
    world.mailbox(SPAIN).misbehaves(MailFault.BOUNCED)
    incident = world.raises()
    while not world.mailbox("alertnet@sandbox.example").mails:
        world.passes(minutes=1)
    assert by_method(incident) == {"sms": "delivered", "email": "sent"}
    if status != "sent":
        lease = {"due_at": world.runtime.now() + timedelta(seconds=30), "lease": "a" if status == "sending" else None}
        by_mail = update(attempts).where(attempts.c.method == "email")
        world.runtime.transact(lambda tx: tx.session.execute(by_mail.values(status=status, provider_id=None, **lease)))

    world.reads_mail()

    assert by_method(incident) == {"sms": "delivered", "email": "failed", "call": "sent"}


@pytest.mark.parametrize(
    ("at", "failure"), [(SPAIN, "invalid"), pytest.param("left@embajada-es.example", "bounced", marks=pytest.mark.long)]
)
def test_only_what_the_address_itself_sends_back_says_that_it_is_bad(world: World, at: str, failure: str) -> None:
    """A list or a forwarding has one bad address, behind which others read on."""
    ours = world.mailbox("alertnet@sandbox.example")
    world.mailbox(SPAIN).misbehaves(MailFault.BOUNCED)
    world.raises()
    while not ours.mails:
        world.passes(minutes=1)
    ours.mails[0] = replace(ours.mails[0], raw=ours.mails[0].raw.replace(f"rfc822; {SPAIN}".encode(), at.encode()))

    world.reads_mail()

    failures = world.runtime.read(lambda tx: tx.session.scalars(select(attempts.c.failure)).all())
    assert failure in failures


def by_method(incident: Incident) -> dict[str, str]:
    """What became of what the embassy was sent."""
    told = [each for each in incident["notifications"] if each["contact"] == "embassy-es"]
    return {each["method"]: each["status"] for each in told}


def writes_anew(world: World, text: str, *, sender: str = SPAIN) -> None:
    """Somebody writes to our address a mail that answers none, and a worker reads it."""
    world.mailbox(sender).writes("alertnet@sandbox.example", "Colombia", text)
    world.reads_mail()


def comes_to_our_own_mailbox(world: World) -> None:
    """The embassy is a group that passes our first mail on in its own name, and we are in it."""
    mail = message_from_bytes(world.mailbox(SPAIN).mails[0].raw, policy=default)
    del mail["From"], mail["To"]
    mail["From"], mail["To"] = SPAIN, "alertnet@sandbox.example"
    world.mailbox(SPAIN).post(mail)


def test_a_new_mail_of_a_contact_is_a_text_to_be_read_and_rings_nobody(world: World) -> None:
    """A12; anybody can write in anybody's name, so it can wait."""
    world.gives_pins("valley/coordinator")

    writes_anew(world, "We hear that somebody was arrested in Cauca.")

    assert kept(world) == ["We hear that somebody was arrested in Cauca."]
    told = [each for each in notices(world) if "please read the message from embassy-es" in each]
    page = world.client.post(link_in(told[0]), data={"pin": TRUE})
    assert "We hear that somebody was arrested in Cauca." in page.text
    assert not rung(world)
    (reply,) = world.mailbox(SPAIN).mails
    assert "MAIL: su respuesta llegó a nuestra coordinación" in reply.text


def test_a_second_mail_joins_the_first_and_rings_nobody_either(world: World) -> None:
    writes_anew(world, "We hear that somebody was arrested in Cauca.")
    writes_anew(world, "And that they are in Popayán.")

    world.passes(minutes=60)
    assert len(kept(world)) == 2
    assert len(notices(world)) > 0
    assert not rung(world)


def test_an_answer_to_a_test_of_a_mailbox_is_read_like_a_new_mail(world: World) -> None:
    network = world.runtime.edition.network
    office, mailbox = number_tests.named(network, "valley/desk"), world.mailbox(HEAD_OFFICE)
    world.runtime.transact(number_tests.send_tests, network, [office], "a test")
    world.settles()

    mailbox.replies("Received, but our number has changed.")
    world.reads_mail()

    assert kept(world) == ["Received, but our number has changed."]
    assert "MAIL: your answer went to our coordinator" in mailbox.mails[-1].text


def test_a_new_mail_of_whoever_was_told_of_an_incident_is_news_of_it(world: World, incident: Incident) -> None:
    """A12; where a relay gives our mails ids of its own, every answer is a new mail."""
    rung = len(world.phone("coordinator").inbox)

    writes_anew(world, f"{code(world)} We take charge.")

    assert incident.answers() == []
    assert incident.timeline().count("mail_received") == 1
    assert len(world.phone("coordinator").inbox) > rung
    assert code(world) in world.mailbox(SPAIN).mails[-1].text


def test_an_answer_to_a_mail_whose_incident_is_purged_is_read_by_people(world: World, incident: Incident) -> None:
    """A12: who is afraid again answers the last mail that they had of us."""
    incident.act("close", reason="released")
    world.passes(hours=48)
    id = world.runtime.read(ids.id_of, incident.ref)
    purge_incident(world.runtime, id, PurgeDecision("Ines", "she asked for it"), lambda: None)
    rung = len(world.phone("coordinator").inbox)

    writes(world, "They took her again.")

    assert "They took her again." in kept(world)
    world.passes(hours=1)
    assert len(world.phone("coordinator").inbox) > rung


def test_a_new_mail_of_whoever_has_a_pin_is_replied_to_with_its_page_and_no_code(world: World) -> None:
    """A6: by mail its code counts for nothing; the PIN for duress in it is told to the coordinators."""
    world.gives_pins("valley/embassy-es")
    world.gives_pins("valley/coordinator", duress=None)
    world.raises()
    rung = len(world.phone("coordinator").inbox)

    writes_anew(world, f"We are on it. {DURESS}")

    reply = world.mailbox(SPAIN).mails[-1].text
    assert "su respuesta llegó" in reply
    assert "/a/" in reply
    assert "responda" not in reply
    assert DURESS not in kept(world)[0]
    world.passes(minutes=10)
    [notice] = [text for text in world.phone("coordinator").inbox[rung:] if "before you call anybody" in text]
    assert "Somebody stands beside embassy-es" in world.client.post(link_in(notice), data={"pin": TRUE}).text


def test_a_new_mail_of_a_mailbox_that_is_a_strangers_is_not_replied_to(world: World, incident: Incident) -> None:
    """A9: whoever has said so hears nothing more of the incident; people read what it says."""
    world.client.post(link_in(world.mailbox(SPAIN).mails[0].text), data={"answer": "wrong_person"})
    world.passes(minutes=1)
    before = len(world.mailbox(SPAIN).mails)

    writes_anew(world, "Who are you?")
    world.passes(minutes=2)

    assert kept(world) == ["Who are you?"]
    assert world.mailbox(SPAIN).mails[before:] == []


def test_a_new_mail_of_a_stranger_or_of_a_machine_is_left(world: World) -> None:
    """Nor does an alert answer an alert, else two such programs would ring each other's coordinators for ever."""
    writes_anew(world, "Buy now.", sender="friend@elsewhere.example")
    world.mailbox(SPAIN).writes("alertnet@sandbox.example", "Respuesta automática: Colombia", "Estoy fuera.")
    world.raises()
    comes_to_our_own_mailbox(world)
    world.reads_mail()
    before = kept(world)

    writes_anew(world, "We hear that somebody was arrested in Cauca.")

    assert (before, len(kept(world))) == ([], 1)


def test_what_a_stranger_or_a_machine_answers_to_a_mail_about_no_incident_is_looked_at_once(world: World) -> None:
    """Else each look would fetch it anew."""
    network = world.runtime.edition.network
    chosen = [number_tests.named(network, "valley/coordinator")]
    world.runtime.transact(number_tests.send_tests, network, chosen, "a test")
    world.settles()
    mailbox = world.mailbox(DUTY)
    (test,) = mailbox.mails
    mailbox.replies("Who is this?", to=test, sender="friend@elsewhere.example")
    mailbox.replies("I am away.", to=test, **{"Auto-Submitted": "auto-replied"})

    world.reads_mail()

    found = world.runtime.mailbox.received(world.clock.at - timedelta(minutes=5)) if world.runtime.mailbox else None
    assert found is not None
    assert len(found.entries) == 2
    assert world.runtime.read(unseen, [each.mail.id for each in found.entries]) == set()


def test_a_mail_that_a_coordinator_makes_an_incident_has_no_phone_that_we_write_to(world: World) -> None:
    """What an SMS tells the phone that raised an incident, no mailbox can be told."""
    writes_anew(world, "We hear that somebody was arrested in Cauca.")

    world.runtime.transact(_open_as_arrest)
    world.passes(minutes=1)

    world.headers = world.key(None, "administer")
    assert world.newest()["type"] == "arrest"
    assert world.runtime.read(lambda tx: tx.session.scalar(_FAILED)) is None


def _open_as_arrest(tx: Tx) -> None:
    (id,) = tx.session.scalars(select(incidents.c.id))
    locked = take_up(tx, id)
    open_text(locked, facts_of_text(locked, "arrest", Severity.CRITICAL), by="coordinator")
    locked.finish()


_FAILED = select(attempts.c.failure).where(attempts.c.failure.is_not(None))
_ALARMS = select(notifications.c.id).where(notifications.c.kind == "alarm").limit(1)
_NOTED = select(notifications.c.address).where(notifications.c.kind == "notice", notifications.c.method == "sms")
_KEPT = select(timeline.c.payload).where(timeline.c.kind == "mail_received")


def kept(world: World) -> list[str]:
    """The words of all mails that are on record, of whichever incident."""
    return [each["text"] for each in world.runtime.read(lambda tx: tx.session.scalars(_KEPT).all())]


def rung(world: World) -> bool:
    """Whether anybody was called, or alarmed by SMS."""
    return bool(world.runtime.read(lambda tx: tx.session.scalar(_ALARMS)))


def notices(world: World) -> list[str]:
    """The SMS on the phones of all coordinators who had a notice."""
    told = world.runtime.read(lambda tx: set(tx.session.scalars(_NOTED)))
    return [text for number in sorted(told) for text in world.phone(number).inbox]
