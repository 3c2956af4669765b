"""An office with a key reads more than one without, and nobody on the way reads anything (A9, B4)."""

import re
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from pysequoia import Tsk, decrypt

from alertnet.sandbox.mail import Mail
from tests.scenarios.conftest import Worlds
from tests.scenarios.valley import CONTACTS, FIELD, a_tree
from tests.scenarios.world import World

OFFICE = "office@embassy.example"
LEVELS = "  - {name: First, notify: [coordinator, office], wait: 10m}\n"
SECRETS = ("Maria Secreta", "Vereda Secreta", "Confidential")


@pytest.fixture(scope="module")
def secret() -> Tsk:
    """The office's key, valid for three years."""
    return Tsk.generate("Office <office@embassy.example>", validity_seconds=3 * 365 * 86_400)


def stage(world_on: Worlds, folder: Path, key: Tsk, disclosure: str) -> World:
    """A network in which the office has that key."""
    trees = folder / "contact_trees"
    (trees / "keys").mkdir(parents=True)
    (trees / "keys/office.asc").write_text(str(key.extract_certificate()))
    office = (
        f"  office: {{role: ngo, organisation: Office, methods: [{{email: {OFFICE}}}],"
        f" disclosure: {disclosure}, pgp: keys/office.asc}}\n"
    )
    (trees / "valley.yaml").write_text(a_tree(LEVELS, CONTACTS + office))
    (trees / "teams.yaml").write_text(FIELD)
    return world_on(f"sqlite:///{folder / 'alertnet.db'}", trees=trees)


def reports(world: World) -> Mail:
    """Somebody reports what only some may read; the mail to the office."""
    world.raises(summary="Maria Secreta was taken", details="Confidential: by the army", place="L12 Vereda Secreta")
    (mail,) = world.mailbox(OFFICE).mails
    return mail


def opened(mail: Mail, secret: Tsk) -> str:
    """What its owner reads of a mail to that key."""
    inside = decrypt(mail.text.encode(), secret.decryptor()).bytes
    assert inside is not None
    entity = message_from_bytes(inside, policy=policy.default)
    assert isinstance(entity, EmailMessage)
    assert entity.get_content_type() == "text/plain"
    said: str = entity.get_content()
    return said.replace("\N{NO-BREAK SPACE}", " ")


def in_clear(mail: Mail) -> str:
    return "\n".join([mail.subject, mail.text, mail.html, *mail.headers.values()])


@pytest.mark.parametrize(
    ("disclosure", "read"),
    [
        ("minimal", ()),
        ("limited", ("Maria Secreta was taken",)),
        ("full", ("Place: L12 Vereda Secreta", "Confidential", "People: P7 (accompanier, ES)")),
    ],
)
def test_who_holds_the_key_reads_what_its_disclosure_allows(
    world_on: Worlds, tmp_path: Path, secret: Tsk, disclosure: str, read: tuple[str, ...]
) -> None:
    """A9: details travel under PGP alone; the subject stays as free of facts as any."""
    mail = reports(stage(world_on, tmp_path, secret, disclosure))
    said = opened(mail, secret)

    assert mail.headers["Content-Type"].startswith('multipart/encrypted; protocol="application/pgp-encrypted"')
    assert [each for each in SECRETS if each in in_clear(mail)] == []
    assert "P7" not in re.findall(r"\w+", mail.subject)
    assert "https://" not in in_clear(mail)
    assert "/a/" in said
    assert all(each in said for each in read)
    assert ("Vereda Secreta" in said) is (disclosure == "full")
    assert ("Maria Secreta" in said) is ("your answer is not encrypted" in said) is (disclosure != "minimal")


@pytest.mark.parametrize(("disclosure", "is_read"), [("minimal", False), ("limited", True)])
def test_what_is_asked_in_words_of_its_own_is_read_by_who_holds_the_key(
    world_on: Worlds, tmp_path: Path, secret: Tsk, disclosure: str, is_read: bool
) -> None:
    """B5: an ask in free text stands on the page after the PIN and under PGP; an office without a PIN has PGP alone."""
    world = stage(world_on, tmp_path, secret, disclosure)

    world.raises(ask="ring general Perez")

    (mail,) = world.mailbox(OFFICE).mails
    said = opened(mail, secret)
    assert "We ask you to: call our coordinator." in said
    assert ("We ask you to: ring general Perez" in said) is is_read
    assert "general" not in in_clear(mail)


def test_a_key_that_expires_meanwhile_lets_the_mail_go_without_details_and_says_so(
    world_on: Worlds, tmp_path: Path, secret: Tsk
) -> None:
    """A9, A10: what belongs inside never leaves in clear, and the office is told all the same."""
    world = stage(world_on, tmp_path, secret, "full")
    expiration = secret.extract_certificate().expiration
    assert expiration is not None
    world.clock.at = expiration + timedelta(days=1)

    mail = reports(world)

    assert [each for each in SECRETS if each in in_clear(mail)] == []
    assert "/a/" in mail.text
    history = world.client.get(f"/v1/incidents/{world.newest().ref}/timeline", headers=world.headers).json()["items"]
    (entry,) = [each for each in history if each["kind"] == "mail_not_encrypted"]
    assert (entry["payload"]["contact"], entry["payload"]["why"]) == ("office", "expired")


DUTY = "duty@valley.example"
TEXT = "they took him near the market"


def coordinating(world_on: Worlds, folder: Path, key: Tsk | None) -> World:
    """A network whose coordinator also has a mailbox, and perhaps a key."""
    trees = folder / "contact_trees"
    (trees / "keys").mkdir(parents=True)
    own = f'{{sms: "+573005550101"}}, {{email: {DUTY}}}]'
    if key is not None:
        (trees / "keys/duty.asc").write_text(str(key.extract_certificate()))
        own += ", pgp: keys/duty.asc"
    contacts = CONTACTS.replace('{sms: "+573005550101"}]', own)
    (trees / "valley.yaml").write_text(a_tree("  - {name: First, notify: [coordinator], wait: 10m}\n", contacts))
    (trees / "teams.yaml").write_text(FIELD)
    return world_on(f"sqlite:///{folder / 'alertnet.db'}", trees=trees)


def test_a_coordinator_with_a_key_reads_what_was_written_in_the_mail(
    world_on: Worlds, tmp_path: Path, secret: Tsk
) -> None:
    """A12, A9: inside alone; what is outside says no more than the SMS."""
    world = coordinating(world_on, tmp_path, secret)

    world.texts("ana", TEXT)

    (mail,) = world.mailbox(DUTY).mails
    inside = opened(mail, secret)
    assert TEXT in inside
    assert "north/ana: +57 300 5550001" in inside
    assert TEXT not in in_clear(mail)


def test_a_report_in_the_mail_names_its_codes_with_what_they_stand_for(
    world_on: Worlds, tmp_path: Path, secret: Tsk
) -> None:
    """A12: as the page says it."""
    world = coordinating(world_on, tmp_path, secret)

    world.texts("ana", "SOS 20 L12 P7")
    world.texts("ana", TEXT)

    (mail,) = world.mailbox(DUTY).mails[-1:]
    inside = opened(mail, secret)
    assert "Not verified: arrest, place L12, person P7 (accompanier, ES)" in inside
    assert "People: P7 (accompanier, ES)" in inside


def test_without_a_key_no_mail_carries_what_was_written(world_on: Worlds, tmp_path: Path) -> None:
    """A9: the coordinator is alarmed by telephone, and whatever mail comes later says nothing of it."""
    world = coordinating(world_on, tmp_path, None)

    world.texts("ana", TEXT)
    world.passes(minutes=30)
    world.texts("ana", "SOS")

    assert any("please read" in text for text in world.phone("coordinator").inbox)
    assert not any("market" in in_clear(mail) for mail in world.mailbox(DUTY).mails)
