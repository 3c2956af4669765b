"""The keys that contacts name: what can't be used is a fault at its line, before anybody relies on it."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from pysequoia import Cert, Tsk
from pysequoia.packet import PacketPile

from alertnet.core.codec import from_plain, to_plain
from alertnet.core.directory.contact_tree import ContactTree
from alertnet.trees import read_network, survey
from tests.trees.test_advice import FIELD, TREE

TODAY = datetime.now(UTC).date()
YEARS = TODAY + timedelta(days=3 * 365 + 2)
"""When it has expired, also where midnight comes before it is made."""


@pytest.fixture(scope="module")
def secret() -> Tsk:
    """A key of three years."""
    return Tsk.generate("Embassy <es@es.example>", validity_seconds=3 * 365 * 86_400)


@pytest.fixture
def folder(tmp_path: Path, secret: Tsk) -> Path:
    """A tree whose embassy has that key."""
    (tmp_path / "valley.yaml").write_text(TREE.replace("role: embassy,", "role: embassy, pgp: keys/es.asc,"))
    (tmp_path / "teams.yaml").write_text(FIELD)
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys/es.asc").write_text(str(secret.extract_certificate()))
    return tmp_path


def fault(folder: Path, today: date = TODAY) -> str:
    (found,) = survey(folder, today).faults
    assert (found.file, found.line, found.value) == ("valley.yaml", 12, "keys/es.asc")
    return str(found.message)


def test_the_key_itself_belongs_to_the_tree(folder: Path, secret: Tsk) -> None:
    """A8: an incident is pinned to the key and not to a file that may change."""
    tree = read_network(folder).trees["valley"]
    key = from_plain(ContactTree, to_plain(tree)).contacts["embassy"].pgp

    assert survey(folder, TODAY).unwise == ()
    assert key is not None
    assert Cert.from_bytes(key.encode()).fingerprint == secret.extract_certificate().fingerprint


def test_a_missing_key_is_a_fault(folder: Path) -> None:
    (folder / "keys/es.asc").unlink()

    assert fault(folder) == "there is no such key file:"


@pytest.mark.parametrize("content", [b"", b"junk", b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nAAAA\n", bytes(300_000)])
def test_a_file_without_a_key_is_a_fault(folder: Path, content: bytes) -> None:
    (folder / "keys/es.asc").write_bytes(content)

    assert "key" in fault(folder)


def test_a_secret_key_is_refused(folder: Path, secret: Tsk) -> None:
    (folder / "keys/es.asc").write_text(str(secret))

    assert fault(folder).startswith("a file that holds a secret key")


def test_a_revoked_key_is_a_fault(folder: Path, secret: Tsk) -> None:
    public = secret.extract_certificate()
    revoked = Cert.from_bytes(bytes(public) + bytes(public.revoke(secret.certifier())))
    (folder / "keys/es.asc").write_bytes(bytes(revoked))

    assert fault(folder) == "a key that was revoked:"


def test_a_key_for_signatures_alone_is_a_fault(folder: Path, secret: Tsk) -> None:
    packets = list(PacketPile.from_bytes(bytes(secret.extract_certificate())))
    (folder / "keys/es.asc").write_bytes(bytes(Cert.from_packets(packets[:-2])))

    assert fault(folder) == "a key that can't encrypt:"


def test_a_key_that_expires_is_said_60_days_before_and_a_fault_from_then_on(folder: Path) -> None:
    (warning,) = [
        each for each in survey(folder, YEARS - timedelta(days=50)).unwise if str(each.message).startswith("a key that")
    ]

    assert "a key that expires on " in str(warning.message)
    assert "a key that expired on " in fault(folder, YEARS)


def test_a_key_that_has_expired_keeps_no_program_from_starting(folder: Path) -> None:
    """A2: its contact is then told like everybody else."""
    (folder / "keys/es.asc").write_text(str(Tsk.generate("x", validity_seconds=1).extract_certificate()))

    assert read_network(folder).trees["valley"].contacts["embassy"].pgp


@pytest.mark.parametrize("path", ["../es.asc", "/etc/passwd", "keys/es.txt", "keys/../../es.asc"])
def test_a_key_outside_the_folder_is_refused(folder: Path, path: str) -> None:
    tree = folder / "valley.yaml"
    tree.write_text(tree.read_text().replace("keys/es.asc", path))

    (found,) = survey(folder, TODAY).faults
    assert (str(found.message), found.value) == ("not a key file", path)
