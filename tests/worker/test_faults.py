"""No fault spreads (A11): a row, a message, a channel that fails is put aside and reported, and all else goes on."""

from datetime import datetime

from sqlalchemy import event, select, update

from alertnet.channels.base import Leave, Lookup, Outgoing, Result, at_once
from alertnet.core.delivery.provider_routes import FIRST
from alertnet.core.directory.contact import MethodKind
from alertnet.runtime.outlets import Outlet
from alertnet.store.monitoring import heartbeats
from alertnet.store.tables import escalations, notifications
from alertnet.worker.self_monitoring import beat
from tests.worker.stage import MINUTE, NOW, OURS, Stage


class Broken:
    """A channel with a fault of our own making."""

    def send(self, outgoing: Outgoing, leave: Leave = at_once) -> Result | None:
        raise RuntimeError("no such thing")

    def lookup(self, outgoing: Outgoing, since: datetime, provider_id: str | None = None) -> Lookup:
        raise RuntimeError("no such thing")

    def trouble(self) -> None:
        raise RuntimeError("no such thing")

    def hang_up(self, provider_id: str) -> None:
        raise RuntimeError("no such thing")


def test_an_escalation_that_fails_is_put_off_and_the_others_go_on(stage: Stage) -> None:
    """A11: a state that can't be read is looked at again in a minute, and stands on the system's record."""
    broken, whole = stage.opens(), stage.opens()
    stage.settles()
    spoil = update(escalations).where(escalations.c.incident_id == broken).values(state={"status": "no such status"})
    stage.runtime.transact(lambda tx: tx.session.execute(spoil))
    stage.clock.at += 3 * MINUTE

    stage.worker.step()

    assert [row.incident_id for row in stage.attempts(MethodKind.CALL)] == [whole]
    assert [payload["queue"] for kind, payload in stage.history("system") if kind == "put_off"] == ["escalations"]
    assert stage.worker.next_due() == NOW + 4 * MINUTE


def test_a_message_that_can_not_be_written_fails_and_the_next_method_goes(stage: Stage) -> None:
    """A11: a template's fault is not the recipient's, who is reached by another way at once."""
    stage.opens()
    by_sms = notifications.c.method == "sms"
    (said,) = stage.runtime.read(lambda tx: tx.session.scalars(select(notifications.c.said).where(by_sms)).all())
    spoil = update(notifications).where(by_sms).values(said=said | {"timezone": "Nowhere/At_All"}, kind="recorded")
    stage.runtime.transact(lambda tx: tx.session.execute(spoil))

    stage.worker.step()

    assert [(row.failure, row.error) for row in stage.attempts(kind="recorded")] == [("our_account", "template")]
    assert stage.attempt(MethodKind.CALL).status == "sent"


def test_a_channel_that_fails_leaves_the_outcome_unknown(stage: Stage) -> None:
    """A5, A11: nobody knows how far a fault of our own let it come; the other channels go on."""
    stage.runtime.outlets[MethodKind.SMS, FIRST] = Outlet(Broken(), (OURS,), 0)
    stage.opens()

    stage.passes(minutes=3)

    assert [row.failure for row in stage.attempts(MethodKind.SMS)] == ["outcome_unknown", "outcome_unknown"]
    assert stage.attempts(MethodKind.CALL)[0].status == "failed"
    assert stage.attempt(MethodKind.EMAIL).status == "sent"


def test_others_write_while_a_worker_looks_at_itself(stage: Stage) -> None:
    """A11: how all fares takes longer to find out than to write down, and an alarm waits for nobody who reads."""
    opened = list[str]()

    def opens(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if "put_offs" in statement and not opened:
            opened.append(stage.opens())

    event.listen(stage.runtime.engine, "before_cursor_execute", opens)
    beat(stage.runtime, "a worker", lambda *_: None)

    assert [row.incident_id for row in stage.attempts(MethodKind.SMS)] == opened != []
    assert heartbeats.WATCH in stage.runtime.read(lambda tx: heartbeats.read(tx.session))
