"""`roll-call`: a terminal asks the field, and shows who has answered."""

from sqlalchemy import select

from alertnet.runtime.wiring import Runtime
from alertnet.store.tables import notifications
from tests.cli.conftest import Office


def test_a_team_is_asked_and_its_figures_are_shown(office: Office, runtime: Runtime) -> None:
    began = office.types("roll-call", "--team", "north", "--text", "Flood in Secreta")
    assert (began.code, began.err) == (0, "")
    said = office.types("roll-call", began.out.strip())
    asked = sorted(runtime.read(lambda tx: list(tx.session.scalars(select(notifications.c.contact)))))

    assert asked
    assert said.out.startswith("team north, ")
    assert f"asked {len(asked)}, answered 0, not {len(asked)}" in said.out
    rows = [line.split()[:2] for line in said.out.splitlines()[1:]]
    assert [row for row in rows if row[1] == "awaited"] == [[each, "awaited"] for each in asked]


def test_whom_to_ask_is_said_once(office: Office, runtime: Runtime) -> None:
    for words, named in (
        ([], "roll-call: missing"),
        (["--team", "north", "--all"], "roll-call: '--team --all'"),
        (["--country", "XX"], "country: 'XX'"),
        (["--all", "--incident-after", "soon"], "--incident-after: 'soon'"),
    ):
        assert named in office.refused("roll-call", *words)


def test_a_roll_call_that_never_was_is_unknown(office: Office, runtime: Runtime) -> None:
    said = office.types("roll-call", "abc")

    assert (said.code, said.err.strip()) == (2, "no roll-call 'abc'")
