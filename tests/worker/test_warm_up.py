"""What the first alarm needs is gone through before it comes, and nothing stays of that."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import event

from alertnet.core.directory.contact import MethodKind
from alertnet.core.directory.contact_tree import Network
from alertnet.flows.system.warm_up import MOST_CONTACTS, warm_up
from alertnet.store.tables import metadata
from tests.worker.conftest import Stages
from tests.worker.stage import CONTACTS, Stage
from tests.worker.test_batches import TWO_LEVELS

WRITTEN = {"insert into incidents", "update attempts set", "update notifications set", "update escalations set"}


def everything(stage: Stage) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of all tables."""
    with stage.runtime.engine.connect() as connection:
        return {each.name: [tuple(row) for row in connection.execute(each.select())] for each in metadata.sorted_tables}


def gone_through(stage: Stage) -> dict[str, str]:
    """How each statement of the trial begins, with all values that it was run for."""
    done: dict[str, str] = {}

    def note(*args: Any) -> None:
        what = " ".join(args[2].split()[:3]).lower()
        done[what] = f"{done.get(what)} {args[3]}"

    event.listen(stage.runtime.engine, "before_cursor_execute", note)
    stage.runtime.transact(warm_up, stage.runtime.edition)
    return done


def test_an_alarm_that_is_gone_through_leaves_nothing_but_statements_that_are_made(
    stages: Stages, each_database: str
) -> None:
    """A5: what waits then is still to be sent, nobody is woken, and the first alarm need not wait for any of it."""
    stage = stages(each_database, known=TWO_LEVELS)
    edition = stage.runtime.edition
    empty, woken = everything(stage), list[str]()
    stage.runtime.on_commit.append(lambda: woken.append("for this"))
    stage.runtime.transact(warm_up, edition)
    assert (everything(stage), woken) == (empty, [])

    made = {*vars(stage.runtime.engine.dialect)["forms"]}
    incident = stage.opens()
    assert woken
    assert made >= {*vars(stage.runtime.engine.dialect)["forms"]}

    waits, ids = everything(stage), {incident, *(each.id for each in stage.attempts(MethodKind.SMS))}
    done = gone_through(stage)
    assert everything(stage) == waits
    assert done.keys() >= WRITTEN
    assert not [what for what, values in done.items() if any(id in values for id in ids)], "locked before others"


@pytest.mark.parametrize(("more", "written"), [(0, WRITTEN), (MOST_CONTACTS, set[str]())])
def test_it_is_gone_through_only_where_it_takes_no_time(stages: Stages, more: int, written: set[str]) -> None:
    """A7: an alarm that comes meanwhile waits for it."""
    tree = TWO_LEVELS.trees["colombia"]
    contacts = tree.contacts | {f"c{place}": replace(CONTACTS[2], id=f"c{place}") for place in range(more)}
    stage = stages(known=Network({tree.id: replace(tree, contacts=contacts)}, {}, {}))
    assert gone_through(stage).keys() & WRITTEN == written
