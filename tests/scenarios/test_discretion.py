"""What is said in clear names no person and no place (A9)."""

import logging
import re
from collections.abc import Iterator
from io import StringIO

import pytest

from alertnet.runtime import logging as our_logging
from tests.scenarios.world import World, code_in, link_in

SECRETS = re.compile(r"Secreta|Maria|L12|Vereda|Confidential|\bP7\b|taken")
MAILBOXES = ("derechos-humanos@embajada-es.example", "duty@pbi-colombia.example", "duty@pbi-international.example")


@pytest.fixture
def log() -> Iterator[StringIO]:
    """All that is logged."""
    written = StringIO()
    our_logging.configure(written, logging.DEBUG)
    yield written
    our_logging.configure()


def test_no_name_place_or_narrative_travels_in_any_message_call_subject_link_or_log(
    world: World, log: StringIO
) -> None:
    """A9: through a whole night, in three languages; a link shows no more than the text it came in.

    Nor is a full number or a code logged: whoever reads the logs learns neither whom we call nor how they answer.
    """
    incident = world.raises()
    code = code_in(world.phone("coordinator").inbox[0])
    world.texts("coordinator", f"OK {code}")
    incident.act("updates", text="Maria Secreta was moved to Vereda Secreta")
    world.passes(minutes=45)
    world.texts("spain", "Who is Maria Secreta?")
    pages = []
    for who in ("coordinator", "ombuds", "spain"):
        pages.append(world.client.get(link_in(world.phone(who).inbox[0])).text)
        assert incident.ref in pages[-1]
    incident.act("close", reason="released", text="Maria Secreta is free")

    network = world.sandbox.network
    said = [message.body for message in network.messages.values()]
    said += [say.text for call in network.calls.values() for say in call.heard]
    said += [str(call) for call in network.calls.values()]
    for address in MAILBOXES:
        said += [mail.subject + mail.text + mail.html for mail in world.mailbox(address).mails]
    said.append(log.getvalue())
    assert len(said) > 10
    outgoing = [text for text in said if "Who is Maria" not in text]
    assert [secret for text in outgoing for secret in SECRETS.findall(text)] == []
    assert [secret for page in pages for secret in SECRETS.findall(page)] == []
    assert "attempt_made" in log.getvalue()
    assert "3005550101" not in log.getvalue()
    assert f"OK {code}" not in log.getvalue()


def test_recipients_never_see_each_other(world: World) -> None:
    """A9: neither who else was told, nor who has answered; the coordinators alone do."""
    incident = world.raises(perpetrator="none")
    world.passes(minutes=16)
    world.texts("ombuds", f"OK {code_in(world.phone('ombuds').inbox[0])}")
    incident.act("updates", text="More is known")
    incident.act("close", reason="released")

    for who, others in {
        "ombuds": ("Spain", "España", "Network", "Red", "mbassy", "mbajada", "coordinator", "coordinador"),
        "spain": ("mbuds", "Defensor", "Network", "Red ", "defensoria", "head-office"),
    }.items():
        texts = " ".join(world.phone(who).inbox)
        assert texts
        assert [name for name in others if name in texts] == []
