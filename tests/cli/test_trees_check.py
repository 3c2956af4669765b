"""`trees check`: faults end with 2, what is unwise with 1 if asked for, and programs can read both."""

import json
import shutil
from pathlib import Path

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
