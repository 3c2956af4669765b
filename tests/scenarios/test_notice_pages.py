"""What coordinators are only told leads to a page that says what to do about it, and what there is to read (A12)."""

import pytest

from alertnet.core.disclosure import TO_DO, Subject
from alertnet.core.notification import Kind
from alertnet.flows.notifications.system_notices import Announcement, tell_coordinators
from alertnet.flows.system.purge import PurgeDecision
from alertnet.flows.system.subject import erase_subject, subject_of
from alertnet.store.db.tx import Tx
from tests.scenarios.conftest import Worlds
from tests.scenarios.valley import COORDINATION, a_tree
from tests.scenarios.world import World, code_in, link_in

PIN = "47110"


@pytest.fixture
def valley(world_of: Worlds) -> World:
    """A coordinator with a PIN, and an ombudsman who is told as well."""
    world = world_of(a_tree(COORDINATION + "  - {name: Ombuds, notify: [ombuds], wait: 30m}\n"))
    world.gives_pins("valley/coordinator", duress=None)
    return world


def last(world: World) -> str:
    """The coordinator's last SMS."""
    return world.phone("coordinator").inbox[-1]


def tells(world: World, kind: Kind, subject: Subject, about: str | None = None) -> str:
    """The system tells the coordinators something; the SMS."""

    def flow(tx: Tx) -> None:
        tell_coordinators(tx, world.runtime.network.trees.values(), Announcement(kind, subject, about=about))

    world.runtime.transact(flow)
    world.settles()
    return last(world)


def erases(world: World, who: str) -> None:
    """What is over of somebody is erased."""
    network = world.runtime.edition.network
    world.runtime.transact(erase_subject, network, subject_of(network, who), PurgeDecision("Ines", "they have asked"))


def test_an_edit_that_cannot_be_used_leads_to_what_to_do(valley: World) -> None:
    """Nothing is asked there: no PIN, no button, and opening it changes nothing."""
    sms = tells(valley, Kind.NOTICE, Subject.TREES_BROKEN)

    page = valley.client.get(link_in(sms))

    assert page.status_code == 200
    assert "an edit of the trees is broken" in page.text
    assert "Run alertnet trees check" in page.text
    assert "<button" not in page.text
    assert valley.client.post(link_in(sms), data={"answer": "go", "pin": PIN}).status_code == 422


def test_an_alarm_of_the_system_leads_there_too_and_says_what_the_provider_has_against_us(valley: World) -> None:
    sms = tells(valley, Kind.ALARM, Subject.CALLS_FAIL, "balance")

    page = valley.client.get(link_in(sms)).text

    assert "no balance, or our account is suspended" in page
    assert "call by hand" in page


def test_a_number_that_opted_out_says_on_its_page_how_to_get_it_back(valley: World) -> None:
    valley.texts("ana", "STOP")

    page = valley.client.post(link_in(last(valley)), data={"pin": PIN}).text

    assert "north sent STOP to our number" in page
    assert "ask for a text START to our number" in page


def test_a_notice_of_an_incident_shows_after_the_pin_what_there_is_to_read(valley: World) -> None:
    """A9: the link travelled in clear; a second text within minutes is a notice, and no less to be read."""
    valley.raises(type="threat", perpetrator="none")
    valley.passes(minutes=10)
    valley.texts("ombuds", "who is it?")
    valley.texts("coordinator", code_in(next(text for text in valley.phone("coordinator").inbox if "please" in text)))
    valley.texts("ombuds", "they went north")
    valley.passes(minutes=11)
    notice = last(valley)

    shown = valley.client.get(link_in(notice)).text
    read = valley.client.post(link_in(notice), data={"pin": PIN}).text

    assert "ALARM" not in notice
    assert "please read the message from ombuds" in shown
    assert "they went north" not in shown
    assert "they went north" in read


def test_every_page_language_says_what_to_do(valley: World) -> None:
    """Each subject about which something is to be done, in each language."""
    sms = tells(valley, Kind.NOTICE, Subject.WRONG_PINS, "north/ana")
    renderer = valley.runtime.renderer(valley.runtime.edition.templates)

    labels = {tag: {renderer.page_words(tag)[f"todo_{what}"] for what in TO_DO.values()} for tag in renderer.languages}

    assert {len(each) for each in labels.values()} == {len(set(TO_DO.values()))}
    assert "alertnet pins set" in valley.client.get(f"{link_in(sms)}?lang=de").text


def test_a_link_that_leads_nowhere_says_so(valley: World) -> None:
    sms = tells(valley, Kind.NOTICE, Subject.LATE)

    assert valley.client.get(link_in(sms)).status_code == 200
    assert valley.client.get("/c/aaaabbbbccccdddd").status_code == 404


@pytest.mark.parametrize(
    ("subject", "where"),
    [(Subject.UNKNOWN_NUMBER, "under Unknown numbers"), (Subject.CHECK_IN_MISSED, "under On the road")],
)
def test_an_alarm_of_a_text_or_of_silence_says_where_the_number_is(valley: World, subject: Subject, where: str) -> None:
    """Woken by it, one reads whom to call, and has neither text nor number."""
    sms = tells(valley, Kind.ALARM, subject, "north/ana")

    assert where in valley.client.get(link_in(sms)).text


def test_a_page_whose_words_were_erased_is_there_no_more(valley: World) -> None:
    """A11: its reader has asked for it, or it is old: the page says that there is none, and is no fault."""
    link = link_in(tells(valley, Kind.NOTICE, Subject.TREES_BROKEN))
    valley.passes(minutes=1)
    before = valley.client.get(link).status_code

    erases(valley, "valley/coordinator")

    assert (before, valley.client.get(link).status_code) == (200, 404)
    assert valley.client.post(link, data={"pin": PIN}).status_code == 404
