"""Which language is used where somebody's own has no messages."""

import pytest

from alertnet.core.directory.languages import fallbacks, nearest, shown, title_in


@pytest.mark.parametrize(
    ("asked", "of_tree", "tried"),
    [
        ("fr-CA", "es-CO", ("fr-CA", "fr", "es-CO", "es", "en")),
        ("fr-CA", "", ("fr-CA", "fr", "en")),
        ("es", "es", ("es", "en")),
        ("en-GB", "en", ("en-GB", "en")),
    ],
)
def test_region_language_tree_english_are_tried_in_this_order(asked: str, of_tree: str, tried: tuple[str, ...]) -> None:
    assert fallbacks(asked, of_tree) == tried


@pytest.mark.parametrize(
    ("asked", "of_tree", "used"), [("de-AT", "es", "de"), ("ar", "es", "es"), ("ar", "gn", "en"), ("es-ES", "fr", "es")]
)
def test_the_nearest_is_the_first_that_is_spoken(asked: str, of_tree: str, used: str) -> None:
    assert nearest(asked, ("de", "en", "es", "fr"), of_tree) == used


def test_another_language_is_shown_beside_the_one_that_was_asked_for() -> None:
    assert shown("de", "en") == "de → en"
    assert shown("es-CO", "es") == "es-CO"


def test_a_title_is_the_one_of_the_nearest_language_else_the_one_for_all() -> None:
    titles = {"es": "Red de apoyo", "en": "Support network"}

    assert title_in("es-CO", "Red", titles) == "Red de apoyo"
    assert title_in("fr", "Red", titles, of_tree="es") == "Red de apoyo"
    assert title_in("fr", "Red", titles) == "Support network"
    assert title_in("fr", "Red", {}) == "Red"
