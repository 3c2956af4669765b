"""Ten boards, each at a moment of some evening: the four sentences say who knows, who acts, what comes, what I owe."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import update

from alertnet.store.db.tx import Tx
from alertnet.store.records.credentials.users import Role
from alertnet.store.tables import incidents, notifications
from tests.web.console.conftest import SitDown
from tests.web.console.desk import Desk
from tests.web.console.test_incident import _arrives
from tests.web.world import ANA, TEAMS, TREE, World, world_in

ABROAD = "levels:\n  - {name: Abroad, notify: [bob, carol], wait: 30m, needs_go: {proceed_after: 20m}}\n"
CAROL, BOB = "+573005550013", "+573005550012"
Staged = Callable[[World, Desk], None]


def just_raised(world: World, _: Desk) -> None:
    world.raises()


def everybody_told(world: World, _: Desk) -> None:
    world.raises()
    world.runtime.transact(_arrives)


def somebody_took_charge(world: World, desk: Desk) -> None:
    everybody_told(world, desk)
    world.texts(CAROL, world.written_code("carol"))


def somebody_cannot_act(world: World, desk: Desk) -> None:
    everybody_told(world, desk)
    world.texts(BOB, f"NO {world.written_code('bob')}")


def fails(world: World, contact: str) -> None:
    """What was sent to the contact has not arrived."""

    def fail(tx: Tx) -> None:
        failed = notifications.c.contact == contact
        tx.session.execute(update(notifications).where(failed).values(status="failed"))

    world.runtime.transact(fail)


def one_was_not_reached(world: World, desk: Desk) -> None:
    everybody_told(world, desk)
    fails(world, "dave")


def nobody_knows_whether_it_is_true(world: World, _: Desk) -> None:
    world.raises(verified=False)
    world.runtime.transact(_arrives)


def a_level_waits_for_a_go(world: World, _: Desk) -> None:
    world.raises()


def a_level_is_held(world: World, desk: Desk) -> None:
    world.raises()
    desk.opens("/desk").presses("Hold")


def a_text_while_nothing_was_open(world: World, _: Desk) -> None:
    world.texts(ANA, "they are in front of the house again")
    [world.incident] = [row.id for row in world.rows(incidents)]


def it_is_over(world: World, desk: Desk) -> None:
    everybody_told(world, desk)
    world.closes()


EVERYBODY = "Amis, Friends, Mountain post and Valley."
UNHEARD = f"{EVERYBODY} None of those told has answered."
NEXT = "02:44 : alertnet tells Valley once more (level 2/2 · Coordination), unless somebody takes charge first."
GOES_ON = "nothing now: alertnet goes on by itself."
IS_IT = "say whether it is genuine ."
MAY_BE = "say Hold if Friends and Amis must not be told ."
TEXT = "decide what this text is: an incident, part of one, or none ."
CHARGE = "by 03:14 Amis should say what was done; if not: alertnet tells Valley once more (level 2/2 · Coordination)."
ASKED = "nobody yet. On its way to: Valley."
LATER = "alertnet tells Friends and Amis (level 1/1 · Abroad)"
BOARDS: dict[Staged, tuple[str, str, str, str]] = {
    just_raised: (f"nobody yet. On its way to: {EVERYBODY}", "nobody yet.", NEXT, GOES_ON),
    everybody_told: (UNHEARD, "nobody yet.", NEXT, GOES_ON),
    somebody_took_charge: (
        "Amis. Told, without an answer yet: Friends, Mountain post and Valley.",
        "Amis took charge; has not said yet what was done.",
        CHARGE,
        "nothing now.",
    ),
    somebody_cannot_act: (
        "Friends. Told, without an answer yet: Amis, Mountain post and Valley.",
        "nobody yet. Can't act: Friends.",
        NEXT,
        GOES_ON,
    ),
    one_was_not_reached: (
        "Amis, Friends and Valley. None of those told has answered. "
        "Not reached: Mountain post, no further try is planned.",
        "nobody yet.",
        NEXT,
        "call Mountain post yourself .",
    ),
    nobody_knows_whether_it_is_true: (
        "Valley. None of those told has answered.",
        "nobody yet.",
        "02:24 : coordinators are asked again. Nobody new is told until somebody says that it is genuine; "
        "then Friends, Amis and Mountain post (level 1/2 · Friends).",
        IS_IT,
    ),
    a_level_waits_for_a_go: (
        ASKED,
        "nobody yet.",
        f"02:34 : {LATER}, unless somebody says Hold before.",
        MAY_BE,
    ),
    a_level_is_held: (
        "you (here). On its way to: Valley.",
        "nobody yet.",
        "03:14 : coordinators are asked again. On hold: nobody new is told until somebody says Go; "
        "then Friends and Amis (level 1/1 · Abroad).",
        "nothing now: on hold until 03:14 , by you; you are asked again then.",
    ),
    a_text_while_nothing_was_open: (
        "team north. On its way to: Valley.",
        "nobody yet.",
        "02:24 : coordinators are asked again. Nobody new is told until somebody decides.",
        TEXT,
    ),
    it_is_over: (EVERYBODY, "nobody.", "nothing, it is closed (resolved, 24 Nov 02:14, by test).", "nothing."),
}


@pytest.mark.parametrize("stage", BOARDS, ids=lambda each: each.__name__)
def test_four_sentences_answer_what_somebody_new_asks_first(tmp_path: Path, stage: Staged) -> None:
    """Each stands on the first lines of the page, and is true of what was staged."""
    waits = stage in (a_level_waits_for_a_go, a_level_is_held)
    with world_in(tmp_path, tree=TREE.partition("levels:")[0] + ABROAD if waits else TREE) as world:
        desk = Desk.of(world, "maria", Role.COORDINATOR)
        desk.signs_in()
        stage(world, desk)

        text = desk.opens(f"/desk/incidents/{world.ref()}").text
        board = desk.opens("/desk").text

    found = re.search(r"(Who knows: .*?) (Who acts: .*?) (What comes next: .*?) (What you owe: .*?\.)", text)
    assert found is not None
    knows, acts, comes, owed = BOARDS[stage]
    assert tuple(each.partition(": ")[2] for each in found.groups()) == (knows, acts, comes, owed)
    assert ("0 to do" in board) is ("nothing" in owed)
    assert (f"Knows: {knows} Acts: {acts} Next: {comes} You: {owed}" in board) is (stage is not it_is_over)


@pytest.mark.parametrize("stage", [nobody_knows_whether_it_is_true, a_text_while_nothing_was_open])
def test_what_is_to_be_judged_stands_where_it_is_judged(world: World, sit_down: SitDown, stage: Staged) -> None:
    """Whoever may act reads it beside the buttons, also that which says no; an observer reads none of it."""
    desk, observer = sit_down("maria"), sit_down("olga", Role.OBSERVER)
    stage(world, desk)

    boards = [each.opens("/desk") for each in (desk, observer)]

    words = {"Two were taken", "they are in front of the house again"}
    assert [sum(each in board.text for each in words) for board in boards] == [1, 0]
    no = f"{world.ref()}/close?reason=false_alarm" if stage is nobody_knows_whether_it_is_true else "do-set-aside"
    assert [no in board.html for board in boards] == [True, False]


def test_whom_nothing_reaches_is_called_by_somebody_while_nobody_acts(world: World, sit_down: SitDown) -> None:
    """It counts among what is to be done; the number stands where it is needed, for those alone who may act (A9)."""
    desk, observer = sit_down("maria"), sit_down("olga", Role.OBSERVER)
    one_was_not_reached(world, desk)
    path, number = f"/desk/incidents/{world.ref()}", "tel:+573005550014"

    board, page = desk.opens("/desk"), desk.opens(path)

    assert "1 open · 1 to do" in board.text
    assert f"Call Mountain post yourself about {world.ref()} ." in board.text
    assert "<title>(1) Board" in board.html
    assert [number in each.html for each in (board, page, observer.opens(path))] == [False, True, False]
    assert 'id="do-vouch" open' in desk.opens(f"{path}?do=vouch").html
    world.texts(CAROL, world.written_code("carol"))
    assert "Call Mountain post" not in desk.opens("/desk").text


def test_nobody_is_asked_to_call_whom_the_incident_may_not_reach(world: World, desk: Desk) -> None:
    """A3: who is spared from now on is told by nobody, nor named among those whom a message did not reach."""
    one_was_not_reached(world, desk)
    assert "Mountain post" in desk.opens("/desk").text

    desk.opens(f"/desk/incidents/{world.ref()}").presses("Spare them", contacts="dave")

    assert "Mountain post" not in desk.opens("/desk").text


def test_the_number_is_that_of_whom_nothing_reached_and_of_no_namesake(tmp_path: Path) -> None:
    """A3: two trees have a contact of the same organisation, and one of the two is spared."""
    coast = TREE.replace("valley", "coast").replace("+57300555", "+57300556").replace("dave", "dora")
    trees = tmp_path / "both"
    trees.mkdir()
    for name, text in (("valley", TREE), ("coast", coast), ("teams", TEAMS)):
        (trees / f"{name}.yaml").write_text(text)
    with world_in(tmp_path, ALERTNET_CONTACT_TREES=str(trees)) as world:
        desk = Desk.of(world, "maria", Role.COORDINATOR)
        desk.signs_in()
        world.raises()
        world.runtime.transact(lambda tx: tx.session.execute(update(notifications).values(status="failed")))
        path = f"/desk/incidents/{world.ref()}"

        before = desk.opens(path)
        before.presses("Spare them", contacts="dave")
        after = desk.opens(path)

    numbers = ("tel:+573005550014", "tel:+573005560014")
    assert [[each in page.html for each in numbers] for page in (before, after)] == [[True, True], [False, True]]
    assert before.text.count("Not reached: Mountain post, no further try is planned.") == 2


ASKS_FIRST = "\n  - {name: A, notify: [dave], wait: 30m, needs_go: {}}\n"


@pytest.mark.parametrize(
    ("stage", "levels", "owed"),
    [
        (one_was_not_reached, TREE.partition("levels:")[2], "call {} yourself"),
        (just_raised, ASKS_FIRST, "say whether {} may be told"),
        (just_raised, ASKS_FIRST.replace("{}", "{proceed_after: 20m}"), "say Hold if {} must not be told"),
    ],
)
def test_a_name_stands_in_what_one_owes_as_it_is_written(tmp_path: Path, stage: Staged, levels: str, owed: str) -> None:
    tree = f"{TREE.partition('levels:')[0]}levels:{levels}".replace("Mountain post", "Ambassade d'Espagne")
    with world_in(tmp_path, tree=tree) as world:
        desk = Desk.of(world, "maria", Role.COORDINATOR)
        desk.signs_in()
        stage(world, desk)

        page = desk.opens(f"/desk/incidents/{world.ref()}").text

    assert owed.format("Ambassade d'Espagne") in page


def test_a_further_try_has_its_time(world: World, desk: Desk) -> None:
    """The first message failed, and the call is to come: nobody has to call yet."""
    everybody_told(world, desk)
    fails(world, "alice")

    board = desk.opens("/desk").text

    assert "Not reached: Valley, tried again 02:44 ." in board
    assert "0 to do" in board
