"""The comparison can fail: whatever breaks the promise of a story is found."""

from collections import Counter
from dataclasses import replace

import pytest

from alertnet.sandbox import WebhookAnswer
from tests.crashes.acts import works
from tests.crashes.effects import Effect, Kind
from tests.crashes.promise import Outcome, Replies, faults
from tests.crashes.stories import Story

TO = "+573005550101"
MESSAGE = (TO, "URGENT")
STORY = Story("An SMS leaves", works)
EXPECTED = Outcome(Counter([MESSAGE]), Counter(), [{"status": "open"}], [])
TWICE = replace(EXPECTED, messages=Counter([MESSAGE, MESSAGE]), extras=Counter([TO]))
CLAIMED = [Effect(Kind.COMMIT, "claim_sends.claim")]
TAKEN = [*CLAIMED, Effect(Kind.REQUEST, "the SMS")]
WRITTEN = [*TAKEN, Effect(Kind.COMMIT, "record_outcome.record")]


def found(came: Outcome, effects: list[Effect], replies: Replies | None = None) -> list[str]:
    """How often something is found; the words are for people."""
    return list(faults(STORY, EXPECTED, came, effects, replies))


def test_the_same_as_without_a_death_is_no_fault() -> None:
    assert found(EXPECTED, CLAIMED) == []
    assert found(replace(EXPECTED, record=[]), CLAIMED) != []


@pytest.mark.parametrize(("effects", "faults"), [(CLAIMED, 1), (TAKEN, 0), (WRITTEN, 1)])
def test_one_more_is_a_fault_unless_the_provider_had_it_and_the_record_did_not(
    effects: list[Effect], faults: int
) -> None:
    """A5."""
    assert len(found(TWICE, effects)) == faults


@pytest.mark.parametrize(
    "came",
    [
        replace(EXPECTED, messages=Counter()),
        replace(TWICE, extras=Counter()),
        replace(EXPECTED, record=[]),
        replace(EXPECTED, breaks=["system 3: the entry was altered"]),
    ],
    ids=["lost", "not marked", "another record", "a broken chain"],
)
def test_what_breaks_the_promise_is_found(came: Outcome) -> None:
    assert len(found(came, TAKEN)) == 1


@pytest.mark.parametrize(
    "replies",
    [
        Replies(WebhookAnswer(201, "A-7K3M"), WebhookAnswer(201, "B-2222")),
        Replies(None, WebhookAnswer(409, "in flight")),
        Replies(None, None),
    ],
    ids=["another reply", "refused", "no reply"],
)
def test_whoever_asks_again_has_the_same_reply(replies: Replies) -> None:
    """A1."""
    assert len(found(EXPECTED, CLAIMED, replies)) == 1


def test_a_page_asked_for_again_may_have_shown_more_of_the_history() -> None:
    page = '<option value="released~1795746240.63d6~G-6TYQ.17">release</option>'
    again = page.replace(".17", ".18")

    assert found(EXPECTED, CLAIMED, Replies(WebhookAnswer(200, page), WebhookAnswer(200, again))) == []
    other = again.replace("released", "resolved")
    assert len(found(EXPECTED, CLAIMED, Replies(WebhookAnswer(200, page), WebhookAnswer(200, other)))) == 1
