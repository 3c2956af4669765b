"""The trees that come with the program are whole, and show what a tree can do."""

from pathlib import Path

import pytest

from alertnet.core.directory.contact_tree import Network
from alertnet.core.incident import Scope
from alertnet.trees import read_network
from tests.trees.checking import check_folder

EXAMPLES = Path(__file__).parents[2] / "contact_trees"


@pytest.fixture(scope="module")
def network() -> Network:
    return read_network(EXAMPLES)


def test_the_examples_have_no_fault(network: Network) -> None:
    assert set(network.trees) == {"colombia", "international"}
    assert check_folder(EXAMPLES) == ()


def test_colombia_is_served_at_home_and_from_abroad(network: Network) -> None:
    assert [tree.id for tree in network.serving("CO")] == ["colombia", "international"]
    assert [tree.id for tree in network.serving("KE")] == ["international"]


def test_every_tree_has_its_coordinators(network: Network) -> None:
    assert all(tree.coordinators for tree in network.trees.values())


def test_national_consent_covers_nobody_abroad(network: Network) -> None:
    """A3: consent binds, and who must be reachable is internal."""
    abroad = network.trees["international"].contacts.values()
    told = {contact.id for contact in abroad if Scope.NATIONAL.allows(contact.scope)}
    assert told == {"head-office", "head-office-2"}


def test_the_duty_desk_is_the_same_recipient_in_both_trees(network: Network) -> None:
    at_home, abroad = (network.trees[name].contacts["head-office"] for name in ("colombia", "international"))
    assert at_home.addresses == abroad.addresses


def test_the_team_of_the_demonstration_consents_to_international(network: Network) -> None:
    assert network.teams["north"].consent is Scope.INTERNATIONAL
    assert network.people["P9"].exclude == ("ministry-defence",)


def test_each_contact_hears_who_calls_in_its_own_language(network: Network) -> None:
    """A Spanish voice that reads an English title out is not understood at three in the morning."""
    heard = {
        (tree.id, contact.language, contact.language in tree.titles)
        for tree in network.trees.values()
        for contact in tree.contacts.values()
    }
    assert heard == {
        *(("colombia", language, True) for language in ("en", "es")),
        *(("international", language, True) for language in ("en", "es", "fr")),
    }
