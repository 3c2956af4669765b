"""`trees check`: faults end with 2, what is unwise with 1 if asked for, and programs can read both."""

import json
import shutil
from pathlib import Path

import pytest

from alertnet.runtime.wiring import Runtime
from alertnet.store.records.credentials import number_tests
from tests.cli.conftest import REPOSITORY, Office

TREES = str(REPOSITORY / "contact_trees")


def broken(office: Office) -> Path:
    folder = office.folder / "broken"
    folder.mkdir()
    text = (REPOSITORY / "tests/trees/valley.yaml").read_text()
    (folder / "valley.yaml").write_text(text.replace("notify: [", "notify: [nobody-at-all, ", 1))
    return folder


def test_what_is_unwise_is_a_warning_and_ends_with_one_only_if_asked_for(office: Office) -> None:
    folder = office.folder / "unwise"
    shutil.copytree(TREES, folder)
    tree = folder / "colombia.yaml"
    tree.write_text(tree.read_text().replace("verified: 2026-09-03", "verified: 2025-09-03", 1))

    plain = office.types("trees", "check", str(folder))
    strict = office.types("trees", "check", str(folder), "--strict")

    assert (plain.code, strict.code) == (0, 1)
    assert "warning: colombia.yaml:" in plain.out
    assert "no faults" in strict.out


def test_there_is_nothing_unwise_in_the_examples(office: Office) -> None:
    """Whoever begins with them sees by a warning what is their own."""
    strict = office.types("trees", "check", TREES, "--strict")

    assert (strict.code, strict.out.strip()) == (
        0,
        f"{TREES}: no faults. Trees: colombia, international. Teams: north.",
    )


def test_json_tells_faults_from_warnings(office: Office) -> None:
    said = office.types("trees", "check", str(broken(office)), "--format", "json")

    (fault,) = [each for each in json.loads(said.out) if each["severity"] == "error"]
    assert said.code == 2
    assert (fault["file"], fault["value"]) == ("valley.yaml", "nobody-at-all")
    assert fault["allowed"] == ["desk", "embassy-es"]


def test_github_shows_each_at_its_line(office: Office) -> None:
    folder = broken(office)

    said = office.types("trees", "check", str(folder), "--format", "github")

    assert said.code == 2
    assert said.out.startswith(f"::error file={folder}/valley.yaml,line=")


@pytest.mark.usefixtures("runtime")
def test_who_has_answered_a_test_since_needs_not_be_tried_again(office: Office, runtime: Runtime) -> None:
    """What the records say counts as if it stood in the file; without a database the file is all there is."""
    folder = office.folder / "stale"
    shutil.copytree(TREES, folder)
    tree = folder / "colombia.yaml"
    tree.write_text(tree.read_text().replace("verified: 2026-10-01", "verified: 2024-10-01"))

    before = office.types("trees", "check", str(folder)).out
    office.types("numbers", "test", "colombia/coordinator")
    sent = runtime.read(lambda tx: number_tests.every(tx.session))
    runtime.transact(lambda tx: [number_tests.answer(tx, each, "sms") for each in sent])
    after = office.types("trees", "check", str(folder)).out

    assert [line for line in before.splitlines() if line not in after.splitlines()] == [
        next(line for line in before.splitlines() if "contacts.coordinator.verified: was last tried" in line)
    ]
    assert "contacts.coordinator-2.verified: was last tried" in after
