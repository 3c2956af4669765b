"""`trees check`, `templates check`, `db upgrade`: what is wrong is named, all of it, before it matters."""

import hashlib
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import insert

from alertnet.runtime.wiring import Runtime
from alertnet.store.db.engine import make_engine
from alertnet.store.db.session import Session
from alertnet.store.db.vault import Vault
from alertnet.store.records.credentials.api_keys import find
from alertnet.store.records.timeline import SYSTEM, digest_of, link, origin
from alertnet.store.tables import api_keys, timeline
from alertnet.store.upgrade import alembic_config
from tests.cli.conftest import REPOSITORY, Office
from tests.support.program import SECRET


def copied(folder: str, office: Office, added: dict[str, str]) -> Path:
    """A copy of that folder of the repository, with something added to some of its files."""
    copy = office.folder / folder
    shutil.copytree(REPOSITORY / folder, copy)
    for name, text in added.items():
        with (copy / name).open("a") as file:
            file.write(text)
    return copy


def test_good_trees_are_listed_by_id(office: Office) -> None:
    said = office.types("trees", "check")

    assert (said.code, said.err) == (0, "")
    assert "colombia, international" in said.out


def test_the_faults_of_all_trees_are_reported_at_once_by_file_and_line(office: Office) -> None:
    folder = copied("contact_trees", office, {"colombia.yaml": "\nsendr: PBI\n", "teams.yaml": "\nteem: {}\n"})

    err = office.refused("trees", "check", str(folder))

    assert "colombia.yaml:" in err
    assert "sendr" in err
    assert "teams.yaml:" in err
    assert "teem" in err


def test_the_folder_is_that_of_the_settings_unless_named(office: Office) -> None:
    """B6: `.env` is read too, and the environment wins over it."""
    del office.env["ALERTNET_CONTACT_TREES"]
    (office.folder / ".env").write_text("ALERTNET_CONTACT_TREES=nowhere\n")

    err = office.refused("trees", "check")

    assert "nowhere" in err


def test_checking_trees_takes_no_secret(office: Office) -> None:
    del office.env["ALERTNET_SECRET_KEY"]

    said = office.types("trees", "check")

    assert (said.code, "colombia, international" in said.out) == (0, True)


@pytest.mark.usefixtures("in_english")
def test_good_templates_have_no_faults(office: Office) -> None:
    said = office.types("templates", "check")

    assert (said.code, said.err) == (0, "")
    assert "\nreceipt " in said.out
    assert "falls back step by step, in a tree of es: fr-CA > fr > es > en" in said.out


def test_a_preview_shows_a_message_as_it_will_be_read(office: Office) -> None:
    said = office.types("templates", "preview", "alert", "--language", "fr", "--disclosure", "limited")

    for part in (
        "PBI URGENT A-7K3M: arrestation. ",
        "148 septets, 1 segment",
        "Subject: PBI URGENT A-7K3M : arrestation",
        "greeting: ",
    ):
        assert part in said.out
    assert said.out.index("[Afficher les détails]") < said.out.index("Two people were taken from a car.")
    assert "L12" not in said.out


def test_a_sheet_for_proofreading_has_once_what_calls_share(office: Office) -> None:
    said = office.types("templates", "preview", "--all", "--method", "call", "--language", "fr").out

    assert said.count("  goodbye: ") == 1
    assert said.count("  after: ") > 50


def test_a_preview_shows_which_language_is_used_instead(office: Office) -> None:
    said = office.types("templates", "preview", "alert", "--language", "it-CH")

    for method in ("call · it-CH → en-GB", "email · it-CH → en", "sms · it-CH → en · ", "page · it-CH → en"):
        assert f"alert · {method}" in said.out


def test_a_preview_of_what_is_never_said_names_what_would_be(office: Office) -> None:
    err = office.refused("templates", "preview", "decision", "--role", "embassy")

    assert err == "--role: 'embassy' is not allowed (allowed: coordinator)\n"


def test_a_preview_of_a_language_in_the_making_names_what_it_lacks(office: Office) -> None:
    folder = copied("message_templates", office, {})
    page = folder / "page/fr.yaml"
    page.write_text("\n".join(line for line in page.read_text().splitlines() if not line.startswith("we_ask:")))

    said = office.types(
        "templates", "preview", "alert", "--language", "fr", "--method", "page", "--folder", str(folder)
    )

    assert (said.code, said.err) == (2, "page/fr.yaml: missing 'we_ask'\n")


def test_an_unknown_variable_in_a_template_is_named_with_its_file(office: Office) -> None:
    folder = copied("message_templates", office, {"alert/fr/sms.j2": "{{ victim }}"})

    err = office.refused("templates", "check", str(folder))

    assert "alert/fr/sms.j2" in err
    assert "victim" in err


@pytest.mark.usefixtures("in_english")
def test_a_public_url_that_leaves_no_room_in_an_sms_is_a_fault(office: Office) -> None:
    """B4: one segment in EN, FR and ES for the longest case with the real public URL."""
    office.env["ALERTNET_PUBLIC_URL"] = f"https://{'m' * 120}"

    err = office.refused("templates", "check")

    assert "sms.j2" in err


def test_a_database_without_the_newest_schema_is_refused_with_what_to_do(office: Office) -> None:
    err = office.refused("keys", "list")

    assert "alertnet db upgrade" in err


def test_a_database_that_a_later_version_has_upgraded_is_worked_on(office: Office, runtime: Runtime, ref: str) -> None:
    """A rolling upgrade: a worker of the version before that dies meanwhile begins anew, by `db upgrade` first."""
    at(runtime, "2999_01_01_later")

    assert office.types("db", "upgrade").code == 0
    assert ref in office.types("incidents", "list").out


@pytest.mark.parametrize("revision", ["2001_01_01_of_another_program", "f0a1b2c3d4e5"])
def test_a_schema_that_nobody_knows_is_refused(office: Office, runtime: Runtime, revision: str) -> None:
    at(runtime, revision)

    assert revision in office.refused("incidents", "list")
    assert revision in office.refused("db", "upgrade")


def at(runtime: Runtime, revision: str) -> None:
    """The database says that this migration was its last."""
    with runtime.engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{revision}'")


def test_upgrade_brings_the_schema_and_may_be_repeated(office: Office) -> None:
    assert [office.types("db", "upgrade").code for _ in range(2)] == [0, 0]
    assert office.types("keys", "list").code == 0


def test_upgrade_of_a_database_from_before_says_since_when_it_has_keys(office: Office) -> None:
    """A10: what was there is covered from then on, and keys that were made go on opening."""
    engine = make_engine(f"sqlite:///{office.folder / 'alertnet.db'}", Vault([SECRET]))
    text = "alertnet_before_00"
    with engine.begin() as connection:
        command.upgrade(alembic_config(connection), "2026_11_26_account_faults")
        at = datetime(2026, 11, 24, tzinfo=UTC)
        digest = digest_of(b"salt", b"{}")
        hash = hashlib.sha256(link(origin(SYSTEM), 1, at, "key_created", digest)).digest()
        entry = {"kind": "key_created", "payload": {}, "salt": b"salt", "digest": digest, "hash": hash}
        connection.execute(insert(timeline).values(chain=SYSTEM, seq=1, at=at, **entry))
        key = {"id": "before", "scopes": ["read"], "created_at": at}
        connection.execute(insert(api_keys).values(hash=hashlib.sha256(text.encode()).digest(), **key))

    first, second = (office.types("db", "upgrade") for _ in range(2))

    assert "The history has a key since 20" in first.out
    assert first.out == second.out
    verified = office.types("audit", "verify")
    assert (verified.code, "Every link since 20" in verified.out) == (0, True)
    with engine.connect() as connection, Session(connection) as session:
        found = find(session, text)
        assert found is not None
        assert found.id == "before"
    engine.dispose()


def test_upgrade_runs_beside_a_process_that_has_the_database_open(office: Office, runtime: Runtime) -> None:
    said = office.types("db", "upgrade")

    assert (said.code, said.out) == (0, "The database is up to date.\n")
