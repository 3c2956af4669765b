"""No machine rings a colonel: a coordinator is asked to call, and says what came of it (B1, B3)."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from alertnet.store.db.tx import Tx
from alertnet.store.records import incidents, notifications
from alertnet.store.records.escalations import tree_of
from alertnet.worker.due_work import Job, Search, perform
from alertnet.worker.sender import Sending
from alertnet.worker.service import POOLS, strides
from tests.scenarios.conftest import Worlds
from tests.scenarios.record import planned
from tests.scenarios.valley import CONTACTS, COORDINATION, FIELD, a_tree
from tests.scenarios.world import Incident, World, code_in, link_in, spoken_code_in

BRIGADE = """
  brigade:
    role: authority
    belongs_to: army
    organisation: 5th Brigade
    language: es
    methods:
      - {task: "Call the duty officer, +57 300 5550111: we know, we are watching"}
      - {sms: "+573005550112", after: 20m}
"""
AUTHORITIES = "  - {name: Authorities, notify: [brigade], wait: 40m}\n"


@pytest.fixture
def world(world_of: Worlds) -> World:
    return world_of(a_tree(COORDINATION + AUTHORITIES, CONTACTS + BRIGADE))


def evening(world: World, **body: Any) -> tuple[Incident, str]:
    """Nobody has answered for ten minutes; the incident, and the text that asks the coordinator to call."""
    incident = world.raises(**{"perpetrator": "paramilitary", "people": [], **body})
    world.passes(minutes=10)
    return incident, tasks_of(world)[-1]


def tasks_of(world: World) -> list[str]:
    return [text for text in world.phone("coordinator").inbox if "TASK" in text or "call made" in text]


def jobs_of(world: World) -> list[Job]:
    """What a worker finds and claims, and has not begun."""
    return list(Search(Sending(world.runtime), strides(POOLS, 16), frozenset()).jobs())


def press(world: World, task: str, answer: str, expect: int = 200, **fields: str) -> str:
    """A button on the page of the task; what the page says then."""
    shown = world.client.post(link_in(task), data={"answer": answer, **fields})
    world.settles()
    assert shown.status_code == expect
    return str(shown.text)


def task_status(incident: Incident) -> list[str]:
    return [each["status"] for each in incident["notifications"] if each["method"] == "task"]


def test_a_coordinator_calls_and_what_the_brigade_says_acknowledges(world: World) -> None:
    """A6, A9: the text names nobody; the page says whom to call, what to say, and takes the result."""
    incident, task = evening(world)
    assert not [word for word in ("Brigade", "brigade", "+57", "watching") if word in task.replace("+573005550101", "")]
    assert sorted(incident.told("task")) == [("brigade", "task"), ("coordinator", "sms")]

    page = world.client.get(link_in(task)).text
    assert "5th Brigade · brigade" in page
    assert "Call the duty officer, +57 300 5550111: we know, we are watching" in page
    assert 'href="tel:+573005550111"' in page
    assert "https://wa.me/573005550111?text=Habla%20Valley%20network." in page
    assert 'href="https://signal.me/#p/+573005550111"' in page
    assert incident.answers() == []

    assert "Recorded" in press(world, task, "acknowledge")

    assert incident.answers() == [("brigade", "acknowledged", "vouched")]
    assert incident.status("valley") == "acknowledged"
    assert task_status(incident) == ["delivered"]
    world.passes(minutes=30)
    assert len(tasks_of(world)) == 1


def test_a_result_by_text_counts_once_and_may_come_with_what_was_done(world: World) -> None:
    """A1: OK, then DONE with some words; the brigade's answer is one."""
    incident, task = evening(world)
    code = code_in(task)

    replies = [world.texts("coordinator", f"OK {code}"), world.texts("coordinator", f"DONE {code} they send a patrol")]

    assert all(f"{incident.ref}: recorded" in (reply or "") for reply in replies)
    assert incident.answers() == [("brigade", "acknowledged", "vouched")]
    assert [(each["contact"], each["note"]) for each in incident["actions"]] == [("brigade", "they send a patrol")]


def test_who_asks_for_something_else_with_the_code_of_a_task_reads_what_came_of_it(world: World) -> None:
    """A6: what the contact said is not the coordinator's own answer."""
    _, task = evening(world)
    world.texts("coordinator", f"OK {code_in(task)}")

    reply = world.reply_to("coordinator", f"HOLD {code_in(task)}")

    assert ": brigade takes charge (" in reply


def test_when_nobody_answers_the_next_method_goes_at_once(world: World) -> None:
    """B3: a method that fails brings the next one forward."""
    incident, task = evening(world)
    press(world, task, "no_answer")
    press(world, task, "no_answer")

    assert task_status(incident) == ["failed"]
    assert planned(incident, "brigade") == [("brigade", "sms", 10)]
    assert len(world.phone("+573005550112").inbox) == 1


def test_a_number_at_which_somebody_else_was_found_is_used_no_more(world: World) -> None:
    """A9: nor written to by a machine, though the tree has it for later; the coordinators read whose it was."""
    incident, task = evening(world)

    press(world, task, "wrong_person")
    world.passes(minutes=30)

    assert task_status(incident) == ["failed"]
    assert world.phone("+573005550112").inbox == []
    assert incident.timeline().count("task_failed") == incident.timeline().count("wrong_person") == 1
    assert any("wrong number for brigade" in text for text in world.phone("coordinator").inbox)


def test_who_was_called_in_one_tree_is_not_who_is_to_be_called_in_another(world_of: Worlds) -> None:
    """B3: two mayors have one id and one task; that the number of one was wrong says nothing about the other."""
    mayor = "\n  mayor: {role: authority, organisation: Mayor, methods: [{task: Call the mayor}]}"
    friend = "\n  friend: {role: ngo, organisation: Friends, methods: [{sms: '+573005550178', after: 5m}]}"
    authorities = AUTHORITIES.replace("brigade", "mayor")
    friends = "  - {name: Friends, notify: [friend], wait: 10m}\n"
    late = a_tree(COORDINATION + friends + authorities, CONTACTS + mayor + friend, tree="hill")
    world = world_of(a_tree(COORDINATION + authorities, CONTACTS + mayor), late)
    incident, task = evening(world)
    press(world, task, "wrong_person")
    world.phone("+573005550178").behaves("invalid")

    world.passes(minutes=30)

    asked = [(each["trees"], each["status"]) for each in incident["notifications"] if each["method"] == "task"]
    assert asked == [(["valley"], "failed"), (["hill"], "sent")]


def test_it_rings_again_until_somebody_has_taken_it(world: World) -> None:
    incident, task = evening(world)
    world.passes(minutes=10)
    assert len(tasks_of(world)) == 2

    press(world, task, "take")
    world.passes(minutes=19)
    assert len(tasks_of(world)) == 2
    assert incident.answers() == []

    world.passes(minutes=1)
    assert len(tasks_of(world)) == 3


def test_a_relay_or_an_answer_that_another_coordinator_heard_settles_it(world: World) -> None:
    incident, _ = evening(world)
    incident.act("acknowledgements", tree="valley", contact="brigade", kind="relayed", expect=201)
    world.passes(minutes=11)

    assert len(tasks_of(world)) == 1
    assert task_status(incident) == ["delivered"]


def test_a_later_round_rings_for_the_task_that_is_open(world_of: Worlds) -> None:
    """B3: one open task for a contact in an escalation; a later round rings for the same one, with the same code."""
    no_other = BRIGADE.replace('      - {sms: "+573005550112", after: 20m}\n', "")
    world = world_of(a_tree(COORDINATION + AUTHORITIES, CONTACTS + no_other, rest="rounds: 2"))
    incident, task = evening(world)
    world.passes(minutes=120)

    rounds = {each["round"] for each in incident["notifications"] if each["contact"] == "coordinator"}
    assert 2 in rounds
    assert len(task_status(incident)) == 1
    assert all(code_in(task) in each for each in tasks_of(world))
    assert len(tasks_of(world)) > 5

    assert "Recorded" in press(world, task, "acknowledge")
    assert incident.answers() == [("brigade", "acknowledged", "vouched")]
    assert incident.status("valley") == "acknowledged"


def test_one_that_rings_for_two_trees_counts_for_the_level_that_asks_it_last(world_on: Worlds, tmp_path: Path) -> None:
    """A4, B3: with that level it is taken back, and with none before; the brigade's answer counts in both trees."""
    folder = tmp_path / "trees"
    folder.mkdir()
    alone = BRIGADE.replace('      - {sms: "+573005550112", after: 20m}\n', "")
    (folder / "teams.yaml").write_text(FIELD)
    (folder / "army.yaml").write_text(f"contacts:{alone}")
    twice = AUTHORITIES.replace("40m", "10m") + "  - {name: Army, notify: [brigade], wait: 60m}\n"
    for tree, levels, rest in (("valley", AUTHORITIES, ""), ("hills", twice, "start: {after: 20m}")):
        head = f"include: army.yaml\n{rest}"
        (folder / f"{tree}.yaml").write_text(a_tree(COORDINATION + levels, tree=tree, rest=head))
    world = world_on(f"sqlite:///{tmp_path / 'alertnet.db'}", folder)
    incident, task = evening(world)

    asking = []
    for minutes in (21, 10):
        world.passes(minutes=minutes)
        asking.append(world.runtime.read(lambda tx: levels_asking(tx, incident.ref, "hills")))

    assert asking == [[1], [2]]
    assert len(task_status(incident)) == 1
    assert "Recorded" in press(world, task, "acknowledge")
    assert [incident.status(tree) for tree in ("valley", "hills")] == ["acknowledged", "acknowledged"]


def levels_asking(tx: Tx, ref: str, tree: str) -> list[int]:
    """The levels of that tree for which tasks are open."""
    id = incidents.id_of(tx, ref)
    asking = notifications.open_tasks(tx.session, [id])[id]
    return [each.level_index for each in asking if tree_of(tx.session, each.escalation) == tree]


def test_a_stand_down_cancels_it_and_reopening_asks_again(world: World) -> None:
    """A4."""
    incident, task = evening(world)
    incident.act("close", reason="resolved")
    assert "closed" in press(world, task, "acknowledge", expect=409)
    world.passes(minutes=11)
    assert len(tasks_of(world)) == 1

    incident.act("reopen", reason="not over")
    world.passes(minutes=1)
    assert len(tasks_of(world)) == 2


def test_who_is_excluded_meanwhile_is_not_to_be_called_any_more(world: World) -> None:
    """A3, A4: the task is taken back, and its page tells nothing of the contact."""
    incident, task = evening(world)
    incident.act("exclude", contacts=["brigade"])

    assert task_status(incident) == ["cancelled"]
    assert "5th Brigade" not in world.client.get(link_in(task)).text
    world.passes(minutes=11)
    assert len(tasks_of(world)) == 1


@pytest.mark.parametrize("act", [("exclude", {"contacts": ["brigade"]}), ("close", {"reason": "resolved"})])
def test_what_is_claimed_when_a_task_is_taken_back_asks_nobody_to_call(
    world: World, act: tuple[str, dict[str, Any]]
) -> None:
    """A3, A4: as for an alert, what has not left yet is taken back, too."""
    incident = world.raises(perpetrator="paramilitary", people=[])
    world.passes(minutes=9)
    world.clock.at += timedelta(minutes=1)
    for job in jobs_of(world):
        perform(job)
    claimed = jobs_of(world)
    assert claimed
    path, body = act
    incident.act(path, **body)
    for job in claimed:
        perform(job)
    world.settles()

    assert tasks_of(world) == []


def test_of_the_perpetrator_nobody_is_asked_to_call_anybody(world: World) -> None:
    """A3: excluded as the accused, it hears nothing and no task is asked."""
    asked = {}
    for perpetrator in ("army", "paramilitary"):
        incident = world.raises(perpetrator=perpetrator, people=[])
        world.passes(minutes=15)
        asked[perpetrator] = len(tasks_of(world)), len(incident.told("task"))

    assert asked == {"army": (0, 0), "paramilitary": (1, 2)}


def test_the_page_lets_a_coordinator_vouch_act_and_close_from_a_phone(world: World) -> None:
    """A1, A6: plain forms; sent twice, each counts once."""
    incident, task = evening(world)
    for _ in range(2):
        press(world, task, "vouch", contact="valley/brigade", kind="declined")
        press(world, task, "action", contact="valley/brigade", action="visited", note="two officers")
    assert incident.answers() == [("brigade", "declined", "vouched")]
    assert [(each["contact"], each["action"]) for each in incident["actions"]] == [("brigade", "visited")]
    press(world, task, "vouch", expect=422, contact="valley/nobody", kind="declined")
    press(world, task, "close", expect=422, reason="tired")

    for _ in range(2):
        press(world, task, "close", reason="resolved")
    assert incident["status"] == "closed"


def test_who_has_a_pin_closes_nothing_without_it(world_of: Worlds) -> None:
    """A9: the link travelled in clear."""
    proved = CONTACTS.replace("role: coordinator,", "role: coordinator, pin: true,")
    world = world_of(a_tree(COORDINATION + AUTHORITIES, proved + BRIGADE))
    world.gives_pins("valley/coordinator", duress=None)
    incident, task = evening(world)

    press(world, task, "close", expect=403, reason="resolved")
    press(world, task, "close", expect=403, reason="resolved", pin="11111")
    assert incident["status"] == "open"

    press(world, task, "close", reason="resolved", pin="47110")
    assert incident["status"] == "closed"


def test_a_one_after_the_code_of_the_call_takes_the_task(world_of: Worlds) -> None:
    """A6: it says that a person listens, and nothing about the brigade; the alert that rang as well is over by then."""
    called = CONTACTS.replace('[{sms: "+573005550101"}]', '[{call: "+573005550101"}]')
    world = world_of(a_tree(COORDINATION + AUTHORITIES, called + BRIGADE))
    incident = world.raises(perpetrator="paramilitary", people=[])
    world.passes(minutes=10, seconds=40)
    call = world.waits_for_ringing("coordinator", minutes=12).answers()
    call.press(spoken_code_in(call.words)).press("1")
    world.settles()

    assert "Task for the coordinators" in call.words
    assert "rigade" not in call.words
    assert "alarm_answered" in incident.timeline()
    assert incident.answers() == []


def test_a_task_of_a_report_is_asked_anew_in_the_name_of_what_it_is_merged_into(world: World) -> None:
    """A2: else nobody is asked to call any more; the code that it had counts as well."""
    first, task = evening(world)
    second = world.raises(perpetrator="paramilitary", people=[])

    first.act("merge", into=second.ref)

    assert second.ref in tasks_of(world)[-1]
    reply = world.texts("coordinator", f"OK {code_in(task)}")
    assert ("brigade", "acknowledged", "vouched") in second.answers()
    assert "recorded" in (reply or "")
    rung = len(tasks_of(world))
    world.passes(minutes=30)
    assert len(tasks_of(world)) == rung
