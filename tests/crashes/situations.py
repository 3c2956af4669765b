"""What goes before an act: how things stand when it begins."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from alertnet.sandbox import Fault
from tests.crashes.acts import (
    ANA,
    COORDINATOR,
    FRIEND,
    GUIDE,
    STRANGER,
    VOUCHED,
    WIDER,
    Act,
    acts,
    answers,
    calls_roll,
    dials,
    keeps_watch,
    keys,
    keys_in,
    merges,
    polls_inbound,
    presses,
    raises,
    reference,
    takes_charge,
    texts,
)
from tests.crashes.database import DURESS, PIN
from tests.crashes.world import World

Situation = Callable[[World], None]


def nothing(world: World) -> None:
    """Nothing goes before."""


def raised(world: World, **facts: Any) -> None:
    """An incident is on the record, and nothing of it has left yet."""
    assert raises(world, **facts) is not None


def told(world: World, **facts: Any) -> None:
    """Everybody of the first level has been told; a phone rings."""
    raised(world, **facts)
    world.settles()


def reported(world: World) -> None:
    """Ana has raised an alarm, and everybody of the first level has been told."""
    texts(ANA, lambda _: f"ALERT {PIN} 31")(world)
    world.settles()


def reported_twice(world: World) -> None:
    """The office and Ana have each raised an alarm, and everybody of the first levels has been told."""
    told(world)
    reported(world)


def merged(world: World) -> None:
    """The two act as one, and the coordinators know it."""
    reported_twice(world)
    merges(world)
    world.settles()


def coerced(world: World) -> None:
    """Ana was answered a text with the PIN for duress; what it calls for is still to be done."""
    texts(ANA, lambda _: f"TEST {DURESS}")(world)


def called(world: World) -> None:
    """Ana has called us, and is asked for her PIN."""
    dials(ANA)(world)


def proven(world: World) -> None:
    """Ana has keyed her PIN, and is asked what has happened."""
    called(world)
    keys_in(f"{PIN}*")(world)


def spoken(world: World) -> None:
    """Ana has called, and told after the tone what has happened; everybody of the first level has been told."""
    proven(world)
    keys_in("20")(world)
    world.settles()
    assert world.call is not None
    world.call.speaks(b"they took her at the bridge")
    world.call.hang_up()
    world.sandbox.settle()


def kept(world: World) -> None:
    """What Ana has told is fetched, and is still at the provider."""
    spoken(world)
    world.does("step")


def long_over(world: World) -> None:
    """What Ana has told is over, and nothing of it is under way."""
    spoken(world)
    world.settles()
    acts("close", {"reason": "released"})(world)
    world.passes(minutes=30)


def set_aside(world: World) -> None:
    """Ana has written from the phone of somebody else, and the coordinators were told that somebody has."""
    texts(STRANGER, lambda _: f"ALERT {PIN} 31 L12")(world)
    world.settles()


def unanswered(world: World) -> None:
    """Ana was asked whether she is safe, and has not answered in time."""
    calls_roll(world)
    world.settles()
    waits(world, minutes=90)


def rung_out(world: World) -> None:
    """Everybody of the first level has been told, and no phone rings any more."""
    told(world)
    world.passes(minutes=5)


def sent(world: World) -> None:
    """The provider has everything, and has not reported yet."""
    raised(world)
    world.works()


def picked_up(world: World) -> None:
    """The friend is in the call."""
    told(world)
    answers(world)


def listened(world: World) -> None:
    """The friend has keyed the code of the call, and hears what may follow it."""
    picked_up(world)
    keys(world)


def vouched(world: World) -> None:
    """The friend's answer is on the record, and its call is over."""
    told(world)
    VOUCHED(world)
    world.settles()


def closed(world: World) -> None:
    """The incident is over, and everybody has heard so."""
    told(world)
    acts("close", {"reason": "resolved"})(world)
    world.settles()


def waits(world: World, **span: float) -> None:
    """Time goes by, and what is due at its end is still to be done."""
    end = world.clock() + timedelta(**span)
    world.passes(seconds=timedelta(**span).total_seconds() - 0.001)
    world.clock.move(end)


def moves_on(world: World, **span: float) -> None:
    """Time goes by, and nobody does anything meanwhile."""
    world.clock.move(world.clock() + timedelta(**span))


def fell_due(world: World) -> None:
    """Nobody has answered; the next level is due."""
    told(world)
    waits(world, minutes=30)


def task_due(world: World) -> None:
    """Nobody in the highlands has answered; the police is to be called by hand."""
    told(world, country="GT")
    waits(world, minutes=10)


def task_asked(world: World) -> None:
    """The coordinator of the highlands is asked to call the police."""
    task_due(world)
    world.settles()


def task_taken(world: World) -> None:
    """The coordinator of the highlands has said that it is calling."""
    task_asked(world)
    presses(GUIDE, "take")(world)


def under_way(world: World) -> None:
    """Ana has set out, and is to be at L12 within the hour; nobody expects more of her than that."""
    world.phone(ANA).sends(f"GO {PIN} L12 22:00", world.sandbox.number)
    world.settles()


def overdue(world: World) -> None:
    """Ana has not said that she is there; it is time to remind her team."""
    under_way(world)
    waits(world, minutes=61)


def missed(world: World) -> None:
    """Ana was reminded and has not answered; it is time for the incident."""
    under_way(world)
    waits(world, minutes=46 + 90)


def read_alone(world: World) -> None:
    """Ana has texted something that is no report while no incident is open, and the coordinator has heard so."""
    world.phone(ANA).sends("they are in front of the house again", world.sandbox.number)
    world.settles()


def asked_in_vain(world: World) -> None:
    """A bare SOS waits for a coordinator's word; it is time to ask again."""
    world.phone(ANA).sends("SOS", world.sandbox.number)
    world.settles()
    waits(world, minutes=10)


def died_with_leases(world: World) -> None:
    """The worker has died after it took three messages to send and before it sent one; its leases are over."""
    raised(world)
    with world.referee.watches(most=3):
        world.works()
    moves_on(world, seconds=30)


def left_unknown(world: World) -> None:
    """The provider has the SMS, its answer was lost, and it never calls back; it is time to ask."""
    world.sandbox.misbehaves(Fault.LOSE_ANSWER, number=COORDINATOR)
    world.sandbox.misbehaves(Fault.CALL_BACK_NEVER, number=COORDINATOR)
    told(world)
    waits(world, seconds=15)


def never_arrived(world: World) -> None:
    """The provider failed over the SMS, and has said once that it does not know it; it is time to ask again."""
    world.sandbox.misbehaves(Fault.ERROR_500, number=COORDINATOR)
    told(world)
    waits(world, seconds=75)


def cannot_be_asked(world: World) -> None:
    """The provider will neither call back nor list what it takes."""
    raised(world)
    world.sandbox.misbehaves(Fault.CALL_BACK_NEVER, times=9)
    world.sandbox.misbehaves(Fault.LIST_LATE, times=9, delay=timedelta(hours=1))


def noticed(world: World) -> None:
    """The friend has taken charge in the call, and the coordinator has heard so."""
    listened(world)
    takes_charge(world)
    world.settles()


def widened(world: World) -> None:
    """The family has consented to more than holds."""
    told(world, consent="national")
    acts("consent", WIDER)(world)


def widening_seen(world: World) -> None:
    """A coordinator has seen whom the wider consent would let in."""
    widened(world)
    looks(world)


def edit_seen(world: World) -> None:
    """The trees were edited, and a coordinator has seen what that would change."""
    told(world)
    world.edits()
    looks(world)


def looks(world: World) -> None:
    """A coordinator looks at what re-resolving would change, and writes down which difference that is."""
    seen = world.asks("POST", f"/v1/incidents/{reference(world)}/re-resolve", {"apply": False})
    assert seen is not None
    world.notes["difference"] = json.loads(seen.body)["hash"]


def unheard(act: Act, before: Situation = told, minutes: float = 2) -> Situation:
    """Somebody did that while nobody was there to hear it, so long ago."""

    def situation(world: World) -> None:
        polls_inbound(world)
        before(world)
        world.kills()
        act(world)
        moves_on(world, minutes=minutes)

    return situation


def hung_up(world: World) -> None:
    """The friend has called us, and hung up where a code was waited for, and nobody has brought us its silence."""
    told(world)
    dials(FRIEND)(world)
    world.hangs_up()
    moves_on(world, minutes=1)


def old_backup(world: World) -> None:
    """The database is a backup from before anything left; some minutes later everybody was told all the same."""
    raised(world)
    world.backs_up()
    moves_on(world, minutes=5)
    world.settles()
    moves_on(world, minutes=5)
    world.restores()


def stood_still(world: World) -> None:
    """The only worker has died; five minutes later another begins."""
    told(world)
    keeps_watch(world)
    world.kills()
    moves_on(world, minutes=5)
