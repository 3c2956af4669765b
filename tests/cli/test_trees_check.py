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


def test_what_is_unwise_of_many_is_said_once_with_each_place(office: Office) -> None:
    """Of a country whose phones can't answer, it is true of every contact."""
    folder = office.folder / "valley"
    folder.mkdir()
    text = (REPOSITORY / "tests/trees/valley.yaml").read_text()
    few = "  far-%d: {role: ngo, organisation: O%d, methods: [{sms: '+91995555020%d'}, {email: o%d@example.org}]}\n"
    text = text.replace("contacts:\n", "contacts:\n" + "".join(few % (n, n, n, n) for n in range(3)), 1)
    (folder / "valley.yaml").write_text(text.replace("notify: [", "notify: [far-0, far-1, far-2, ", 1))

    said = office.types("trees", "check", str(folder)).out.splitlines()

    (place,) = [number for number, line in enumerate(said) if "can't be answered in IN" in line]
    assert ": contacts.far-0.methods.0.sms: " in said[place]
    line = int(said[place].split(":")[2])
    assert said[place + 1] == f"    the same of 2 more: {line + 1} far-1, {line + 2} far-2"


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

    def stale() -> list[str]:
        found = json.loads(office.types("trees", "check", str(folder), "--format", "json").out)
        return [each["path"] for each in found if each["message"].startswith("was last tried")]

    before = stale()
    office.types("numbers", "test", "colombia/coordinator")
    sent = runtime.read(lambda tx: number_tests.every(tx.session))
    runtime.transact(lambda tx: [number_tests.answer(tx, each, "sms") for each in sent])

    assert before == ["contacts.coordinator.verified", "contacts.coordinator-2.verified"]
    assert stale() == ["contacts.coordinator-2.verified"]
