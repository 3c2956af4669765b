"""Titles of trees at the console: every reader has them in the language of the page."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from alertnet.store.records.credentials.users import Role
from tests.web.console.desk import Desk
from tests.web.console.test_raise import ARREST
from tests.web.console.test_trees import CASE
from tests.web.world import TEAMS, TREE, world_in

TITLES = {"en": "Valley network", "es": "Red del valle"}
TITLED = TREE.replace("title: Valley network", "title: {es: Red del valle, en: Valley network}").replace(
    "language: en", "language: es", 1
)
ASKS_FIRST = "levels:\n  - {name: Abroad, notify: [bob, carol], wait: 30m, needs_go: {proceed_after: 20m}}\n"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """Maria, asked to decide on levels of two trees that have their titles in Spanish and in English."""
    trees = tmp_path / "both"
    trees.mkdir()
    valley = TITLED.replace("levels:\n", ASKS_FIRST)
    for name, text in (("valley", valley), ("coast", valley.replace("tree: valley", "tree: coast")), ("teams", TEAMS)):
        (trees / f"{name}.yaml").write_text(text)
    with world_in(tmp_path, ALERTNET_CONTACT_TREES=str(trees)) as world:
        desk = Desk.of(world, "maria", Role.COORDINATOR)
        desk.signs_in()
        world.raises()
        yield desk


def languages_of_titles(text: str) -> list[str]:
    return [language for language, title in TITLES.items() if title in text]


@pytest.mark.parametrize("language", TITLES)
@pytest.mark.parametrize(
    "path",
    [
        "/desk?",
        "/desk/incidents/{}?",
        "/desk/trees?",
        "/desk/trees/valley?",
        "/desk/people?",
        "/desk/find?q=bob&",
        f"{CASE}&",
    ],
)
def test_a_tree_is_called_in_the_language_of_the_page(desk: Desk, path: str, language: str) -> None:
    page = desk.opens(f"{path.format(desk.world.ref())}lang={language}")

    assert languages_of_titles(page.text) == [language]


@pytest.mark.parametrize("language", TITLES)
def test_a_decision_names_the_tree_in_the_language_of_the_page(desk: Desk, language: str) -> None:
    asked = desk.opens(f"/desk?lang={language}").html.partition('<li class="matter')[2].partition("</li>")[0]

    assert languages_of_titles(asked) == [language]


@pytest.mark.parametrize(("language", "see"), [("en", "See who will be told"), ("es", "Ver a quién se avisará")])
def test_who_will_be_told_is_foretold_with_the_tree_in_the_language_of_the_page(
    desk: Desk, language: str, see: str
) -> None:
    told = desk.opens(f"/desk/raise?lang={language}").presses(see, **ARREST).text.partition('<ol class="foretold">')[2]

    assert languages_of_titles(told.partition("</ol>")[0]) == [language]


@pytest.mark.parametrize("disclosure", ["limited", "full"])
@pytest.mark.parametrize("language", TITLES)
def test_a_report_names_the_trees_in_its_own_language(desk: Desk, language: str, disclosure: str) -> None:
    """Whoever it is handed to reads that language, and the desk another."""
    page = desk.opens(f"/desk/incidents/{desk.world.ref()}/report?disclosure={disclosure}&language={language}")

    assert languages_of_titles(page.text) == [language]


def test_a_reader_whose_language_the_tree_lacks_has_its_own(desk: Desk) -> None:
    assert languages_of_titles(desk.opens("/desk?lang=de").text) == ["es"]


def test_trees_of_the_same_title_have_each_their_people(desk: Desk) -> None:
    assert desk.opens("/desk/people?lang=en").html.count("<h2>Valley network</h2>") == 2
