"""Killed at any point between two effects and started again, the program keeps its promises (A1, A5, A10)."""

import pytest

from tests.crashes import document
from tests.crashes.database import Original
from tests.crashes.effects import Effect, Kind, Referee
from tests.crashes.matrix import killed, section, undisturbed
from tests.crashes.stories import STORIES, Story

KEPT = document.read()
COMMIT, REPLY = Effect(Kind.COMMIT, "open_incident.open_incident"), Effect(Kind.REPLY, "201")


def story(name: str) -> Story:
    return next(each for each in STORIES if each.name == name)


def test_the_document_has_every_story() -> None:
    assert list(KEPT) == [each.name for each in STORIES]


def test_a_report_is_kept_or_was_never_answered(on_sqlite: Original) -> None:
    """A1: killed before the commit, after it, or after the 201: asked again, there is one incident and one answer."""
    course = undisturbed(on_sqlite, story("An incident is raised by API"))
    came = [killed(on_sqlite, course, point) for point in course.points]

    assert [each.kind for each in course.effects] == [Kind.COMMIT, Kind.REPLY]
    assert [line.split(" | ")[-1] for line in KEPT[course.story.name]] == [f"{text} |" for text in came]


def test_only_what_nobody_can_tell_comes_twice_and_marked(on_sqlite: Original) -> None:
    """A5: the provider has the SMS, will not say so, and the process died before it wrote that down."""
    course = undisturbed(on_sqlite, story("They leave, and the provider can't be asked"))
    taken = course.effects.index(Effect(Kind.REQUEST, "the SMS"))

    assert killed(on_sqlite, course, taken) == "each message once; sent after asking, marked"
    assert killed(on_sqlite, course, taken + 1) == "one message twice, marked"


@pytest.mark.postgres
def test_a_claim_that_died_with_its_worker_is_sent_by_the_next(on_postgres: Original) -> None:
    """A5: killed between the commit of the claim and the call to the provider, on PostgreSQL."""
    course = undisturbed(on_postgres, story("SMS, call and mail leave"))
    taken = course.effects.index(Effect(Kind.REQUEST, "the SMS"))

    assert killed(on_postgres, course, taken) == "each message once; sent after asking, marked"


@pytest.mark.long
@pytest.mark.postgres
@pytest.mark.parametrize("each", STORIES, ids=lambda each: each.name)
def test_the_document_says_what_comes(each: Story, on_sqlite: Original, on_postgres: Original) -> None:
    """A1, A5, A10: at every point, on both kinds of database; after a change of the flows: `make crash-matrix`."""
    assert section({"SQLite": on_sqlite, "PostgreSQL": on_postgres}, each) == KEPT[each.name]


def test_the_referee_kills_in_place_of_the_effect_that_is_one_too_many() -> None:
    kills: list[bool] = []
    referee = Referee(lambda: kills.append(True))

    with referee.watches(1):
        passed = [referee.passes(COMMIT), referee.passes(REPLY)]

    assert (passed, referee.effects, kills) == ([True, False], [COMMIT], [True])


def test_the_referee_kills_at_the_end_where_nothing_more_happens() -> None:
    kills: list[bool] = []
    referee = Referee(lambda: kills.append(True))

    with referee.watches(1):
        referee.passes(COMMIT)

    assert (referee.effects, kills) == ([COMMIT], [True])
