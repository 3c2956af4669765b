"""A coordinator's page leads to all that waits for an answer, and says what the codes of a report mean (B9, A12)."""

import re

import pytest

from tests.scenarios.conftest import Worlds
from tests.scenarios.valley import COORDINATION, a_tree
from tests.scenarios.world import World, code_in, decision_code_in, link_in

LUIS = "+573005550002"
PIN = "47110"
CONTACTS = """
  coordinator: {role: coordinator, organisation: Valley, disclosure: full, methods: [{sms: "+573005550101"}]}
  ombuds: {role: ombuds, organisation: Ombuds office, methods: [{sms: "+573005550120"}]}
  desk: {role: ngo, organisation: Head office, methods: [{sms: "+32470550101"}]}
"""


@pytest.fixture
def valley(world_of: Worlds) -> World:
    return world_of(a_tree(COORDINATION + "  - {name: Friends, notify: [ombuds], wait: 30m}\n", CONTACTS))


def listed(page: str) -> list[tuple[str, str]]:
    """Each matter of the list with the path to its page; none where it has none."""
    (section,) = re.findall(r'<section class="details" aria-labelledby="also-open">.*?</section>', page, re.S) or [""]
    return [(path.removeprefix(".."), words) for path, words in re.findall(r'<li><a href="(.*?)">(.*?)</a>', section)]


def test_what_an_sms_only_counts_stands_on_its_page_with_code_meaning_and_a_link(valley: World) -> None:
    """Two teams cry for help: the newest SMS leads to every question, and each of them is answered on its own page."""
    for number in ("ana", LUIS):
        valley.texts(number, "SOS")
    first, second = valley.phone("coordinator").inbox[:2]

    shown = listed(valley.client.get(link_in(second)).text)
    path, asked = next((path, words) for path, words in shown if words.startswith(f"GO {decision_code_in(first)}"))
    valley.client.post(path, data={"answer": "go"})
    valley.settles()

    assert len(shown) == 3
    assert asked.endswith("is genuine")
    assert not any(words == asked for _, words in listed(valley.client.get(link_in(second)).text))


def test_before_the_pin_the_list_names_no_code(valley: World) -> None:
    """A6: with a code an SMS with a forged sender decides, and whoever has an old link has not read the newer SMS."""
    valley.gives_pins("valley/coordinator", duress=None)
    for number in ("ana", LUIS):
        valley.texts(number, "SOS")
    link, newest = link_in(valley.phone("coordinator").inbox[0]), decision_code_in(valley.phone("coordinator").inbox[1])

    opened, proved = valley.client.get(link), valley.client.post(link, data={"pin": PIN, "lang": "en"})

    before, after = ([words for _, words in listed(page.text)] for page in (opened, proved))
    assert any(words.startswith(f"GO {newest}") for words in after)
    assert [re.sub(r"\b\d{4}\b", "····", words) for words in after] == before


def test_a_matter_leads_to_the_others_and_back_in_the_language_it_is_read_in(valley: World) -> None:
    valley.texts("ana", "SOS")
    (text,) = valley.phone("coordinator").inbox

    ((other, _),) = listed(valley.client.get(f"{link_in(text)}?lang=fr").text)
    shown = valley.client.get(other).text
    ((back, _),) = listed(shown)

    assert '<html lang="fr"' in shown
    assert back == f"{link_in(text)}?lang=fr"


def test_the_buttons_of_a_page_stand_before_the_list(valley: World) -> None:
    """In a bad night the list alone is two screens of a telephone."""
    valley.raises(perpetrator="none")
    valley.raises(perpetrator="none")

    page = valley.client.get(link_in(valley.phone("coordinator").inbox[0])).text

    assert page.index('value="acknowledge"') < page.index('id="also-open"')


def test_nobody_but_a_coordinator_has_such_a_list(valley: World) -> None:
    valley.raises(perpetrator="none")
    valley.raises(perpetrator="none")
    valley.passes(minutes=15)

    pages = [valley.client.get(link_in(valley.phone(who).inbox[0])).text for who in ("ombuds", "coordinator")]

    assert [bool(listed(page)) for page in pages] == [False, True]


def test_the_list_names_what_happened_the_gravest_first_behind_what_the_page_is_about(valley: World) -> None:
    """With forty open nobody can look at each page to find the killing."""
    for type in ("threat", "killing", "raid"):
        valley.raises(type=type, perpetrator="none")
    valley.texts("ana", "SOS")
    own = valley.phone("coordinator").inbox[-1]

    shown = [words for _, words in listed(valley.client.get(link_in(own)).text)]

    assert [words.partition(" ")[2].partition(": ")[2] for words in shown[1:]] == [
        "killing, critical",
        "raid, serious",
        "threat, moderate",
    ]
    assert shown[0].startswith("GO ")


def test_what_was_answered_by_sms_is_listed_no_more(valley: World) -> None:
    valley.texts("ana", "SOS")
    (text,) = valley.phone("coordinator").inbox
    before = listed(valley.client.get(link_in(text)).text)

    valley.texts("coordinator", f"GO {decision_code_in(text)}")
    valley.texts("coordinator", code_in(text))

    assert len(before) == 1
    assert listed(valley.client.get(link_in(text)).text) == []


def test_codes_are_read_with_what_they_are_codes_of(valley: World) -> None:
    """A12: whoever is on duty for the first time need not know what P7 and L12 are."""
    valley.gives_pins("valley/coordinator", duress=None)
    valley.texts("ana", "ALERTA 20 L12 P7 se la llevaron")
    (text,) = valley.phone("coordinator").inbox

    before = valley.client.get(link_in(text)).text
    ((question, _),) = listed(before)
    alert, asked = (
        valley.client.post(path, data={"pin": PIN, "lang": "en"}).text for path in (link_in(text), question)
    )

    for page in (alert, asked):
        assert "Place: L12" in page
        assert "People: P7 (accompanier, ES)" in page
    assert "Not verified: arrest, place L12, person P7 (accompanier, ES)" in asked
    assert not re.search(r"\b(L12|P7)\b", before)
