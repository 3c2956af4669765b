"""Who is on the road while the teams file changes is watched under the name that it has now (B4, A2)."""

from pathlib import Path

import pytest
from sqlalchemy import select, update

from alertnet.flows.journeys.routines import follow_members
from alertnet.flows.system.self_monitoring import keep_watch, look
from alertnet.store.queues import journeys as queue
from alertnet.store.records import incidents as store
from alertnet.store.tables import journeys
from tests.scenarios.conftest import Worlds
from tests.scenarios.test_journeys import CONTACTS, FIELD, GO, LEVELS, incidents, journeys_of
from tests.scenarios.valley import a_tree
from tests.scenarios.world import TRUE, World, code_in

ANA = '      ana: {name: Ana Example, phone: "+573005550001"}\n'
LUIS = '      luis: {name: Luis Example, phone: "+573005550002"}\n'
SOUTH = "  south:\n    country: CO\n    language: es\n    members:\n"
EDITS = [
    ("north", "anita", FIELD.replace("      ana:", "      anita:")),
    ("south", "ana", FIELD.replace(ANA, "") + SOUTH + ANA),
]
HANDED_OVER = FIELD.replace(ANA, "").replace("+573005550002", "+573005550001")
"""Ana is a member no more, and Luis has her phone."""


@pytest.fixture
def valley(world_of: Worlds) -> World:
    """Ana is on the road, and awaited at 23:00."""
    world = world_of(a_tree(LEVELS, CONTACTS), field=FIELD)
    world.gives_pins("north/ana", "north/luis")
    world.headers = world.key(None, "administer")
    world.texts("ana", GO)
    return world


def edits_just_now(world: World, folder: Path, field: str) -> None:
    """The teams file changes, and no worker has kept watch since."""
    (folder / "contact_trees" / "teams.yaml").write_text(field)
    world.runtime.trees.look()


def edits(world: World, folder: Path, field: str) -> None:
    """The teams file changes, and a worker keeps watch."""
    edits_just_now(world, folder, field)
    seen = world.runtime.read(look, frozenset(), is_tested=False)
    assert seen
    world.runtime.transact(keep_watch, world.runtime.edition, seen)


@pytest.mark.parametrize(("team", "member", "field"), EDITS)
def test_what_a_moved_or_renamed_member_writes_counts_for_its_journey(
    valley: World, tmp_path: Path, team: str, member: str, field: str
) -> None:
    edits(valley, tmp_path, field)
    valley.gives_pins(f"{team}/{member}")
    assert "Sigue: L12 00:00+1" in valley.reply_to("ana", f"WAIT {TRUE} 1H")

    assert "No se espera" in valley.reply_to("ana", f"ARR {TRUE}")
    valley.passes(hours=6)
    assert incidents(valley) == []


@pytest.mark.parametrize(("team", "member", "field"), EDITS)
def test_who_sets_out_again_right_after_a_move_is_on_one_journey(
    valley: World, tmp_path: Path, team: str, member: str, field: str
) -> None:
    """B4: the new departure takes the place of the one before, also where no worker has looked since the edit."""
    edits_just_now(valley, tmp_path, field)
    valley.gives_pins(f"{team}/{member}")
    assert "Sigue: L14 23:30" in valley.reply_to("ana", f"GO {TRUE} L14 23:30")
    valley.runtime.transact(follow_members, valley.runtime.edition.network)
    held = valley.runtime.transact(queue.hold_of, team, member)
    assert [(each.journey.owner, each.journey.awaited.to) for each in held] == [(f"{team}/{member}", "L14")]

    valley.texts("ana", f"ARR {TRUE}")
    valley.passes(hours=6)
    assert incidents(valley) == []


@pytest.mark.parametrize(("team", "member", "field"), EDITS)
def test_the_silence_of_a_moved_or_renamed_member_raises_with_its_phone_and_name(
    valley: World, tmp_path: Path, team: str, member: str, field: str
) -> None:
    edits(valley, tmp_path, field)
    valley.passes(minutes=106 + 91)

    [incident] = incidents(valley)
    facts = valley.runtime.read(lambda tx: store.get(tx.session, store.id_of(tx, incident.ref)).facts)
    assert (facts.team, facts.raised_from) == (team, "+573005550001")
    assert f"{team}/{member}" in (facts.details or "")
    assert any(f"{team}/{member}" in text for text in valley.phone("coordinator").inbox)


@pytest.mark.parametrize(("field", "phone"), [(FIELD.replace(ANA, ""), "+573005550001"), (HANDED_OVER, None)])
def test_who_is_taken_out_on_the_road_is_called_at_the_number_that_it_had(
    valley: World, tmp_path: Path, field: str, phone: str | None
) -> None:
    """A2: the console says whom to call; nothing is written there, since nobody knows why it was taken out."""
    edits(valley, tmp_path, field)
    before = len(valley.phone("ana").inbox)
    valley.passes(minutes=106 + 91)

    [incident] = [each for each in incidents(valley) if each["type"] == "missed_check_in"]
    facts = valley.runtime.read(lambda tx: store.get(tx.session, store.id_of(tx, incident.ref)).facts)
    assert (facts.raised_from, facts.field_silent) == (phone, True)
    assert "north/ana" in (facts.details or "")
    assert len(valley.phone("ana").inbox) == before


def test_a_roll_call_counts_who_is_renamed_and_knows_the_number_of_who_is_taken_out(
    valley: World, tmp_path: Path
) -> None:
    """A2: the teams file no longer says whom to call, and nobody knows whether they are safe."""
    asked = {"team": "north", "raise_incidents": True, "incident_after": "30m"}
    called = valley.client.post("/v1/roll-calls", json=asked, headers=valley.headers)
    edits(valley, tmp_path, EDITS[0][2].replace(LUIS, ""))
    valley.gives_pins("north/anita")
    valley.texts("ana", f"OK {TRUE}")
    valley.passes(minutes=31)

    shown = valley.client.get(called.headers["Location"], headers=valley.headers).json()
    assert {each["member"]: each["status"] for each in shown["members"]}["north/anita"] == "answered"
    refs = [each.ref for each in incidents(valley)]
    facts = valley.runtime.read(lambda tx: [store.get(tx.session, store.id_of(tx, ref)).facts for ref in refs])
    assert {each.raised_from for each in facts if "north/luis" in (each.details or "")} == {"+573005550002"}


@pytest.mark.parametrize(
    ("field", "is_told"),
    [
        (FIELD, True),
        (FIELD.replace("+573005550001", "+573005550009"), False),
        (FIELD.replace('550001"}', '550001", silent: true}'), False),
    ],
    ids=["as it was", "another number", "silent by now"],
)
def test_a_phone_that_its_member_has_no_more_hears_nothing_of_what_it_raised(
    valley: World, tmp_path: Path, field: str, is_told: bool
) -> None:
    """A9: who took it would read in clear that somebody sees to it."""
    valley.texts("ana", f"ALERTA {TRUE} 41")
    edits(valley, tmp_path, field)
    before = len(valley.phone("ana").inbox)
    valley.texts("coordinator", code_in(valley.phone("coordinator").inbox[-1]))
    valley.passes(minutes=1)

    assert incidents(valley)[0].answers() != []
    assert len(valley.phone("ana").inbox) == before + is_told


def test_who_gets_the_phone_of_somebody_on_the_road_does_not_end_the_watch(valley: World, tmp_path: Path) -> None:
    """An alarm is not stopped by who did not mean to."""
    edits(valley, tmp_path, HANDED_OVER)
    valley.texts("ana", f"OK {TRUE}")
    valley.texts("ana", f"ARR {TRUE}")
    valley.passes(minutes=106 + 91)

    assert [each["type"] for each in incidents(valley)].count("missed_check_in") == 1
    assert [each.journey.owner for each in journeys_of(valley, "ana")] == ["north/ana"]


@pytest.mark.parametrize("field", [FIELD, EDITS[0][2]], ids=["as it was", "renamed"])
def test_a_journey_that_cannot_be_read_does_not_stop_the_watch(valley: World, tmp_path: Path, field: str) -> None:
    """A11: who is renamed is followed all the same, and so is what is wrong with ourselves."""
    valley.texts("luis", GO)
    spoil = update(journeys).where(journeys.c.member == "luis").values(journey={"no": "journey"})
    valley.runtime.transact(lambda tx: tx.session.execute(spoil))

    edits(valley, tmp_path, field.replace("      luis:", "      lucho:"))

    asked = select(journeys.c.member).order_by(journeys.c.member)
    assert valley.runtime.read(lambda tx: [*tx.session.scalars(asked)]) == [
        "anita" if "anita" in field else "ana",
        "luis",
    ]


def test_a_journey_that_is_over_keeps_no_name_and_no_number(valley: World) -> None:
    """Who asks what is kept about a number, once no team knows it any more, would not be shown that."""
    kept = select(journeys.c.journey)
    [under_way] = valley.runtime.read(lambda tx: [*tx.session.scalars(kept)])
    valley.texts("ana", f"ARR {TRUE}")

    [over] = valley.runtime.read(lambda tx: [*tx.session.scalars(kept)])
    assert ["+573005550001" in str(each) for each in (under_way, over)] == [True, False]
