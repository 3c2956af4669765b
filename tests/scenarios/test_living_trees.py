"""An edited tree is in force when it is whole; a broken edit changes nothing, and is reported (A8)."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from alertnet.core.errors import WrongState
from alertnet.core.monitoring.self_monitoring import Files
from alertnet.runtime.database.transactions import DatabaseAway
from alertnet.runtime.tree_reloader import LivingTrees
from alertnet.runtime.wiring import Runtime
from alertnet.store.records import editions
from alertnet.store.records.editions import Authorship
from alertnet.trees import read_folder, read_network
from alertnet.trees.folder_files import pack
from alertnet.worker.self_monitoring import beat
from tests.scenarios.conftest import Worlds
from tests.scenarios.valley import CONTACTS, COORDINATION, FIELD, a_tree
from tests.scenarios.world import TRUE, Incident, World, code_in, link_in
from tests.support.rows import in_long

FRIENDS = "  - {name: Friends, notify: [defenders], wait: 5m}\n"
CHANGED = a_tree(COORDINATION + FRIENDS)
RUNG = CONTACTS.replace('[{sms: "+573005550101"}]', '[{sms: "+573005550101"}, {call: "+573005550101"}]')
"""The coordinator may be called too."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "edited"
    folder.mkdir()
    (folder / "valley.yaml").write_text(a_tree(COORDINATION))
    (folder / "teams.yaml").write_text(FIELD)
    return folder


@pytest.fixture
def world(world_on: Worlds, tmp_path: Path, folder: Path) -> World:
    return world_on(f"sqlite:///{tmp_path / 'living.db'}", folder)


def edits(world: World, folder: Path, text: str) -> None:
    (folder / "valley.yaml").write_text(text)
    world.runtime.trees.look()


def starting(world: World, **what: Any) -> Runtime:
    """Another process of the same installation, which starts with that."""
    return replace(world.runtime, start=replace(world.runtime.start, **what))


def listed(world: World) -> dict[str, list[dict[str, object]]]:
    answer = world.client.get("/v1/trees", headers=world.headers)
    return dict(answer.json())


def test_a_whole_edit_is_what_the_next_incident_opens_on(world: World, folder: Path) -> None:
    world.raises()
    edits(world, folder, CHANGED)

    incident = world.raises()

    world.passes(minutes=10)
    assert incident.told() == [("coordinator", "sms"), ("defenders", "sms")]


def test_what_is_open_goes_on_as_it_was_opened(world: World, folder: Path) -> None:
    """A8: running plans are pinned."""
    before = world.raises()
    edits(world, folder, CHANGED)
    after = world.raises()

    world.passes(minutes=10)

    assert [("defenders", "sms") in incident.told() for incident in (before, after)] == [False, True]


def test_a_broken_edit_leaves_the_last_good_one_in_force_and_is_shown(world: World, folder: Path) -> None:
    before = listed(world)["items"]

    edits(world, folder, CHANGED.replace("[defenders]", "[defnders]"))

    (fault,) = listed(world)["faults"]
    assert listed(world)["items"] == before
    assert (fault["file"], fault["value"]) == ("valley.yaml", "defnders")
    assert "did you mean defenders" in str(fault["text"])
    assert world.raises().told() == [("coordinator", "sms")]


def test_machines_see_a_broken_edit_at_once_and_people_hear_of_it_once_it_stays(world: World, folder: Path) -> None:
    """A8: somebody may still be writing it; `/readyz` and the metrics say what `/v1/trees` says."""
    watch = partial(beat, world.runtime, "worker", lambda url, form, headers: "nobody is there")
    edits(world, folder, "tree: [")

    watch()
    world.passes(seconds=9)

    assert world.client.get("/readyz").json()["trouble"] == ["trees"]
    assert 'alertnet_trouble{part="trees"} 1.0' in world.client.get("/metrics").text
    assert world.phone("coordinator").inbox == []
    watch()
    world.passes(seconds=90)
    watch()
    world.passes(seconds=1)
    assert "an edit of the trees is broken" in world.phone("coordinator").inbox[0]


def test_a_mended_edit_is_in_force_and_no_fault_is_left(world: World, folder: Path) -> None:
    edits(world, folder, "tree: [")
    edits(world, folder, CHANGED)

    assert listed(world)["faults"] == []
    assert world.runtime.trees.broken_since is None
    assert len(world.runtime.edition.network.trees["valley"].levels) == 2


def test_a_method_that_no_setting_is_there_for_is_a_fault(world_on: Worlds, tmp_path: Path, folder: Path) -> None:
    world = world_on(f"sqlite:///{tmp_path / 'living.db'}", folder, ALERTNET_SMTP_URL="")

    edits(world, folder, CHANGED.replace('{sms: "+573005550130"}', "{email: d@defenders.example}"))

    (fault,) = listed(world)["faults"]
    assert "ALERTNET_SMTP_URL" in str(fault["text"])


def test_an_edit_is_taken_up_by_itself(world: World, folder: Path) -> None:
    """Within two seconds; the thread is asked to look, so that this waits for no clock."""
    world.runtime.trees.follow()
    (folder / "valley.yaml").write_text(CHANGED)

    assert world.runtime.trees.changed.wait(10)
    assert len(world.runtime.edition.network.trees["valley"].levels) == 2


def published_elsewhere(world: World, folder: Path, text: str) -> None:
    """Another process puts it in force, from a folder of its own."""
    other = folder.with_name("another")
    other.mkdir()
    (other / "valley.yaml").write_text(text)
    (other / "teams.yaml").write_text(FIELD)
    authorship = Authorship("ana", "more friends", "publish", pack(other))
    templates = world.runtime.templates.to_text()
    world.runtime.transact(editions.publish, read_network(other), templates, authorship, world.runtime.edition.number)


def test_what_another_process_published_is_what_the_next_incident_opens_on(world: World, folder: Path) -> None:
    """Without anybody touching the folder; what is open goes on as it was (A8)."""
    before = world.raises()
    published_elsewhere(world, folder, CHANGED)

    world.runtime.trees.look()

    after = world.raises()
    world.passes(minutes=10)
    assert [("defenders", "sms") in incident.told() for incident in (before, after)] == [False, True]


def test_a_start_with_an_old_folder_takes_nothing_back(world: World, folder: Path) -> None:
    published_elsewhere(world, folder, CHANGED)

    restarted = starting(world, network=read_network(folder), files=pack(folder))

    assert len(restarted.edition.network.trees["valley"].levels) == 2
    assert (restarted.edition.number, restarted.trees.faults) == (2, ())


def test_a_start_with_a_folder_that_was_edited_from_before_is_a_fault_and_takes_nothing_back(
    world: World, folder: Path
) -> None:
    """It would undo what was published unseen."""
    published_elsewhere(world, folder, CHANGED)
    (folder / "valley.yaml").write_text(a_tree(COORDINATION, RUNG))

    restarted = starting(world, network=read_network(folder), files=pack(folder))

    assert (restarted.edition.number, restarted.trees.files) == (2, Files.BROKEN_AT_START)
    assert "which ana put in force" in str(restarted.trees.faults[0])
    restarted.trees.look()
    assert restarted.edition.number == 2
    assert restarted.trees.faults


def trees_of(world: World, *meanwhile: Callable[[], object], **start: Any) -> LivingTrees:
    """Those of another process, which starts with that; each of `meanwhile` happens just before it stores something."""
    runtime, left = starting(world, **start), list(meanwhile)

    def transact(flow: Any, *args: Any) -> Any:
        if left:
            left.pop(0)()
        return runtime.transact(flow, *args)

    return LivingTrees(runtime.start, replace(runtime.watched, transact=transact), lambda _: (), runtime.now)


def nothing() -> None:
    """It starts alone."""


def goes_away() -> None:
    """The database, after the edit was looked at."""
    raise DatabaseAway


def test_an_edit_that_could_not_be_stored_is_in_force_at_the_next_look(world: World, folder: Path) -> None:
    trees = trees_of(world, nothing, goes_away)
    assert len(trees.edition.network.trees["valley"].levels) == 1
    (folder / "valley.yaml").write_text(CHANGED)

    with pytest.raises(DatabaseAway):
        trees.look()
    trees.look()

    assert (len(trees.edition.network.trees["valley"].levels), trees.faults) == (2, ())


@pytest.mark.parametrize("at_start", [False, True])
def test_an_edit_at_the_very_moment_of_another_is_a_fault_that_says_so(
    world: World, folder: Path, *, at_start: bool
) -> None:
    """It would undo what was published unseen, and else nobody would hear that it is not in force."""
    edited, publishes = a_tree(COORDINATION, RUNG), partial(published_elsewhere, world, folder, CHANGED)
    if at_start:
        (folder / "valley.yaml").write_text(edited)
        trees = trees_of(world, publishes, network=read_network(folder), files=pack(folder))
    else:
        trees = trees_of(world, nothing, publishes)
    assert trees.edition.number == (2 if at_start else 1)
    (folder / "valley.yaml").write_text(edited)

    for _ in range(2):
        with suppress(WrongState):
            trees.look()

    assert trees.edition.number == 2
    assert "which ana put in force" in str(trees.faults[0])


def test_a_broken_edit_is_told_to_the_coordinators_once_and_wakes_nobody(world: World, folder: Path) -> None:
    """With the fault in `/readyz`; and once more when it is mended."""
    watch = partial(beat, world.runtime, "worker", lambda url, form, headers: "nobody is there")
    edits(world, folder, a_tree(COORDINATION, RUNG))
    edits(world, folder, "tree: [")

    for _ in range(12):
        watch()
        world.passes(minutes=1)

    (told,) = [text for text in world.phone("coordinator").inbox if "trees" in text]
    assert "an edit of the trees is broken" in told
    assert "trees" in world.client.get("/readyz").json()["trouble"]
    assert world.phone("coordinator").calls == []


def test_a_start_on_the_last_good_trees_alarms_the_coordinators_once_and_tells_them_when_it_is_over(
    world: World, folder: Path
) -> None:
    """A8: a restart on files with a fault says so; by SMS and call, whatever the hour."""
    edits(world, folder, a_tree(COORDINATION, RUNG))
    (folder / "valley.yaml").write_text(CHANGED.replace("[defenders]", "[defnders]"))
    restarted = starting(world, network=world.runtime.edition.network, broken=read_folder(folder)[1])
    watch = partial(beat, restarted, "worker", lambda url, form, headers: "nobody is there")

    def nine_minutes() -> None:
        for _ in range(9):
            watch()
            world.passes(minutes=1)

    nine_minutes()
    (told,) = [text for text in world.phone("coordinator").inbox if "trees" in text]
    assert "ALARM" in told
    assert "last good trees" in told
    assert world.phone("coordinator").calls

    (folder / "valley.yaml").write_text(CHANGED)
    restarted.trees.look()
    nine_minutes()

    (_, mended) = [text for text in world.phone("coordinator").inbox if "trees" in text]
    assert "the trees can be used again" in mended


MOVED = FIELD.replace(
    'ana: {name: Ana Example, phone: "+573005550001"', 'ana: {name: Ana Example, phone: "+573005550009"'
)
MOVED = MOVED.replace(
    "people:",
    """  south:
    country: CO
    language: en
    members: {eva: {name: Eva Example, phone: "+573005550001", language: en}}
people:""",
)
"""Ana's telephone was given to Eva, of another team."""


@pytest.mark.parametrize(
    ("text", "alarmed"),
    [
        (f"SOS {TRUE} 31", "threat"),
        (f"NEWS {TRUE} we are safe", "please read"),
        (f"FALSE {TRUE}", "please read"),
        in_long("who is there", "please read"),
        in_long(f"OK {TRUE}", "please read"),
        in_long("LOW", "battery"),
    ],
)
def test_a_phone_that_has_moved_to_another_team_has_no_part_in_what_it_raised_for_the_one_before(
    world: World, folder: Path, text: str, alarmed: str
) -> None:
    """A3, A12: its news are not for those who were told, it withdraws nothing, and its own alarm is one."""
    world.gives_pins("north/ana", "south/eva", duress=None)
    world.texts("ana", f"SOS {TRUE} 30 L12 P9")
    [first] = [incident["ref"] for incident in world.client.get("/v1/incidents", headers=world.headers).json()["items"]]
    before = Incident(world, first).timeline()
    inbox = len(world.phone("coordinator").inbox)
    (folder / "teams.yaml").write_text(MOVED)
    world.runtime.trees.look()
    assert not world.runtime.trees.faults

    reply = world.reply_to("ana", text)

    assert first not in reply
    assert [
        kind for kind in Incident(world, first).timeline()[len(before) :] if "report" in kind or "text" in kind
    ] == []
    assert "withdrawal_asked" not in Incident(world, first).timeline()
    assert any(alarmed in each for each in world.phone("coordinator").inbox[inbox:])


def test_a_member_whose_file_was_edited_otherwise_goes_on_with_what_it_raised(world: World, folder: Path) -> None:
    world.gives_pins("north/ana", duress=None)
    world.texts("ana", f"SOS {TRUE} 30 L12 P9")
    (folder / "teams.yaml").write_text(FIELD.replace("Ana Example", "Ana Maria Example"))
    world.runtime.trees.look()

    assert world.newest().ref in world.reply_to("ana", f"NEWS {TRUE} we are safe")


def test_words_beside_an_old_code_reach_people_also_of_who_has_left_the_trees(world: World, folder: Path) -> None:
    """A12: the ombuds office was told, its incident is closed, and it stands in no tree any more."""
    world.gives_pins("valley/coordinator")
    edits(world, folder, a_tree(COORDINATION.replace("[coordinator]", "[coordinator, ombuds]")))
    incident = world.raises()
    code = code_in(world.phone("ombuds").inbox[0])
    incident.act("close", reason="released")
    left = CONTACTS.replace(
        '  ombuds: {role: ombuds, organisation: Ombuds office, methods: [{sms: "+573005550120"}]}\n', ""
    )
    edits(world, folder, a_tree(COORDINATION, left))
    before = len(world.phone("coordinator").inbox)

    reply = world.reply_to("ombuds", f"{code} they took her again")

    assert "went to our coordinator" in reply
    (alarm,) = world.phone("coordinator").inbox[before:]
    assert "read the message from ombuds" in alarm
    page = world.client.post(link_in(alarm), data={"pin": TRUE}).text
    assert "they took her again" in page
    assert "+573005550120" in page
    assert incident.answers() == []
