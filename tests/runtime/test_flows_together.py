"""Flows that share a transaction look up once what all of them need, and still see what those before them changed."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import event

from alertnet.core.delivery.provider_routes import FIRST
from alertnet.core.directory.contact import MethodKind
from alertnet.core.escalation.advance_incident import begin_incident
from alertnet.core.incident import CloseReason
from alertnet.flows.incidents.close_incident import close_incident
from alertnet.flows.incidents.open_incident import SILENT, open_incident
from alertnet.flows.sending.pause import pause
from alertnet.flows.unit.locked_incident import LockedIncident, take_up
from alertnet.flows.unit.prefetch import MORE
from alertnet.runtime.entropy import SystemEntropy
from alertnet.runtime.wiring import Runtime
from alertnet.store.db.tx import Entropy, Tx
from alertnet.store.records.credentials import api_keys
from alertnet.store.records.credentials.codes import NewCode
from alertnet.store.records.notifications import NewNotification
from alertnet.web.api.incidents import Report, raising
from alertnet.web.auth import KnownKeys
from alertnet.web.door import Door, InFlight
from tests.database import migrate
from tests.runtime.flows import Refused, in_one_group
from tests.support.program import example_trees, settings_on, shipped_templates, wired

ARREST = {"type": "arrest", "country": "CO", "consent": "international", "people": [{"code": "P7"}]}
TEXTS = {(MethodKind.SMS, FIRST), (MethodKind.CALL, FIRST)}

Opens = Callable[[Tx], LockedIncident]


@contextmanager
def running(folder: Path, entropy: Entropy | None = None) -> Iterator[Runtime]:
    """A program on the example trees."""
    settings = settings_on(f"sqlite:///{folder / 'test.db'}")
    runtime = wired(settings, example_trees(), shipped_templates(), entropy=entropy)
    migrate(runtime.engine)
    yield runtime
    runtime.close()


@pytest.fixture
def runtime(tmp_path: Path) -> Iterator[Runtime]:
    with running(tmp_path) as runtime:
        yield runtime


def opening(runtime: Runtime) -> Opens:
    """The flow that opens an incident whose first alert goes to the same coordinator each time."""
    facts, edition = Report.model_validate(ARREST).facts(None), runtime.edition
    return lambda tx: open_incident(tx, edition, facts, by="a test")


def at_the_door(runtime: Runtime) -> Door:
    """The door of the API, for a key that may raise incidents."""
    _, text = runtime.transact(api_keys.create, None, ["raise"])
    key = runtime.read(lambda tx: api_keys.find(tx.session, text))
    assert key is not None
    return Door(runtime, InFlight(), KnownKeys(), key, None, "POST /v1/incidents")


@pytest.fixture
def opens(runtime: Runtime) -> Opens:
    return opening(runtime)


def says_also(opened: object) -> bool:
    """Whether its alert tells of another open incident with a code of its own."""
    assert isinstance(opened, LockedIncident)
    alert, *_ = opened.work.pending.written(NewNotification)
    return alert.said.also


def reads(runtime: Runtime, opens: Opens, count: int) -> int:
    """How many statements read anything while so many incidents are opened together."""
    found: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        found.append(statement)

    event.listen(runtime.engine, "before_cursor_execute", note)
    in_one_group(runtime, [opens] * count)
    event.remove(runtime.engine, "before_cursor_execute", note)
    return sum(statement.startswith("SELECT") for statement in found)


def test_incidents_opened_together_have_their_own_references_and_codes(runtime: Runtime, opens: Opens) -> None:
    """B4: and all but the first tell their contact of the others."""
    opened = in_one_group(runtime, [opens] * 8)

    incidents = [each for each in opened if isinstance(each, LockedIncident)]
    codes = [code.text for each in incidents for code in each.work.pending.written(NewCode)]
    assert len({each.incident.ref for each in incidents}) == 8
    assert len(codes) == len({*codes}) >= 8
    assert [says_also(each) for each in opened] == [False] + [True] * 7


def test_reports_of_one_commit_open_at_one_moment(runtime: Runtime, opens: Opens) -> None:
    """A7: that of the first, when all of them had come. So what begins with a plan is worked out once."""
    act, before = raising(Report.model_validate(ARREST), at_the_door(runtime)), begin_incident.cache_info().misses

    opened = in_one_group(runtime, [opens, *[lambda tx: act(tx)[0]] * 3])

    moments = [each.incident.opened_at for each in opened if isinstance(each, LockedIncident)]
    assert len(moments) == 4
    assert moments[0] < moments[1] == moments[2] == moments[3]
    assert begin_incident.cache_info().misses == before + 2


def test_each_further_incident_asks_only_who_is_on_duty(runtime: Runtime, opens: Opens) -> None:
    reads(runtime, opens, 2)  # Publishes the trees.

    assert reads(runtime, opens, 8) - reads(runtime, opens, 2) == 6


class OnlyOneCode(SystemEntropy):
    """Draws the same digits each time, and counts how often."""

    drawn = 0

    def digits(self, count: int) -> str:
        self.drawn += 1
        return "4711"[:count]


def test_where_no_code_is_left_for_a_number_only_one_flow_searches(tmp_path: Path) -> None:
    """A2: each alert leaves all the same. It is answered by its link, and each search takes as long as an incident."""
    entropy = OnlyOneCode()
    with running(tmp_path, entropy) as runtime:
        opens, drawn = opening(runtime), []

        def opens_and_counts(tx: Tx) -> LockedIncident:
            opened = opens(tx)
            drawn.append(entropy.drawn)
            return opened

        opened = in_one_group(runtime, [opens_and_counts] * 4)

    alerts = [each.work.pending.written(NewNotification)[0] for each in opened if isinstance(each, LockedIncident)]
    assert [each.said.code for each in alerts] == ["4711", None, None, None]
    _, second, third, fourth = (after - before for before, after in pairwise([0, *drawn]))
    assert second > sum(MORE) > third + fourth


def test_a_pause_between_two_openings_is_told_by_the_second(runtime: Runtime, opens: Opens) -> None:
    """A2: whoever raises an incident that nobody can be told of hears of it."""

    def pauses(tx: Tx) -> None:
        pause(tx, TEXTS, tx.now + timedelta(minutes=30), "a test", "a test", known=TEXTS, everything=True)

    before, _, after = in_one_group(runtime, [opens, pauses, opens])

    assert isinstance(before, LockedIncident)
    assert isinstance(after, LockedIncident)
    assert [SILENT in " ".join(each.incident.warnings) for each in (before, after)] == [False, True]


def test_a_code_of_an_incident_closed_in_between_is_beside_no_other(runtime: Runtime, opens: Opens) -> None:
    opened: list[LockedIncident] = []

    def closes(tx: Tx) -> None:
        locked = take_up(tx, opened[0].incident.id)
        close_incident(locked, CloseReason.RESOLVED, by="a test")
        locked.finish()

    def opens_first(tx: Tx) -> LockedIncident:
        opened.append(opens(tx))
        return opened[0]

    _, closed, second, third = in_one_group(runtime, [opens_first, closes, opens, opens])

    assert closed is None
    assert [says_also(second), says_also(third)] == [False, True]


def test_a_code_of_an_incident_that_was_undone_is_beside_no_other(runtime: Runtime, opens: Opens) -> None:
    """A11: the group runs again with savepoints, and what the failing flow knew goes with what it wrote."""

    def opens_and_fails(tx: Tx) -> None:
        opens(tx)
        raise Refused("undone")

    undone, second, third = in_one_group(runtime, [opens_and_fails, opens, opens])

    assert isinstance(undone, Refused)
    assert [says_also(second), says_also(third)] == [False, True]


def test_a_key_revoked_in_between_is_no_longer_in_force(runtime: Runtime) -> None:
    id, text = runtime.transact(api_keys.create, None, ["raise"])
    key = runtime.read(lambda tx: api_keys.find(tx.session, text))
    assert key is not None

    def is_in_force(tx: Tx) -> bool:
        return api_keys.ask_if_in_force(tx.session, key)()

    found = in_one_group(runtime, [is_in_force, is_in_force, lambda tx: api_keys.revoke(tx, id), is_in_force])

    assert found == [True, True, None, False]
