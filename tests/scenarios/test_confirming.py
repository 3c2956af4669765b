"""A level whose answers a coordinator confirms: the question, and what follows from go, hold and refuse (B1)."""

import pytest

from tests.scenarios.conftest import Worlds
from tests.scenarios.valley import COORDINATION, a_tree
from tests.scenarios.world import Incident, World, code_in, link_in

OMBUDS = "  - {name: Ombuds, notify: [ombuds], wait: 30m, confirm: coordinator}\n"


@pytest.fixture
def world(world_of: Worlds) -> World:
    return world_of(a_tree(COORDINATION + OMBUDS))


def ombuds_says_yes(world: World) -> tuple[Incident, str]:
    """The ombuds office acknowledges; the incident, and what the coordinator is asked."""
    incident = world.raises(people=[])
    world.texts("coordinator", f"OK {code_in(world.phone('coordinator').inbox[-1])}")
    world.passes(minutes=11)
    world.texts("ombuds", f"OK {code_in(world.phone('ombuds').inbox[-1])}")
    asked = [text for text in world.phone("coordinator").inbox if "DECISION" in text]
    assert len(asked) == 1
    return incident, asked[0]


def test_a_coordinator_is_asked_and_go_makes_the_answer_count(world: World) -> None:
    incident, question = ombuds_says_yes(world)
    assert "ombuds takes charge? If so GO" in question
    assert incident.status("valley") == "running"
    world.texts("coordinator", f"GO {code_in(question)}")
    assert incident.status("valley") == "acknowledged"


def test_the_question_is_repeated_until_it_is_decided(world: World) -> None:
    _, question = ombuds_says_yes(world)
    world.passes(minutes=11)
    asked = [text for text in world.phone("coordinator").inbox if code_in(question) in text]
    assert len(asked) == 2


def test_a_hold_leaves_the_answer_without_effect(world: World) -> None:
    incident, question = ombuds_says_yes(world)
    world.texts("coordinator", f"HOLD {code_in(question)}")
    world.passes(minutes=35)
    assert incident.status("valley") == "unanswered"


def test_a_refusal_on_the_page_takes_the_answer_back(world: World) -> None:
    incident, question = ombuds_says_yes(world)
    page = world.client.get(link_in(question))
    assert "Ombuds office says it takes charge. Can you confirm that?" in page.text
    world.client.post(link_in(question), data={"answer": "refuse"})
    world.settles()
    assert ("ombuds", "acknowledged", "sms") not in incident.answers()
    assert incident.status("valley") == "running"


def test_a_vouched_answer_confirms_and_ends_the_question(world: World) -> None:
    """A10: who has confirmed it is on the record, once."""
    incident, question = ombuds_says_yes(world)
    for _ in range(2):
        incident.act("acknowledgements", tree="valley", contact="ombuds", kind="acknowledged", expect=201)
    assert incident.status("valley") == "acknowledged"
    assert incident.timeline().count("decision") == 1
    world.passes(minutes=11)
    assert len([text for text in world.phone("coordinator").inbox if code_in(question) in text]) == 1


def asked_to_confirm(world: World) -> list[str]:
    return [text for text in world.phone("coordinator").inbox if "takes charge? If so GO" in text]


def test_what_was_confirmed_of_one_report_is_not_asked_again_of_what_it_is_merged_into(world: World) -> None:
    """A2: it counts there, as it did before."""
    first, second = world.raises(people=[]), world.raises(people=[])
    for text in list(world.phone("coordinator").inbox):
        world.texts("coordinator", f"OK {code_in(text)}")
    world.passes(minutes=11)
    world.texts("ombuds", f"OK {code_in(next(text for text in world.phone('ombuds').inbox if first.ref in text))}")
    world.texts("coordinator", f"GO {code_in(asked_to_confirm(world)[0])}")

    first.act("merge", into=second.ref)

    assert second.status("valley") == "acknowledged"
    assert len(asked_to_confirm(world)) == 1


def test_what_was_confirmed_of_two_reports_that_were_one_is_not_asked_again_after_a_split(world: World) -> None:
    first = world.raises(people=[])
    world.texts("coordinator", f"OK {code_in(world.phone('coordinator').inbox[0])}")
    world.passes(minutes=11)
    second = world.raises(people=[])
    first.act("merge", into=second.ref)
    world.texts("ombuds", f"OK {code_in(world.phone('ombuds').inbox[0])}")
    world.texts("coordinator", f"GO {code_in(asked_to_confirm(world)[0])}")

    second.act("split", reports=[first.ref])
    world.passes(minutes=11)

    assert (first.status("valley"), second.status("valley")) == ("acknowledged", "running")
    assert len(asked_to_confirm(world)) == 1
