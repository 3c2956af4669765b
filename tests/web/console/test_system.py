"""The system at the console: trouble first, then signs of life, providers, queues, and what limits have dropped."""

from datetime import timedelta

from alertnet.channels.base import Unsure
from alertnet.core import limits as core_limits
from alertnet.core.delivery.provider_routes import FIRST
from alertnet.core.directory.contact import MethodKind
from alertnet.core.limits import NUMBERS_COMPARED, ROLL_CALLS
from alertnet.flows.desk.board import read_board
from alertnet.flows.sending import pause, provider_health
from alertnet.store.db.tx import Tx
from alertnet.store.queues import workers
from alertnet.store.records import limits
from alertnet.web.console.readiness.system import DROPPED
from tests.web.console.desk import Desk
from tests.web.world import ANA, World


def test_without_a_worker_that_is_said_first(world: World, desk: Desk) -> None:
    text = desk.opens("/desk/system").text

    assert "The system As of 02:14 · Look again No worker was seen for a while: nothing is sent." in text
    assert "call ✓ works" in text


def test_when_all_is_well_that_is_said(world: World, desk: Desk) -> None:
    world.runtime.transact(workers.beat, "one")

    text = desk.opens("/desk/system").text

    assert "Worker ✓ works 1" in text
    assert "No worker was seen" not in text


def test_queues_and_what_limits_dropped_are_counted(world: World, desk: Desk) -> None:
    def ask_often(tx: Tx) -> None:
        for _ in range(5):
            limits.use(tx, ROLL_CALLS, "network")

    world.raises()
    world.runtime.transact(ask_often)

    text = desk.opens("/desk/system").text

    assert "escalations 1 0 –" in text
    assert "What limits have dropped 2 roll calls" in text
    assert len(world.runtime.read(read_board).incidents) == 1


def test_a_provider_that_is_away_is_said_where_nobody_knows_why(world: World, desk: Desk) -> None:
    """A11: the page failed whenever a provider gave no answer, which is when somebody looks."""

    def lose_all(tx: Tx) -> None:
        while provider_health.note(tx, (MethodKind.SMS, FIRST), Unsure("ReadTimeout")).bars_until(tx.now) is None:
            continue

    world.runtime.transact(lose_all)

    text = desk.opens("/desk/system").text

    assert "SMS ✗ away since" in text
    assert "call ✓ works" in text


def test_whoever_hides_numbers_in_too_many_texts_is_seen(world: World, desk: Desk) -> None:
    """B9: of which some may be PINs: coordinators then read dots for all."""
    world.gives_pin("north/ana")
    for number in range(NUMBERS_COMPARED.most + 2):
        world.texts(ANA, f"we have {10_000 + number}", sid=f"SM{number}")

    assert "2 texts whose numbers are all hidden" in desk.opens("/desk/system").text


def test_each_limit_says_what_it_drops() -> None:
    """Of those that are counted in the database; the others are the API's, or an answer tells of them at once."""
    told_at_once = {"drills_planned", "wrong_keys", "acts", "tree_checks", "reports", "requests", "first_in_turn"}
    named = {each.name for each in vars(core_limits).values() if isinstance(each, core_limits.Limit)}

    assert named - told_at_once == set(DROPPED)


def test_what_is_paused_by_hand_is_said_first_with_who_and_why(world: World, desk: Desk) -> None:
    """A2: nobody forgets that nothing is sent."""
    until = world.runtime.now() + timedelta(hours=1)
    known = world.runtime.settings.routes
    world.runtime.transact(pause.pause, [(MethodKind.SMS, FIRST)], until, "Ines", "they lose texts", known=known)

    text = desk.opens("/desk/system").text

    assert "SMS: paused by hand until" in text
    assert "Ines: they lose texts" in text
    assert "SMS ✗ away" in text
    assert "Heartbeat: nobody outside waits for it" in text
    assert "What closed incidents held is erased by nobody but you" in text


def test_providers_and_queues_are_named_in_the_language_of_the_page(desk: Desk) -> None:
    text = desk.opens("/desk/system?lang=de").text

    assert "Anbieter Anruf ✓ läuft SMS ✓ läuft Höchstens, von jeder Nummer: SMS-Teile je Sekunde: 1," in text
    assert "Anruf 0 – E-Mail 0 –" in text
