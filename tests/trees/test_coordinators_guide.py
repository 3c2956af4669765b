"""The guide for coordinators is true: its files are whole, and it leaves no key out."""

import re
from datetime import date
from pathlib import Path

import pytest

from alertnet.trees import read_network
from alertnet.trees.forms.tree_form import ContactForm, LevelForm, TreeForm
from tests.trees.checking import advise, check_folder

GUIDE = (Path(__file__).parents[2] / "docs" / "coordinators.md").read_text()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What somebody has who has typed the guide's files."""
    tree, teams = re.findall(r"```yaml\n(.*?)```", GUIDE, flags=re.DOTALL)
    (tmp_path / "valley.yaml").write_text(tree)
    (tmp_path / "teams.yaml").write_text(teams)
    return tmp_path


def test_its_first_tree_has_no_fault_and_needs_no_advice(folder: Path) -> None:
    assert list(read_network(folder).trees) == ["valley"]
    assert check_folder(folder) == ()
    assert [str(each) for each in advise(folder, date(2026, 11, 24))] == []


def test_its_example_of_a_fault_is_what_the_check_says(folder: Path) -> None:
    tree = folder / "valley.yaml"
    tree.write_text(tree.read_text().replace("[embassy-es]", "[embasy-es]"))

    (fault,) = check_folder(folder)
    assert str(fault) in GUIDE


@pytest.mark.parametrize("form", [TreeForm, ContactForm, LevelForm])
def test_it_leaves_no_key_out(form: type[TreeForm | ContactForm | LevelForm]) -> None:
    described = set(re.findall(r"`([a-z_]+)`", GUIDE)) | {"contacts", "levels"}

    assert set(form.model_fields) <= described
