"""Contacts that several trees share: where they are read from, and what is refused of an `include:`."""

import weakref
from pathlib import Path

import pytest

from alertnet.core.directory.contact import Contact
from alertnet.trees import read_network
from alertnet.trees.reading.yaml_file import read_document
from tests.trees.checking import faults_of

EMBASSY = """\
contacts:
  embassy-fr:
    role: embassy
    organisation: Embassy of France
    methods: [{sms: "+33155500103"}]
"""


def valley_that_includes(folder: Path, value: str, notify: str = "embassy-fr") -> None:
    """The small tree, which begins with an include (its first line) and tells a contact of it."""
    path = folder / "valley.yaml"
    path.write_text(f"include: {value}\n" + path.read_text().replace("[embassy-es]", f"[embassy-es, {notify}]"))


def shared(folder: Path, name: str = "shared.yaml", text: str = EMBASSY) -> None:
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)


def embassy_of(folder: Path) -> Contact:
    return read_network(folder).trees["valley"].contacts["embassy-fr"]


def test_a_tree_tells_the_contacts_that_it_includes(folder: Path) -> None:
    shared(folder)
    valley_that_includes(folder, "shared.yaml")
    assert faults_of(folder) == []
    assert embassy_of(folder).included_from == "shared.yaml"
    assert read_network(folder).trees["valley"].contacts["desk"].included_from is None


def test_an_included_contact_has_the_defaults_of_the_tree(folder: Path) -> None:
    shared(folder)
    valley_that_includes(folder, "shared.yaml")
    assert (embassy_of(folder).language, embassy_of(folder).timezone) == ("es", "America/Bogota")


def test_a_file_in_a_subfolder_may_include_its_neighbour(folder: Path) -> None:
    shared(folder, "embassies/latin.yaml", EMBASSY.replace("fr", "pt") + "include: europe.yaml\n")
    shared(folder, "embassies/europe.yaml")
    valley_that_includes(folder, "[embassies/latin.yaml]")
    assert faults_of(folder) == []
    assert embassy_of(folder).included_from == "embassies/europe.yaml"


def test_a_tree_may_have_no_contact_but_included_ones(folder: Path) -> None:
    text = (folder / "valley.yaml").read_text()
    before, contacts = text.split("contacts:\n")
    contacts, levels = contacts.split("levels:\n")
    shared(folder, "shared.yaml", "contacts:\n" + contacts)
    (folder / "valley.yaml").write_text(f"{before}include: shared.yaml\nlevels:\n{levels}")
    assert faults_of(folder) == []
    told = read_network(folder).trees["valley"].contacts.values()
    assert {contact.included_from for contact in told} == {"shared.yaml"}


def test_one_included_contact_is_one_recipient_in_all_trees(folder: Path) -> None:
    """B1: the same contact in several trees, out of one included file, also where it has no number at all."""
    shared(folder)
    valley_that_includes(folder, "shared.yaml")
    text = (folder / "valley.yaml").read_text()
    (folder / "hill.yaml").write_text(text.replace("tree: valley", "tree: hill"))
    trees = read_network(folder).trees
    first, second = (trees[id].contacts["embassy-fr"] for id in ("valley", "hill"))
    assert first.is_same_recipient(second)
    assert not first.is_same_recipient(trees["hill"].contacts["embassy-es"])


def test_a_fault_in_an_included_contact_carries_the_line_of_its_own_file(folder: Path) -> None:
    shared(folder, text=EMBASSY.replace("role: embassy", "role: embasy") + "    deputy: embassy-ff\n")
    valley_that_includes(folder, "shared.yaml")
    [role, deputy] = faults_of(folder)
    assert role.startswith("shared.yaml:3:11: contacts.embassy-fr.role: unknown role 'embasy'")
    assert deputy.startswith("shared.yaml:6:13: contacts.embassy-fr.deputy: unknown contact 'embassy-ff'")


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        ("../shared.yaml", "leads out of the folder of the trees: '../shared.yaml'"),
        ("../../../../etc/passwd.yaml", "leads out of the folder of the trees:"),
        ("/etc/shared.yaml", "not a file of contacts '/etc/shared.yaml'"),
        ("shared.txt", "not a file of contacts 'shared.txt' (allowed: a path from here"),
        ("[shared]", "not a file of contacts 'shared' (allowed: a path from here"),
        ("linked.yaml", "leads out of the folder of the trees: 'linked.yaml'"),
        ("valley.yaml", "includes go round in a circle, valley.yaml → valley.yaml:"),
        ("teams.yaml", "is no file of contacts alone (no 'tree', no 'levels'): 'teams.yaml'"),
        ("[[shared.yaml]]", "needs a single value"),
    ],
)
def test_what_can_not_be_included_is_refused_at_the_include(value: str, fault: str, folder: Path) -> None:
    (folder / "teams.yaml").write_text("people: {}\n")
    (folder / "linked.yaml").symlink_to("/etc/hosts.yaml")
    (folder.parent / "shared.yaml").write_text(EMBASSY)
    valley_that_includes(folder, value, notify="desk")
    lines = [line for line in faults_of(folder) if line.startswith("valley.yaml:1:")]
    assert any(fault in line for line in lines), lines


def test_files_that_include_each_other_are_a_fault(folder: Path) -> None:
    shared(folder, "a.yaml", EMBASSY + "include: b.yaml\n")
    shared(folder, "b.yaml", EMBASSY.replace("fr", "pt") + "include: a.yaml\n")
    valley_that_includes(folder, "a.yaml")
    assert any(
        "includes go round in a circle, a.yaml → b.yaml → a.yaml: 'a.yaml'" in line for line in faults_of(folder)
    )


def test_a_file_that_is_not_there_is_named_and_its_contacts_are_not_called_unknown(folder: Path) -> None:
    valley_that_includes(folder, "shared.yaml")
    assert faults_of(folder) == ["valley.yaml:1:10: include: there is no such file: 'shared.yaml'"]


def test_a_contact_that_stands_in_two_files_is_a_fault(folder: Path) -> None:
    shared(folder, text=EMBASSY.replace("fr", "es"))
    valley_that_includes(folder, "shared.yaml", notify="desk")
    [fault] = faults_of(folder)
    assert "contacts.embassy-es: duplicate contact, also at shared.yaml:2" in fault


def test_a_file_that_is_included_twice_brings_its_contacts_once(folder: Path) -> None:
    shared(folder)
    shared(folder, "more.yaml", EMBASSY.replace("fr", "pt") + "include: shared.yaml\n")
    valley_that_includes(folder, "[shared.yaml, more.yaml]")
    assert faults_of(folder) == []
    assert embassy_of(folder).included_from == "shared.yaml"


def test_what_a_file_said_before_it_was_edited_is_let_go_and_the_others_are_kept(folder: Path) -> None:
    """A9: the numbers that are no longer in it lie in no memory, however often somebody types another."""
    shared(folder)
    valley_that_includes(folder, "shared.yaml")
    embassy_of(folder)
    edited, other = (weakref.ref(read_document(folder / name, name)) for name in ("shared.yaml", "valley.yaml"))
    assert None not in (edited(), other())

    for digit in "456":
        shared(folder, text=EMBASSY.replace("103", f"10{digit}"))
        assert [method.address for method in embassy_of(folder).methods] == [f"+3315550010{digit}"]

    assert edited() is None
    assert other() is read_document(folder / "valley.yaml", "valley.yaml")
