"""Whoever answers is told so everywhere, the coordinators see it, and another's answer is taken back (A6)."""

import pytest

from alertnet.sandbox import Fault
from tests.scenarios.conftest import Worlds
from tests.scenarios.valley import a_tree
from tests.scenarios.world import CAST, World, code_in, link_in


def answered(world: World) -> str:
    """The ombuds takes charge by SMS; the reply to that text."""
    world.passes(minutes=10)
    phone = world.phone("ombuds")
    return world.texts("ombuds", code_in(phone.inbox[0])) or ""


def test_who_answers_is_told_so_at_all_written_methods_and_the_coordinators_can_take_it_back(world: World) -> None:
    """A6: so that the answer of somebody else is noticed; the reply itself is the confirmation to that number.

    The coordinators' notice leads to the page on which one button revokes it.
    """
    incident = world.raises()
    mails = world.mailbox("alertas@defensoria.example").mails

    reply = answered(world)

    assert f"{incident.ref}: registrado" in reply
    assert "¿No fue usted? Llame de inmediato al +573005550101." in reply
    assert sorted(incident.told("recorded")) == [("ombuds", "email"), ("ombuds", "sms")]
    assert "Si no fue usted, llame de inmediato al +573005550101." in mails[-1].text
    assert world.phone("ombuds").inbox[1:] == [reply]

    before = incident.answers()
    (notice,) = [text for text in world.phone("coordinator").inbox if "ombuds se hace cargo" in text]
    world.client.post(link_in(notice), data={"answer": "revoke"})

    assert (before, incident.answers()) == ([("ombuds", "acknowledged", "sms")], [])
    assert incident.status("colombia") == "running"


@pytest.mark.parametrize("is_revoked", [True, False])
def test_nobody_is_told_of_an_answer_that_counts_no_more(world_of: Worlds, is_revoked: bool) -> None:
    """A6: a confirmation that has not left when its answer is revoked says what is not so."""
    world = world_of(a_tree("  - {name: Friends, notify: [ombuds], wait: 10m}\n"))
    incident = world.raises()
    world.sandbox.misbehaves(Fault.ERROR_429, times=1, number=CAST["ombuds"])
    incident.act("acknowledgements", expect=201, tree="valley", contact="ombuds", kind="acknowledged")
    (given,) = incident["acknowledgements"]

    if is_revoked:
        world.client.delete(f"/v1/incidents/{incident.ref}/acknowledgements/{given['id']}", headers=world.headers)
    world.passes(minutes=3)

    said = [text for text in world.phone("ombuds").inbox if "recorded" in text]
    assert len(said) == (0 if is_revoked else 1)
    assert ("ombuds", "sms") in incident.told("recorded")
