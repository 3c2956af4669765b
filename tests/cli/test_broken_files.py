"""A slip in the files and a restart: the last good edition of the database is in force, and everybody is told."""

import json
import shutil
import signal
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from alertnet import __version__
from alertnet.cli.startup import VERDICT
from alertnet.runtime.settings.settings import read_settings
from alertnet.runtime.wiring import Runtime
from alertnet.store.records.credentials import api_keys
from alertnet.store.tables import documents
from tests.cli.conftest import REPOSITORY, Office
from tests.cli.counted_start import start
from tests.cli.test_serve import answers, running
from tests.database import migrate
from tests.ports import free_port
from tests.support.program import made_program


@pytest.fixture
def tree(office: Office, tmp_path: Path) -> Path:
    """A tree of a folder of its own, which can be broken."""
    folder = tmp_path / "trees"
    shutil.copytree(REPOSITORY / "contact_trees", folder)
    office.env["ALERTNET_CONTACT_TREES"] = str(folder)
    return folder / "colombia.yaml"


@pytest.fixture
def before(office: Office, tree: Path) -> Iterator[Runtime]:
    """A process that has put the files in force while they were good."""
    runtime = made_program(read_settings(office.env))
    migrate(runtime.engine)
    assert "colombia" in runtime.edition.trees
    yield runtime
    runtime.close()


def misspells(tree: Path) -> None:
    text = tree.read_text()
    assert "notify: [coordinator]" in text
    tree.write_text(text.replace("notify: [coordinator]", "notify: [cordinator]", 1))


def ask(url: str, key: str) -> dict[str, Any]:
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {key}"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return dict(json.load(answer))


def test_serve_starts_on_the_last_good_edition_and_says_so(office: Office, before: Runtime, tree: Path) -> None:
    """A8: a broken file never replaces the last good one, at a restart neither."""
    _, key = before.transact(api_keys.create, None, ("read",))
    misspells(tree)
    port = free_port()
    with running(office, "serve", "--port", str(port)) as process:
        url = f"http://127.0.0.1:{port}"
        assert answers(f"{url}/healthz") == 200

        trees, ready = ask(f"{url}/v1/trees", key), ask(f"{url}/readyz", key)

        assert (ready["ready"], ready["trees"]) == (True, True)
        assert {"edition", "trees"} <= set(ready["trouble"])
        assert [each["id"] for each in trees["items"]] == sorted(before.edition.trees)
        assert {each["version"] for each in trees["items"]} == set(before.edition.trees.values())
        (fault,) = trees["faults"]
        assert (fault["file"], fault["value"]) == ("colombia.yaml", "cordinator")
        process.gets(signal.SIGTERM)
        said = process.ends()
    assert said.code == 0
    (started,) = [json.loads(each) for each in said.err.splitlines() if '"started"' in each]
    assert (started["version"], started["host"], started["port"]) == (__version__, "127.0.0.1", port)
    assert (started["database"], started["trees"]) == ("sqlite", before.edition.trees)
    (line,) = [json.loads(each) for each in said.err.splitlines() if "last_edition_in_force" in each]
    assert (line["level"], len(line["faults"])) == ("error", 1)
    assert "cordinator" in line["faults"][0]


@pytest.mark.usefixtures("before")
@pytest.mark.parametrize(
    "words",
    [
        ["raise", "--country", "CO", "--type", "arrest"],
        ["duty", "show"],
        ["pins", "set", "north/ana", "--one-time", "1"],
        ["keys", "create", "--team", "north", "--scope", "raise"],
    ],
    ids=["raise", "duty", "pins", "keys"],
)
def test_a_command_uses_the_last_good_edition_and_says_so(office: Office, tree: Path, words: list[str]) -> None:
    misspells(tree)

    said = office.types(*words)

    assert (said.code, len(said.out.splitlines())) == (0, 1)
    assert "colombia.yaml" in said.err
    assert "The last good edition of the database is used" in said.err


def test_a_folder_of_trees_that_is_away_is_a_slip_too(office: Office, before: Runtime, tree: Path) -> None:
    shutil.rmtree(tree.parent)

    said = office.types("raise", "--country", "CO", "--type", "arrest")

    assert (said.code, len(said.out.splitlines())) == (0, 1)
    assert str(tree.parent) in said.err


def test_broken_templates_leave_the_last_good_ones_in_force(office: Office, before: Runtime, tmp_path: Path) -> None:
    folder = tmp_path / "templates"
    shutil.copytree(REPOSITORY / "message_templates", folder)
    office.env["ALERTNET_MESSAGE_TEMPLATES"] = str(folder)
    (folder / "alert/en/sms.j2").write_text("{{ place }}")

    said = office.types("raise", "--country", "CO", "--type", "arrest")

    assert said.code == 0
    assert "alert/en/sms.j2:1: unknown name 'place'" in said.err


@pytest.mark.usefixtures("before")
def test_a_start_looks_again_at_templates_that_were_edited_and_at_no_others(office: Office, tmp_path: Path) -> None:
    """A8: the verdict holds for these very texts: what is edited is looked at, and refused where it is broken."""
    templates = tmp_path / "templates"
    shutil.copytree(REPOSITORY / "message_templates", templates)
    for path in templates.rglob("*.j2"):
        # What the commands of these tests are forked from has parsed none of it.
        path.write_text(f"{{# ours #}}{path.read_text()}")
    office.env["ALERTNET_MESSAGE_TEMPLATES"] = str(templates)

    def starts() -> tuple[int, int]:
        parsed, faults = map(int, office.types(program=start).out.split())
        return parsed, faults

    first, again = starts(), starts()
    with (templates / "alert" / "en" / "sms.j2").open("a") as file:
        file.write("{{ nobody_knows }}")
    edited = starts()

    assert (first[0] > 200, first[1]) == (True, 0)
    assert again == (0, 0)
    assert (edited[0] > 200, edited[1]) == (True, 1)


def test_a_first_start_looks_at_no_templates_that_ship_unless_the_public_url_is_one_of_its_own_kind(
    office: Office, runtime: Runtime
) -> None:
    """The tests find no fault in them, with a URL of plain signs: any other sign takes more room in a text."""

    def verdicts_after_start() -> int:
        office.types(program=start)
        return len(runtime.read(lambda tx: tx.session.execute(select(documents).filter_by(kind=VERDICT)).all()))

    as_shipped = verdicts_after_start()
    office.env["ALERTNET_PUBLIC_URL"] = "https://alarm.example.org/~us"

    assert (as_shipped, verdicts_after_start()) == (0, 1)


@pytest.mark.usefixtures("runtime")
def test_templates_of_another_version_are_completed_and_said_once_beside_what_is_printed(
    office: Office, tmp_path: Path
) -> None:
    """What the folder lacks ships with the program, what is unknown is passed over with a warning."""
    folder = tmp_path / "templates"
    shutil.copytree(REPOSITORY / "message_templates", folder)
    shutil.move(folder / "task", folder / "evacuation")
    office.env["ALERTNET_MESSAGE_TEMPLATES"] = str(folder)

    said = office.types("raise", "--country", "CO", "--type", "arrest")

    assert (said.code, len(said.out.splitlines())) == (0, 1)
    (line,) = [json.loads(each) for each in said.err.splitlines() if "templates_of_another_version" in each]
    assert (line["level"], "evacuation/en/sms.j2" in line["unknown"]) == ("warning", True)


def test_a_method_that_lacks_its_settings_leaves_the_last_good_trees_in_force(
    office: Office, before: Runtime, tree: Path
) -> None:
    """As long as these can do without them."""
    del office.env["ALERTNET_SMTP_URL"]

    err = office.refused("raise", "--country", "CO", "--type", "arrest")

    assert "ALERTNET_SMTP_URL: missing" in err


@pytest.mark.usefixtures("runtime")
@pytest.mark.parametrize("words", [["serve"], ["worker"], ["duty", "show"]], ids=["serve", "worker", "duty"])
def test_a_first_start_without_any_good_edition_ends(office: Office, tree: Path, words: list[str]) -> None:
    misspells(tree)

    err = office.refused(*words)

    assert "colombia.yaml" in err
    assert "did you mean coordinator" in err


def test_an_env_file_that_cannot_be_read_is_named_by_every_command(office: Office) -> None:
    (office.folder / ".env").write_bytes(b"ALERTNET_KEEP=\xff\n")

    assert office.refused("incidents", "list") == ".env: can't be read: it is no text in UTF-8\n"
