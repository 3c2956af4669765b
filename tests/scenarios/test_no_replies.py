"""A telephone that can't answer an SMS is told so, and answers by the link: the rules of countries are data."""

import pytest

from tests.scenarios.conftest import Worlds
from tests.scenarios.valley import COORDINATION, a_tree
from tests.scenarios.world import World, code_in, link_in

THERE = "+50255501234"
CONTACTS = f"""
  coordinator:
    role: coordinator
    organisation: Valley
    methods: [{{sms: "{THERE}"}}, {{email: duty@valley.example}}]
  desk: {{role: ngo, organisation: Head office, methods: [{{sms: "+32470550101"}}]}}
"""


@pytest.fixture
def world(world_of: Worlds) -> World:
    return world_of(a_tree(COORDINATION, CONTACTS))


def test_an_alert_there_holds_no_code_and_says_why(world: World) -> None:
    """B4: the mail to the same contact has the code, since whoever reads it may write from elsewhere."""
    world.raises(people=[])

    (alert,) = (str(text) for text in world.phone(THERE).inbox)
    assert "This number takes no replies" in alert
    assert "/a/" in alert
    assert "To take charge reply" not in alert


def test_what_is_recorded_asks_nobody_there_to_write(world: World) -> None:
    """What it would write reaches nobody; its page takes the report."""
    world.raises(people=[])
    link = link_in(world.phone(THERE).inbox[0])

    world.client.post(link, data={"answer": "acknowledge"})
    world.settles()

    recorded = world.phone(THERE).inbox[-1]
    assert "you take charge." in recorded
    assert not {"DONE", "HOLD", "GO"} & set(recorded.split())


def test_a_code_that_comes_from_there_after_all_counts(world: World) -> None:
    """The rule says what to expect, not what to refuse."""
    incident = world.raises(people=[])
    (mail,) = world.mailbox("duty@valley.example").mails

    world.texts(THERE, f"OK {code_in(mail.text)}")

    assert incident.answers() == [("coordinator", "acknowledged", "sms")]
