"""Somebody pauses what leaves, by hand: nothing is lost by it, and it ends by itself (A2)."""

from collections.abc import Iterable
from datetime import timedelta

import pytest

from alertnet.core.delivery.circuit_breaker import LONGEST_HOLD, LONGEST_SILENCE
from alertnet.core.delivery.provider_routes import FIRST, Route
from alertnet.core.directory.contact import MethodKind
from alertnet.core.errors import BadInput
from alertnet.flows.incidents.open_incident import SILENT
from alertnet.flows.sending import pause as flow
from alertnet.flows.system.self_monitoring import keep_watch, look
from alertnet.store.db.tx import Tx
from alertnet.store.queues import circuit_breakers as breaker_store
from alertnet.store.records import timeline
from alertnet.store.views.pauses import current_pauses
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


def pauses(world: World, routes: Iterable[Route], *, everything: bool = False, **span: float) -> None:
    until, known = world.clock.at + timedelta(**span), world.runtime.settings.routes
    world.runtime.transact(
        flow.pause, list(routes), until, "Ines", "they lose texts", known=known, everything=everything
    )
    world.settles()


def watches(world: World) -> None:
    if seen := world.runtime.read(look, world.runtime.settings.routes, is_tested=False):
        world.runtime.transact(keep_watch, world.runtime.edition, seen)


def ends(world: World) -> list[str]:
    """By whom each pause has ended, as the record has it."""
    found = world.runtime.read(lambda tx: timeline.of_kind(tx.session, timeline.SYSTEM, flow.RESUMED))
    return [payload["by"] for _, payload in found]


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
    pauses(valley, [SMS, CALL, MAIL], everything=True, minutes=10)

    reply = valley.texts("ana", "SOS 20 C2")

    assert valley.newest().ref in (reply or "")
    assert valley.phone("coordinator").inbox == []
    assert valley.phone("coordinator").ringing is None
    valley.passes(minutes=11)
    assert valley.phone("coordinator").inbox


def test_ended_by_hand_it_goes_on_at_once(valley: World) -> None:
    pauses(valley, [SMS, CALL], everything=True, hours=1)
    valley.raises()
    assert valley.phone("coordinator").inbox == []

    ended = valley.runtime.transact(flow.end_pauses, [SMS, CALL], "Ines")
    valley.settles()

    assert ended == [CALL, SMS]
    assert len(valley.phone("coordinator").inbox) == 1


def test_who_paused_what_until_when_and_why_is_on_the_record(valley: World) -> None:
    """A10: and so is its end, also where nobody has ended it."""
    pauses(valley, [SMS], minutes=3)
    [paused] = valley.runtime.read(current_pauses)
    assert (paused.route, paused.by, paused.why) == (SMS, "Ines", "they lose texts")
    valley.clock.at += timedelta(minutes=3)

    watches(valley)

    assert valley.runtime.read(current_pauses) == []
    [(_, ended)] = valley.runtime.read(lambda tx: timeline.of_kind(tx.session, timeline.SYSTEM, flow.RESUMED))
    assert ended == {"method": "sms", "provider": FIRST, "by": flow.BY_ITSELF}


def test_a_pause_of_a_clock_that_was_ahead_ends_once_it_is_set_right(valley: World) -> None:
    """A2: and what ended it is on the record."""
    valley.clock.at += timedelta(days=30)
    pauses(valley, [SMS], hours=1)
    valley.clock.at -= timedelta(days=30)

    valley.raises()
    watches(valley)

    assert len(valley.phone("coordinator").inbox) == 1
    assert (away(valley), valley.runtime.read(current_pauses)) == ([], [])
    assert ends(valley) == [flow.CLOCK_WAS_AHEAD]


@pytest.mark.parametrize("span", [timedelta(), LONGEST_HOLD + timedelta(seconds=1)])
def test_no_pause_is_longer_than_a_day(valley: World, span: timedelta) -> None:
    """B9: whoever asks, not at the command line alone."""
    with pytest.raises(BadInput, match=r"until: .* 24 hours"):
        pauses(valley, [SMS], seconds=span.total_seconds())


def test_that_nobody_is_texted_or_called_has_to_be_said_and_lasts_an_hour(valley: World) -> None:
    """A2: also where the last way that is left is paused after the others."""
    pauses(valley, [SMS], hours=3)

    with pytest.raises(BadInput, match="everything: missing"):
        pauses(valley, [CALL], minutes=10)
    with pytest.raises(BadInput, match=r"until: .* an hour"):
        pauses(valley, [CALL], everything=True, seconds=LONGEST_SILENCE.total_seconds() + 1)

    pauses(valley, [CALL], everything=True, minutes=10)
    assert len(valley.runtime.read(current_pauses)) == 2


def test_while_nobody_is_texted_or_called_the_field_is_told_whom_to_call(valley: World) -> None:
    """A2, A12: an SOS is not answered as if all were well, and whoever sees the incident knows why nobody comes."""
    pauses(valley, [SMS, CALL], everything=True, minutes=10)

    paused = valley.texts("ana", "SOS 40 C2") or ""

    [warning] = valley.newest()["warnings"]
    assert warning.startswith(SILENT)
    assert "aun no contesta nadie" in paused
    assert "+573005550101" in paused
    valley.runtime.transact(flow.end_pauses, [CALL], "Ines")
    valley.passes(minutes=11)
    assert "recibido" in (valley.texts("ana", "SOS 40 C2") or "")


def test_a_text_that_becomes_an_incident_while_nobody_is_told_warns_of_it_too(valley: World) -> None:
    """A12: it came before the pause."""
    valley.texts("ana", "hay hombres afuera")
    pauses(valley, [SMS, CALL], everything=True, minutes=10)

    valley.texts("ana", "SOS 40 C2")

    assert [warning.startswith(SILENT) for warning in valley.newest()["warnings"]] == [True]


def test_a_pause_that_was_extended_meanwhile_is_not_ended(valley: World) -> None:
    """A10: the watch saw it over, and its new end came before the watch acted."""
    pauses(valley, [SMS], minutes=3)

    def end(tx: Tx) -> list[bool]:
        [(until, _)] = breaker_store.pauses(tx).values()
        return [breaker_store.end_pause(tx, SMS, each) for each in (until - timedelta(minutes=1), until, until)]

    assert valley.runtime.transact(end) == [False, True, False]
