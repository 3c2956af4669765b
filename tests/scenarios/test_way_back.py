"""Whatever a contact is told after its alert leads back to its page, where it answers, reports and reads (B4).

A clerk with a mailbox and a telephone behind a switchboard has no other way: no SMS reaches it.
"""

import pytest

from tests.scenarios.conftest import Worlds
from tests.scenarios.valley import CONTACTS, a_tree
from tests.scenarios.world import World, link_in

MAILBOX = "clerk@ministry.example"
CLERK = f"""
  clerk:
    role: ngo
    organisation: A ministry's office
    methods: [{{email: {MAILBOX}}}, {{call: "+576015550121", after: 50m}}]
"""
LEVELS = """
  - {name: Offices, notify: [clerk], wait: 60m, action_due: {after: 60m, otherwise: next}}
  - {name: Coordination, notify: [coordinator], wait: 20m}
"""


@pytest.fixture
def office(world_of: Worlds) -> World:
    """The clerk is told at once."""
    return world_of(a_tree(LEVELS, CONTACTS + CLERK))


def answers(world: World, answer: str) -> str:
    """The clerk presses a button of the page behind the link in its first mail; the path of that page."""
    page = link_in(world.mailbox(MAILBOX).mails[0].text)
    world.client.post(page, data={"answer": answer})
    world.settles()
    return page


@pytest.mark.parametrize(
    ("answer", "offered"),
    [
        ("acknowledge", "To report, or to change your answer, open this page:"),
        ("decline", "If you can after all, open this page:"),
    ],
)
def test_the_mail_that_confirms_an_answer_leads_to_where_it_is_changed(
    office: World, answer: str, offered: str
) -> None:
    office.raises()

    page = answers(office, answer)

    confirmation = office.mailbox(MAILBOX).mails[-1].text
    assert offered in confirmation
    assert link_in(confirmation) == page


def test_the_mail_that_confirms_the_last_of_many_answers_leads_there_too(office: World) -> None:
    """B9: from the sixth in an hour on they are confirmed together, and what waits says what is true by then."""
    office.raises()
    for answer in ("acknowledge", "relay") * 4:
        page = answers(office, answer)
    confirmed = len(office.mailbox(MAILBOX).mails)

    office.passes(minutes=61)

    [confirmation] = [mail.text for mail in office.mailbox(MAILBOX).mails[confirmed:]]
    assert "You passed it on" in confirmation
    assert link_in(confirmation) == page


def test_who_is_asked_what_was_done_is_told_where_to_say_so(office: World) -> None:
    """The mail has no code that could be sent from nowhere, and the page takes the report."""
    incident = office.raises()
    answers(office, "acknowledge")
    office.passes(minutes=60)

    reminder = next(mail.text for mail in office.mailbox(MAILBOX).mails if "REPORT" in mail.subject)
    office.client.post(link_in(reminder), data={"answer": "action", "action": "called_authority"})

    assert "what was done" in reminder
    assert [each["action"] for each in incident["actions"]] == ["called_authority"]


def test_who_is_told_that_there_is_news_is_led_to_it(office: World) -> None:
    """B5: by mail and SMS alike; the words themselves stand on the page, after the PIN."""
    incident = office.raises()
    office.passes(minutes=60)

    incident.act("updates", text="Maria Secreta was moved")

    mail = office.mailbox(MAILBOX).mails[-1].text
    sms = office.phone("coordinator").inbox[-1]
    for news in (mail, sms):
        assert "there is news" in news
        assert "What has happened since" in office.client.get(link_in(news)).text
        assert "Secreta" not in news


def test_who_may_not_answer_is_led_nowhere(world_of: Worlds) -> None:
    """B1: of whom no answer is expected, no button is shown either."""
    told = CLERK.replace("role: ngo", "role: ngo\n    answers: false")
    office = world_of(a_tree("  - {name: Offices, notify: [clerk, coordinator], wait: 60m}\n", CONTACTS + told))
    incident = office.raises()

    incident.act("updates", text="Maria Secreta was moved")

    news = office.mailbox(MAILBOX).mails[-1].text
    assert "there is news" in news
    assert "https://" not in news


def test_news_to_a_number_that_takes_no_links_has_none(world_of: Worlds) -> None:
    """B1: a network that lets no SMS with a link through would swallow the news; elsewhere it leads to the page."""
    abroad = '  abroad: {role: ngo, organisation: Friends abroad, methods: [{sms: "+8613800138000"}]}\n'
    office = world_of(a_tree("  - {name: Offices, notify: [abroad, coordinator], wait: 60m}\n", CONTACTS + abroad))
    incident = office.raises()

    incident.act("updates", text="Maria Secreta was moved")

    [abroad_heard, coordinator_heard] = [office.phone(each).inbox[-1] for each in ("+8613800138000", "coordinator")]
    assert "https://" in coordinator_heard
    assert "there is news" in abroad_heard
    assert "https://" not in abroad_heard
