"""What a mail asks of an embassy, and which country and people it names (A9, B1)."""

import re

import pytest

from tests.scenarios.conftest import Worlds
from tests.scenarios.valley import COORDINATION, a_tree
from tests.scenarios.world import World, link_in

MAIL, PHONE = "embassy@es.example", "+34600550140"
CONTACTS = """
  coordinator: {{role: coordinator, organisation: Valley, methods: [{{sms: "+573005550101"}}]}}
  embassy:
    {{role: embassy, represents: ES, organisation: Embassy, language: es, {more},
     methods: [{{email: embassy@es.example}}, {{sms: "+34600550140"}}]}}
  desk: {{role: ngo, organisation: Head office, methods: [{{sms: "+32470550101"}}]}}
"""
LEVEL = "  - {name: Embassies, notify: [embassy], ask: {en: ask where they are, es: preguntar por su paradero}}\n"
NATIONALS = "Afecta a una persona de su nacionalidad."


def told(world_of: Worlds, more: str, **facts: object) -> tuple[str, str, str]:
    """The embassy's mail, its page and its SMS."""
    world: World = world_of(a_tree(LEVEL + COORDINATION, CONTACTS.format(more=more)))
    world.raises(**{"consent": "international", "perpetrator": "none", **facts})
    (mail,) = world.mailbox(MAIL).mails
    return mail.text, world.client.get(link_in(mail.text)).text, "\n".join(world.phone("spain").inbox)


@pytest.mark.parametrize(
    ("more", "asked"),
    [
        ("disclosure: limited", "preguntar por su paradero"),
        ("disclosure: limited, ask: observe", "observar la situación en el lugar"),
    ],
    ids=["of the level", "of the contact"],
)
def test_an_embassy_reads_what_is_asked_of_it_where_and_for_whom(world_of: Worlds, more: str, asked: str) -> None:
    """The contact's ask beats its level's, and that the incident's; an SMS says nothing of it."""
    mail, page, sms = told(world_of, more, ask="medical_help", people=[{"code": "P7"}])

    for text in (mail, page):
        assert asked in text
        assert f"Colombia. {NATIONALS}" in text
        assert not re.search(r"\bP7\b", text)
    assert sms
    assert not any(word in sms for word in (asked, "Colombia", "nacionalidad"))


@pytest.mark.parametrize(
    ("more", "facts"),
    [
        ("disclosure: minimal", {"people": [{"code": "P7"}]}),
        ("disclosure: full", {"people": [{"code": "P8", "nationality": "DE"}]}),
    ],
    ids=["may not read", "another's national"],
)
def test_an_embassy_hears_of_its_nationals_only_what_it_may(
    world_of: Worlds, more: str, facts: dict[str, object]
) -> None:
    mail, page, _ = told(world_of, more, **facts)

    assert "Colombia." in mail
    assert "nacionalidad" not in mail + page


@pytest.mark.parametrize(("role", "reads"), [("eu_delegation", True), ("un", True), ("ngo", False), ("media", False)])
def test_who_acts_in_several_countries_reads_in_which(world_of: Worlds, role: str, reads: bool) -> None:
    """Geneva can't make an appeal of an arrest without a country; whose work is one country's knows it."""
    contacts = CONTACTS.replace("role: embassy, represents: ES", f"role: {role}").format(more="disclosure: minimal")
    world: World = world_of(a_tree(LEVEL + COORDINATION, contacts))

    world.raises(consent="public", perpetrator="none")

    (mail,) = world.mailbox(MAIL).mails
    texts = (mail.text, world.client.get(link_in(mail.text)).text)
    assert ["Colombia." in text for text in texts] == [reads, reads]
    assert "preguntar por su paradero" in mail.text
    assert "Colombia" not in "".join(world.phone("spain").inbox) + mail.subject


@pytest.mark.parametrize("ask", [None, "other", "call María at the office"])
def test_a_coordinator_is_not_asked_to_call_a_coordinator(world_of: Worlds, ask: str | None) -> None:
    """The coordinator is whom the others are asked to call; without anything to ask, its page and mail ask nothing."""
    coordinator = 'coordinator: {{role: coordinator, organisation: Valley, methods: [{{sms: "+573005550101"}}'
    mailed = coordinator + ", {{email: desk@valley.example}}"
    contacts = CONTACTS.replace(coordinator, mailed).format(more="disclosure: minimal")
    both = "  - {name: All, notify: [coordinator, embassy]}\n"
    world: World = world_of(a_tree(both, contacts))
    world.raises(consent="international", perpetrator="none", ask=ask)

    asked = {}
    for mailbox in ("desk@valley.example", MAIL):
        (mail,) = world.mailbox(mailbox).mails
        page = world.client.get(f"{link_in(mail.text)}?lang=en").text
        asked[mailbox] = "call our coordinator" in page + mail.text, "call María" in page + mail.text

    assert asked == {"desk@valley.example": (False, False), MAIL: (True, False)}
