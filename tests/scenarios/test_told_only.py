"""Those of whom no answer is expected hear what has happened and whom to call, and are asked for nothing."""

import pytest

from tests.scenarios.conftest import Worlds
from tests.scenarios.valley import CONTACTS, a_tree
from tests.scenarios.world import World, code_in

UN_PHONE, UN_MAIL = "+573005550160", "appeals@un.example"
UN = f"""
  un:
    role: un
    organisation: United Nations
    answers: false
    methods: [{{sms: "{UN_PHONE}"}}, {{email: {UN_MAIL}}}, {{call: "{UN_PHONE}"}}]
"""
LEVELS = """
  - name: Coordination
    notify: [coordinator, un]
    acknowledge: all
    wait: 10m
    repeat: {every: 2m, times: 3}
"""


@pytest.fixture
def world(world_of: Worlds) -> World:
    return world_of(a_tree(LEVELS, CONTACTS + UN))


def test_it_is_told_and_asked_for_nothing(world: World) -> None:
    """B1 `answers: false`: no code, no link, no question in the call, and no repeats; the call has reached it."""
    phone = world.phone(UN_PHONE)
    world.raises(people=[])
    spoken = phone.answers().words
    world.passes(minutes=7)

    assert len(phone.calls) == 1
    (text,) = (str(each) for each in phone.inbox)
    (mail,) = world.mailbox(UN_MAIL).mails
    for words in (text, mail.text):
        assert "No answer is expected" in words
        assert "+573005550101" in words
        assert "/a/" not in words
        assert "code" not in words
    assert "No answer is expected" in spoken
    assert "press these" not in spoken


def test_the_level_is_satisfied_without_it(world: World) -> None:
    incident = world.raises(people=[])
    (alert,) = world.phone("coordinator").inbox
    world.texts("coordinator", f"OK {code_in(alert)}")

    assert incident.status("valley") == "acknowledged"


def test_what_opens_again_asks_nothing_of_them(world: World) -> None:
    """They have neither a code that counts again nor anything to go on with."""
    incident = world.raises()
    world.passes(minutes=5)
    incident.act("close", reason="resolved")
    incident.act("reopen", reason="unresolved")

    [told] = [text for text in world.phone(UN_PHONE).inbox if "open again" in text]
    assert "code" not in told
    mail = world.mailbox(UN_MAIL).mails[-1].text
    assert "is open again" in mail
    assert "page" not in mail
    assert any("counts again" in text for text in world.phone("coordinator").inbox)
