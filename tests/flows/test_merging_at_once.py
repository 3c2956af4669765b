"""Merging and splitting by several coordinators at the same moment: each is done once (A1)."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from alertnet.core.errors import BadInput, WrongState
from alertnet.flows.incidents.merge import merge, split
from alertnet.store.db.tx import Tx
from tests.flows.switchboard import Switchboard

BY = "the desk"


def merges(tx: Tx, part: str, whole: str) -> None:
    merge(tx, part, whole, by=BY).finish()


def splits(tx: Tx, whole: str, ref: str) -> None:
    split(tx, whole, [ref], by=BY).finish()


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
