"""`roll-call`: a terminal asks the field, and shows who has answered."""

import json

from sqlalchemy import select

from alertnet.runtime.wiring import Runtime
from alertnet.store.tables import notifications
from tests.cli.conftest import Office


def test_a_team_is_asked_and_its_figures_are_shown(office: Office, runtime: Runtime) -> None:
    began = office.types("roll-call", "--team", "north", "--text", "Flood in Secreta")
    assert (began.code, began.err) == (0, "")
    said = office.types("roll-call", began.out.strip())
    shown = json.loads(office.types("roll-call", began.out.strip(), "--json").out)

    assert said.out.startswith("team north, ")
    assert f"asked {shown['asked']}, answered 0, not {shown['asked']}" in said.out
    rows = [line.split()[:2] for line in said.out.splitlines()[1:]]
    assert [row for row in rows if row[1] == "awaited"] == [[each["member"], "awaited"] for each in shown["members"]]
    asked = runtime.read(lambda tx: list(tx.session.scalars(select(notifications.c.contact))))
    assert sorted(asked) == [each["member"] for each in shown["members"]]


def test_what_was_asked_before_is_listed_the_newest_first(office: Office, runtime: Runtime) -> None:
    first = office.types("roll-call", "--team", "north").out.strip()
    second = office.types("roll-call", "--all").out.strip()

    said = office.types("roll-call", "--list")

    assert [line.split()[0] for line in said.out.splitlines()[1:]] == [second, first]
    listed = json.loads(office.types("roll-call", "--list", "--json").out)["items"]
    assert [(each["id"], each["answered"], each["not_answered"]) for each in listed] == [
        (second, 0, listed[0]["asked"]),
        (first, 0, listed[1]["asked"]),
    ]


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
