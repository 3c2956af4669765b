"""A folder as a whole: what its trees and teams come to, and the faults between its files."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from alertnet.core.codec import from_plain, to_plain
from alertnet.core.directory.contact import Method, MethodKind
from alertnet.core.directory.contact_tree import (
    ActionDue,
    ContactTree,
    Level,
    NeedsGo,
    Network,
    Otherwise,
    Repeat,
    Then,
)
from alertnet.core.directory.when import When
from alertnet.core.errors import Misconfigured
from alertnet.core.incident import Affected, PersonKind, Scope, Severity
from alertnet.trees import read_network
from tests.trees.checking import faults_of


def valley_with(folder: Path, **replaced: str) -> ContactTree:
    """The small tree with some of its lines replaced: the key in front, the new line or lines behind."""
    path = folder / "valley.yaml"
    lines = path.read_text().splitlines()
    written = [replaced.get(line.strip().removeprefix("- ").split(":")[0], line) for line in lines]
    path.write_text("\n".join(written))
    return read_network(folder).trees["valley"]


def test_the_smallest_tree_has_the_defaults_of_the_design(folder: Path) -> None:
    """B3: rounds 3, wait 15 m, no repeat, one answer is enough, the accused are asked about."""
    tree = read_network(folder).trees["valley"]
    assert (tree.rounds, tree.start.after, tree.ask_if_unknown_perpetrator) == (3, timedelta(), True)
    assert tree.levels[0] == Level(
        "Coordination", ("desk",), "any", timedelta(minutes=15), When(), None, None, None, None
    )
    assert (tree.contacts["desk"].language, tree.contacts["desk"].timezone) == ("es", "America/Bogota")


def test_an_unquoted_number_keeps_its_plus(folder: Path) -> None:
    assert valley_with(folder, callback="callback: +573005550101").callback == "+573005550101"


def test_no_is_norway_and_not_false(folder: Path) -> None:
    tree = valley_with(folder, serves="serves: {countries: [NO, CO]}", language="language: no")
    assert tree.countries == {"NO", "CO"}
    assert tree.language == "no"


def test_values_that_yaml_1_1_would_alter_stay_as_written(folder: Path) -> None:
    assert valley_with(folder, title="title: 1e3").title == "1e3"
    assert valley_with(folder, title="title: 22:00").title == "22:00"
    assert valley_with(folder, title="title: ~").title == "~"


def test_a_title_is_one_for_all_or_one_for_each_language(folder: Path) -> None:
    """The valley speaks Spanish: to whom neither title is addressed, that one is said."""
    one = valley_with(folder, title="title: Valley")
    several = valley_with(folder, title="title: {de: Talnetz, es: Red del valle}")

    assert (one.title, one.titles) == ("Valley", {})
    assert [several.title_in(language) for language in ("de-AT", "es", "fr")] == [
        *("Talnetz", "Red del valle", "Red del valle")
    ]
    assert several.title == "Red del valle"


def test_a_title_names_the_place_of_its_fault(folder: Path) -> None:
    text = (folder / "valley.yaml").read_text()
    (folder / "valley.yaml").write_text(text.replace("title: ", "title: {spanish: x}  # ", 1))

    (fault,) = faults_of(folder)
    assert "title.spanish: not a language 'spanish'" in fault


def test_an_ask_is_a_code_or_the_networks_own_words(folder: Path) -> None:
    """A level's stands there by language, a contact's single one for all of them."""
    several = 'ask: {en: "ask the mayor", es: preguntar al alcalde}'
    file = folder / "valley.yaml"
    file.write_text(file.read_text().replace("role: embassy", "role: embassy\n    ask: observe"))
    tree = valley_with(folder, notify=f"    notify: [embassy-es]\n    {several}")

    assert tree.levels[1].ask == {"en": "ask the mayor", "es": "preguntar al alcalde"}
    assert tree.contacts["embassy-es"].ask == {"en": "observe"}
    assert from_plain(Level, to_plain(tree.levels[1])) == tree.levels[1]


def test_an_unknown_code_of_an_ask_is_named_with_those_that_are_known(folder: Path) -> None:
    text = (folder / "valley.yaml").read_text()
    (folder / "valley.yaml").write_text(text.replace("    role:", "    ask: call_autority\n    role:", 1))

    (fault,) = faults_of(folder)
    assert "ask: unknown ask 'call_autority' (known: call_authority, visit, observe, protect," in fault
    assert "did you mean call_authority?" in fault


def test_a_level_is_read_with_all_that_it_can_hold(folder: Path) -> None:
    rules = """
    acknowledge: 1
    wait: 90s
    when: {severity: [critical, serious], type: [arrest], nationality: match}
    needs_go: {unless_severity: [critical], proceed_after: 20m}
    repeat: {every: 3m, times: 2}
    then: stop
    action_due: {after: 60m, otherwise: again}"""
    tree = valley_with(folder, notify=f"    notify: [desk]{rules}")
    assert tree.levels[1] == Level(
        name="Embassies",
        notify=("desk",),
        acknowledge=1,
        wait=timedelta(seconds=90),
        when=When(frozenset({Severity.CRITICAL, Severity.SERIOUS}), frozenset({"arrest"}), nationality=True),
        needs_go=NeedsGo(frozenset({Severity.CRITICAL}), timedelta(minutes=20)),
        repeat=Repeat(timedelta(minutes=3), 2),
        then=Then.STOP,
        action_due=ActionDue(timedelta(hours=1), Otherwise.AGAIN),
    )


def test_a_contact_is_read_with_all_that_it_can_hold(folder: Path) -> None:
    details = """
    role: embassy
    represents: ES
    name: Human rights officer
    language: en
    timezone: Europe/Madrid
    disclosure: limited
    belongs_to: police
    deputy: desk
    priority: true
    pin: true
    drills: true
    verified: 2026-10-01
    methods: [{call: +34600550102, extension: ww12, after: 2m, acknowledges_as: relay}]"""
    text = (folder / "valley.yaml").read_text()
    start, rest = text.split("  embassy-es:\n")
    levels = rest[rest.index("levels:") :]
    (folder / "valley.yaml").write_text(f"{start}  embassy-es:\n    organisation: Embassy of Spain{details}\n{levels}")
    embassy = read_network(folder).trees["valley"].contacts["embassy-es"]
    assert embassy.methods == (Method(MethodKind.CALL, "+34600550102", timedelta(minutes=2), "ww12", relays=True),)
    assert (embassy.represents, embassy.belongs_to, embassy.deputy) == ("ES", "police", "desk")
    assert (embassy.language, embassy.timezone, embassy.disclosure) == ("en", "Europe/Madrid", "limited")
    assert (embassy.priority, embassy.pin, embassy.drills, embassy.verified) == (True, True, True, date(2026, 10, 1))


def test_every_type_is_the_same_as_naming_none(folder: Path) -> None:
    tree = valley_with(folder, notify='    notify: [desk]\n    when: {type: ["*"]}')
    assert tree.levels[1].when == When()


@pytest.mark.parametrize(
    ("role", "scope"),
    [
        ("role: ombuds", Scope.NATIONAL),
        ("role: ngo\n    scope: public", Scope.PUBLIC),
        ("role: embassy", Scope.INTERNATIONAL),
        ("role: media\n    scope: national", Scope.INTERNATIONAL),
        ("role: media\n    scope: public", Scope.PUBLIC),
        ("role: coordinator\n    scope: public", Scope.INTERNAL),
    ],
)
def test_the_scope_of_a_contact_follows_its_role_and_tree(role: str, scope: Scope, folder: Path) -> None:
    """A3: coordinators are internal in every tree; news to those abroad needs consent to go there."""
    path = folder / "valley.yaml"
    path.write_text(path.read_text().replace("role: embassy", role))
    assert read_network(folder).trees["valley"].contacts["embassy-es"].scope is scope


def test_last_resort_is_internal_even_against_its_own_scope(folder: Path) -> None:
    """A3: `last_resort` is internal in every tree."""
    tree = valley_with(folder, last_resort="last_resort: [embassy-es]")
    assert tree.contacts["embassy-es"].scope is Scope.INTERNAL


def test_a_tree_starts_when_the_others_are_not_acknowledged(folder: Path) -> None:
    tree = valley_with(folder, sender="sender: PBI\nstart: {after: 30m, unless: acknowledged}")
    assert (tree.start.after, tree.start.unless_acknowledged) == (timedelta(minutes=30), True)


def test_teams_and_people_are_read_with_their_defaults(folder: Path) -> None:
    (folder / "teams.yaml").write_text(
        "teams:\n  north:\n    country: CO\n    language: es\n"
        "    members: {ana: {name: Ana, phone: +573005550001}}\n"
        "people:\n  P9: {kind: defender, consent: national, exclude: [embassy, Valley office, desk]}\n"
    )
    network = read_network(folder)
    north = network.teams["north"]
    assert north.consent is Scope.INTERNAL
    assert (north.members["ana"].language, north.members["ana"].silent) == ("es", False)
    assert (north.timezone, north.callback) == (None, None)
    excluded = ("embassy", "Valley office", "desk")
    assert network.people["P9"] == Affected("P9", PersonKind.DEFENDER, consent=Scope.NATIONAL, exclude=excluded)


def test_a_team_may_have_a_zone_and_a_number_to_call_of_its_own(folder: Path) -> None:
    """B1: whoever calls from Kathmandu is not told times of Bogota."""
    text = (
        "teams: {north: {country: CO, language: es, timezone: Asia/Kathmandu, callback: +32470550101, members: {M}}}\n"
    )
    (folder / "teams.yaml").write_text(text.replace("{M}", "{ana: {name: Ana, phone: +573005550001}}"))

    north = read_network(folder).teams["north"]

    assert (north.timezone, north.callback) == ("Asia/Kathmandu", "+32470550101")


@pytest.mark.parametrize(("key", "value"), [("timezone", "Bogota"), ("callback", "0300")])
def test_a_zone_or_number_that_there_is_not_is_a_fault_of_the_team(folder: Path, key: str, value: str) -> None:
    (folder / "teams.yaml").write_text(
        f'teams:\n  north:\n    {key}: "{value}"\n    country: CO\n    language: es\n'
        "    members: {ana: {name: Ana, phone: +573005550001}}\n"
    )

    (fault,) = faults_of(folder)

    assert "teams.yaml:3:" in fault
    assert f"teams.north.{key}: " in fault


def test_faults_of_teams_name_their_lines(folder: Path) -> None:
    (folder / "teams.yaml").write_text(
        "teams:\n  north:\n    country: CO\n    language: es\n    members:\n"
        "      ana: {name: Ana, phone: +573005550001}\n"
        "      luis: {name: Luis, phone: +573005550001, loud: true}\n"
        "people:\n  p7: {kind: defender}\n  P9: {exclude: [ministry-defence, desk], consent: C2}\n"
    )
    faults = faults_of(folder)
    assert [fault.split(": ")[:2] for fault in faults] == [
        ["teams.yaml:7:33", "teams.north.members.luis.phone"],
        ["teams.yaml:7:48", "teams.north.members.luis.loud"],
        ["teams.yaml:9:3", "people.p7"],
        ["teams.yaml:10:18", "people.P9.exclude.0"],
        ["teams.yaml:10:52", "people.P9.consent"],
    ]
    assert "duplicate phone, first at teams.yaml:6: '+573005550001'" in faults[0]
    assert "unknown contact, organisation or role 'ministry-defence'" in faults[3]


def test_a_phone_may_be_a_members_and_a_contacts(folder: Path) -> None:
    (folder / "teams.yaml").write_text(
        "teams: {north: {country: CO, language: es, members: {ana: {name: Ana, phone: +573005550101}}}}\n"
    )
    assert faults_of(folder) == []
    network = read_network(folder)
    assert network.teams["north"].members["ana"].phone in network.trees["valley"].contacts["desk"].numbers


def test_all_faults_of_all_files_are_raised_at_once(folder: Path) -> None:
    (folder / "broken.yaml").write_text("tree: [\n")
    (folder / "teams.yaml").write_text("teem: {}\n")
    path = folder / "valley.yaml"
    path.write_text(path.read_text().replace("sender: PBI", "sender: PBI €").replace("[embassy-es]", "[embasy]"))
    with pytest.raises(Misconfigured) as caught:
        read_network(folder)
    places = [fault.split(": ")[0] for fault in caught.value.faults]
    assert places == ["broken.yaml:2:1", "teams.yaml:1:1", "valley.yaml:7:9", "valley.yaml:23:14"]


def test_two_trees_of_one_id_are_a_fault(folder: Path) -> None:
    (folder / "copy.yaml").write_text((folder / "valley.yaml").read_text())
    assert faults_of(folder) == ["valley.yaml:1:7: tree: duplicate tree id, first at copy.yaml:1: 'valley'"]


def test_a_tree_of_another_file_may_bring_the_coordinator(folder: Path) -> None:
    valley = (folder / "valley.yaml").read_text()
    (folder / "embassies.yaml").write_text(
        valley.replace("tree: valley", "tree: embassies").replace("role: coordinator", "role: ngo")
    )
    assert faults_of(folder) == []
    (folder / "valley.yaml").unlink()
    assert faults_of(folder) != []


def test_a_folder_without_a_tree_is_a_fault(tmp_path: Path) -> None:
    """A2: an incident never resolves to nobody."""
    (tmp_path / "teams.yaml").write_text("people: {}\n")
    assert faults_of(tmp_path) == [f"{tmp_path}: holds no contact tree: needs at least one *.yaml"]


def test_a_folder_that_is_not_there_is_a_fault(tmp_path: Path) -> None:
    assert faults_of(tmp_path / "none") == [f"{tmp_path / 'none'}: can't be read: No such file or directory"]


def test_a_tree_survives_being_pinned(folder: Path) -> None:
    """A8: an incident keeps the trees as they were when it opened."""
    network = read_network(folder)
    assert from_plain(Network, to_plain(network)) == network
