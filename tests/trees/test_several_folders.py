"""Several files of the field, and trees in a folder that installations share: `own:shared` (B1)."""

from pathlib import Path
from shutil import copy

import pytest

from alertnet.trees import read_network
from alertnet.trees.folder_files import beside_shared, pack, path_of, unpack
from tests.trees.checking import faults_of
from tests.trees.conftest import VALLEY

NORTH = 'teams: {north: {country: CO, language: es, members: {ana: {name: Ana, phone: "+573005550001"}}}}\n'
SOUTH = """teams: {south: {country: CO, language: es, members: {luis: {name: Luis, phone: "+573005550002"}}}}
people: {P7: {nationality: ES, consent: international}}
"""
CONTACTS = """contacts:
  geneva:
    role: coordinator
    organisation: Geneva
    methods: [{sms: "+41225550101"}]
    duty: {rota: [eva], change: "Mo 09:00"}
"""
WORLD = """
tree: world
title: International network
scope: international
serves: {countries: ["*"]}
timezone: UTC
language: en
sender: WORLD
callback: "+41225550101"
last_resort: [geneva]
include: offices/geneva.yaml
levels: [{name: Coordination, notify: [geneva]}]
"""


@pytest.fixture
def both(tmp_path: Path) -> Path:
    """One's own folder, and one that is shared, as the setting names them."""
    own, shared = tmp_path / "own", tmp_path / "shared"
    (shared / "offices").mkdir(parents=True)
    own.mkdir()
    copy(VALLEY, own)
    (own / "teams.yaml").write_text(NORTH)
    (own / "teams-south.yaml").write_text(SOUTH)
    (shared / "world.yaml").write_text(WORLD)
    (shared / "offices" / "geneva.yaml").write_text(CONTACTS)
    (shared / "teams.yaml").write_text('staff: {eva: {name: Eva, phone: "+41225550109", language: en}}\n')
    return Path(f"{own}:{shared}")


def test_all_files_of_the_field_and_all_trees_of_both_folders_are_one_network(both: Path) -> None:
    network = read_network(both)

    assert sorted(network.trees) == ["valley", "world"]
    assert sorted(network.teams) == ["north", "south"]
    assert list(network.people) == ["P7"]
    geneva = network.trees["world"].contacts["geneva"]
    assert geneva.duty is not None
    assert [each.id for each in geneva.duty.rota] == ["staff/eva"]


def test_an_id_or_phone_in_two_files_of_the_field_is_found_at_the_second(both: Path, tmp_path: Path) -> None:
    (tmp_path / "own" / "teams-west.yaml").write_text(NORTH)

    assert faults_of(both)[:2] == [
        "teams-west.yaml:1:9: teams.north: duplicate team, first at teams.yaml:1: 'north'",
        "teams-west.yaml:1:78: teams.north.members.ana.phone: duplicate phone, first at teams.yaml:1: '+573005550001'",
    ]


@pytest.mark.parametrize(
    ("file", "text", "line", "fault"),
    [
        ("teams.yaml", NORTH, 1, "teams: teams belong into an installation's own folder"),
        ("teams.yaml", SOUTH, 2, "people: people belong into an installation's own folder"),
        ("countries.yaml", "countries: {}\n", 1, "belongs into an installation's own folder"),
        ("more.yaml", "levels: []\n", 1, "required key"),
    ],
)
def test_what_of_a_shared_folder_would_show_in_the_others_is_refused_at_its_place(
    both: Path, tmp_path: Path, file: str, text: str, line: int, fault: str
) -> None:
    (tmp_path / "shared" / file).write_text(text)

    assert [each for each in faults_of(both) if each.startswith(f"shared/{file}:{line}:") and fault in each]
    assert path_of(both, f"shared/{file}") == tmp_path / "shared" / file


def test_a_tree_that_stands_in_both_is_a_fault_that_names_both(both: Path, tmp_path: Path) -> None:
    (tmp_path / "own" / "world.yaml").write_text(WORLD.replace("include: offices/geneva.yaml", CONTACTS))

    assert any("duplicate tree id, first at world.yaml:2" in each for each in faults_of(both))


def test_what_is_kept_tells_them_apart_and_what_is_written_again_is_ones_own_alone(both: Path, tmp_path: Path) -> None:
    new = tmp_path / "new"
    new.mkdir()
    kept = pack(both)

    unpack(kept, new)

    assert sorted(path.name for path in new.iterdir()) == ["teams-south.yaml", "teams.yaml", "valley.yaml"]
    assert pack(beside_shared(new, both)) == kept
    (tmp_path / "shared" / "world.yaml").write_text(WORLD.replace("Coordination", "Geneva"))
    assert pack(both) != kept


def test_a_missing_shared_folder_is_named(both: Path, tmp_path: Path) -> None:
    assert faults_of(Path(f"{tmp_path / 'own'}:{tmp_path / 'none'}")) == [
        f"{tmp_path / 'none'}: can't be read: No such file or directory"
    ]
