"""Merging and splitting by several coordinators at the same moment: each is done once (A1)."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from alertnet.core.errors import BadInput, WrongState
from alertnet.core.incident import CloseReason, IncidentStatus
from alertnet.flows.incidents.close_incident import close_incident
from alertnet.flows.incidents.merge import merge, split
from alertnet.flows.incidents.repeat_prompt import repeat_prompt
from alertnet.flows.unit.locked_incident import take_up
from alertnet.store.db.tx import Tx
from alertnet.store.records import incidents
from alertnet.store.records import prompts as prompt_store
from tests.flows.switchboard import Switchboard

BY = "the desk"


def merges(tx: Tx, part: str, whole: str) -> None:
    merge(tx, part, whole, by=BY).finish()


def splits(tx: Tx, whole: str, ref: str) -> None:
    split(tx, whole, [ref], by=BY).finish()


def closes(tx: Tx, ref: str) -> None:
    locked = take_up(tx, incidents.id_of(tx, ref))
    close_incident(locked, CloseReason.FALSE_ALARM, named=ref, by=BY)
    locked.finish()


def at_once(board: Switchboard, *acts: tuple[object, ...]) -> Counter[str]:
    """What came of acts that begin at the same moment."""
    begin = Barrier(len(acts))

    def act(flow: object, *args: object) -> str:
        begin.wait()
        try:
            board.runtime.transact(flow, *args)  # type: ignore[arg-type]
        except (BadInput, WrongState):
            return "refused"
        return "done"

    with ThreadPoolExecutor(len(acts)) as pool:
        return Counter(pool.map(lambda each: act(*each), acts))


def test_a_report_is_split_off_once(any_board: Switchboard) -> None:
    whole, part, other = (any_board.opens(type="threat") for _ in range(3))
    for each in (part, other):
        any_board.runtime.transact(merges, each, whole)
    refs = {id: any_board.incident(id).ref for id in (part, other)}

    came = at_once(any_board, *((splits, whole, refs[part]) for _ in range(3)), (splits, whole, refs[other]))

    assert came == {"done": 2, "refused": 2}
    assert [len(any_board.history(id, "split_off")) for id in (part, other)] == [1, 1]
    assert len(any_board.history(whole, "split")) == 2
    assert any_board.incident(whole).merged is None
    assert [any_board.incident(id).part_of for id in (part, other)] == [None, None]


def test_of_two_that_are_merged_into_one_another_one_acts(any_board: Switchboard) -> None:
    """Neither order is wrong, and both at once would leave nobody who acts."""
    one, other = (any_board.opens(type="threat") for _ in range(2))

    came = at_once(any_board, (merges, one, other), (merges, other, one))

    parts = [any_board.incident(id).part_of for id in (one, other)]
    assert sorted(parts, key=str) == sorted([None, one if parts[0] is None else other], key=str)
    assert came["done"] >= 1


def test_what_one_merges_and_the_other_closes_ends_nothing_but_itself(any_board: Switchboard) -> None:
    """A4: whoever comes second hears so; of what the report was merged into nobody has said that it is over."""
    part, whole = (any_board.opens(type="threat") for _ in range(2))
    ref = any_board.incident(part).ref

    came = at_once(any_board, (merges, part, whole), (closes, ref))

    assert came == {"done": 1, "refused": 1}
    is_merged = any_board.incident(part).part_of == whole
    assert len(any_board.history(part, "incident_closed")) == (0 if is_merged else 1)
    assert any_board.incident(whole).status is IncidentStatus.OPEN


def test_an_alarm_that_is_found_due_as_its_report_is_split_off_rings_for_that_report(board: Switchboard) -> None:
    """A3: else it would ring under the reference of the other, at whoever coordinates that."""
    part, whole = (board.opens(type="threat") for _ in range(2))
    board.tells(part, "ombuds")
    board.answers_text("ombuds", "they are at the door")
    board.runtime.transact(merges, part, whole)
    board.clock.forward(minutes=10)

    def repeats(due: list[tuple[str, str]]) -> tuple[int, int]:
        for prompt, incident in due:
            board.runtime.transact(repeat_prompt, prompt, incident)
        rung = (board.history(id, "alarm_repeated") for id in (part, whole))
        one, other = map(len, rung)
        return one, other

    def found() -> list[tuple[str, str]]:
        return board.runtime.read(prompt_store.due, 100)

    before = found()
    board.runtime.transact(splits, whole, board.incident(part).ref)

    assert repeats(before) == (0, 0)
    assert repeats(found()) == (1, 0)
