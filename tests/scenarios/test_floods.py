"""Floods of texts and calls: coordinators hear what they can read, and what is grave goes first (A12, B9)."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from alertnet.store.tables import attempts, notifications
from tests.scenarios.conftest import Worlds
from tests.scenarios.valley import CONTACTS, a_tree
from tests.scenarios.world import CAST, Incident, World, code_in, link_in

READER = "second coordinator"
OF_ITS_TREE = ("unanswered", "too_few")
"""What rings for the tree of the incident, and not for what comes in."""


def opened(world: World) -> Incident:
    """An incident that a coordinator has, of which two contacts know."""
    incident = world.raises(type="threat", severity="critical")
    world.texts("coordinator", code_in(world.phone("coordinator").inbox[0]))
    world.passes(minutes=85)
    return incident


def told_of_texts(world: World) -> list[str]:
    """When the reader was written to or rung about what others text and call: kind and minute."""
    query = (
        select(notifications.c.said, notifications.c.address, attempts.c.started_at)
        .join(attempts, attempts.c.notification_id == notifications.c.id)
        .where(notifications.c.kind.in_(("notice", "alarm")), attempts.c.started_at.is_not(None))
    )
    rows = world.runtime.read(lambda tx: tx.session.execute(query).all())
    mine = [row for row in rows if row.address == CAST[READER] and row.said.get("subject") not in OF_ITS_TREE]
    return sorted(f"{row.started_at:%H:%M} {row.said.get('subject')}" for row in mine)


def floods(world: World, minutes: int, *senders: str) -> None:
    """In each minute each of them texts words and a guess, and calls."""
    for minute in range(minutes):
        for place, who in enumerate(senders):
            world.phone(who).sends(f"{who} pregunta {minute}")
            world.phone(who).sends(f"{3000 + minute * 10 + place}")
            world.phone(who).dials()
        world.passes(minutes=1)


@pytest.mark.long
def test_a_flood_of_known_numbers_and_strangers_is_twelve_messages_an_hour(world: World) -> None:
    """B9: whatever they send; nobody answers the alarm, which rings on."""
    incident = opened(world)
    before = len(told_of_texts(world))

    floods(world, 21, "ombuds", "spain", "stranger")
    world.passes(minutes=38)

    told = told_of_texts(world)[before:]
    assert 6 <= len(told) <= 12, told
    assert sum("not_understood" in each for each in told) > 3
    assert incident.timeline().count("sms_received") >= 30


def test_a_report_in_a_flood_rings_at_once(world: World) -> None:
    """B9: a report from a member is never limited, and goes before all that floods bring."""
    incident = world.raises(type="threat", severity="critical")
    incident.act("go", decision="go", tree="colombia", level="Ombudsman and defenders")
    incident.act("go", decision="go", tree="international", level="Embassies")
    floods(world, 3, "ombuds", "spain", "stranger")
    before = len(world.phone("coordinator").inbox)
    begun = world.clock.at

    assert world.texts("ana", "SOS")

    ref = world.newest().ref
    assert any(f"alerta {ref}" in text for text in world.phone("coordinator").inbox[before:])
    assert world.clock.at - begun < timedelta(seconds=2)


def test_notices_that_come_together_are_one_sms(world_of: Worlds) -> None:
    """B9: the first leaves at once; what comes in the ten minutes after it is counted in one, whose page lists it."""
    second = '  second: {role: coordinator, organisation: Valley, methods: [{sms: "+573005550102"}]}\n'
    world = world_of(a_tree("  - {name: All, notify: [coordinator, second, ombuds], wait: 30m}\n", CONTACTS + second))
    incident = world.raises()
    before = len(world.phone(READER).inbox)

    for action in ("visited", "observed", "statement"):
        incident.act("actions", contact="ombuds", action=action)
    world.passes(minutes=10)

    [first, joined] = [text for text in world.phone(READER).inbox[before:] if "ombuds" in text]
    assert ("+1" in first, "+1" in joined) == (False, True)
    assert len(joined) <= 160
    assert world.client.get(link_in(joined)).text.count("ombuds") == 2
