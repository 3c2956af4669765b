"""Somebody pauses what leaves, by hand: nothing is lost by it, and it ends by itself (A2)."""

from collections.abc import Iterable
from datetime import timedelta

import pytest

from alertnet.core.delivery.provider_routes import FIRST, Route
from alertnet.core.directory.contact import MethodKind
from alertnet.flows.sending import pause as flow
from alertnet.flows.system.self_monitoring import keep_watch
from alertnet.store.records import timeline
from tests.scenarios.conftest import Worlds
from tests.scenarios.valley import COORDINATION, a_tree
from tests.scenarios.world import World

SMS, CALL, MAIL = ((method, FIRST) for method in (MethodKind.SMS, MethodKind.CALL, MethodKind.EMAIL))
BOTH = """
  coordinator: {role: coordinator, organisation: Valley, methods: [{sms: "+573005550101"}, {call: "+573005550101", after: 5m}]}
  desk: {role: ngo, organisation: Head office, methods: [{sms: "+32470550101"}]}
"""  # noqa: E501


@pytest.fixture
def valley(world_of: Worlds) -> World:
    """Its coordinator has a text at once, and a call five minutes later."""
    return world_of(a_tree(COORDINATION, BOTH))


def pauses(world: World, routes: Iterable[Route], **span: float) -> None:
    until = world.clock.at + timedelta(**span)
    world.runtime.transact(flow.pause, list(routes), until, "Ines", "they lose texts")
    world.settles()


def away(world: World) -> list[tuple[str, str | None]]:
    """(method, why) of what `/readyz` says is away."""
    found = world.client.get("/readyz").json()["away"]
    return [(each["method"], each.get("fault")) for each in found]


def test_what_waits_leaves_once_when_the_pause_ends_by_itself(valley: World) -> None:
    """A2: nobody forgets; the provider, which works, is not even asked."""
    pauses(valley, [SMS], minutes=3)
    incident = valley.raises()
    valley.passes(seconds=150)
    assert (valley.phone("coordinator").inbox, away(valley)) == ([], [("sms", "paused")])

    valley.passes(seconds=40)

    assert (len(valley.phone("coordinator").inbox), away(valley)) == (1, [])
    assert incident.told() == [("coordinator", "sms"), ("coordinator", "call")]


def test_the_next_method_goes_at_once(valley: World) -> None:
    """B3: as while a provider is away, and not five minutes later."""
    pauses(valley, [SMS], minutes=30)

    valley.raises()

    assert len(valley.phone("coordinator").calls) == 1
    assert valley.phone("coordinator").inbox == []


def test_with_everything_paused_reports_still_come_in_and_are_answered(valley: World) -> None:
    """A12: the answer to a text is part of the very exchange."""
    pauses(valley, [SMS, CALL, MAIL], minutes=10)

    reply = valley.texts("ana", "SOS 20 C2")

    assert valley.newest().ref in (reply or "")
    assert valley.phone("coordinator").inbox == []
    assert valley.phone("coordinator").ringing is None
    valley.passes(minutes=11)
    assert valley.phone("coordinator").inbox


def test_ended_by_hand_it_goes_on_at_once(valley: World) -> None:
    pauses(valley, [SMS, CALL], hours=10)
    valley.raises()
    assert valley.phone("coordinator").inbox == []

    ended = valley.runtime.transact(flow.end_pauses, [SMS, CALL], "Ines")
    valley.settles()

    assert ended == [CALL, SMS]
    assert len(valley.phone("coordinator").inbox) == 1


def test_who_paused_what_until_when_and_why_is_on_the_record(valley: World) -> None:
    """A10: and so is its end, also where nobody has ended it."""
    pauses(valley, [SMS], minutes=3)
    [standing] = valley.runtime.read(flow.standing)
    assert (standing.route, standing.by, standing.why) == (SMS, "Ines", "they lose texts")
    valley.clock.at += timedelta(minutes=3)

    valley.runtime.transact(keep_watch, valley.runtime.edition, valley.runtime.settings.routes, is_tested=False)

    assert valley.runtime.read(flow.standing) == []
    [(_, ended)] = valley.runtime.read(lambda tx: timeline.of_kind(tx.session, timeline.SYSTEM, flow.RESUMED))
    assert ended == {"method": "sms", "provider": FIRST, "by": flow.BY_ITSELF}
