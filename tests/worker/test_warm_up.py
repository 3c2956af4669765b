"""What the first alarm needs is gone through before it comes, and nothing stays of that."""

from typing import Any

from sqlalchemy import event

from alertnet.flows.system.warm_up import warm_up
from alertnet.store.tables import metadata
from tests.worker.conftest import Stages
from tests.worker.stage import Stage
from tests.worker.test_batches import TWO_LEVELS


def everything(stage: Stage) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of all tables."""
    with stage.runtime.engine.connect() as connection:
        return {each.name: [tuple(row) for row in connection.execute(each.select())] for each in metadata.sorted_tables}


def test_an_alarm_that_is_gone_through_leaves_nothing_but_statements_that_are_made(
    stages: Stages, each_database: str
) -> None:
    """A5: what waits then is still to be sent, nobody is woken, and the first alarm need not wait for any of it."""
    stage = stages(each_database, known=TWO_LEVELS)
    edition = stage.runtime.edition
    empty, woken, done = everything(stage), list[str](), set[str]()
    stage.runtime.on_commit.append(lambda: woken.append("for this"))
    stage.runtime.transact(warm_up, edition)
    assert (everything(stage), woken) == (empty, [])

    made = {*vars(stage.runtime.engine.dialect)["forms"]}
    stage.opens()
    assert woken
    assert made >= {*vars(stage.runtime.engine.dialect)["forms"]}

    waits = everything(stage)
    event.listen(
        stage.runtime.engine, "before_cursor_execute", lambda *args: done.add(" ".join(args[2].split()[:3]).lower())
    )
    stage.runtime.transact(warm_up, edition)
    assert everything(stage) == waits
    assert done >= {
        "insert into incidents",
        "update attempts set",
        "update notifications set",
        "update escalations set",
    }
