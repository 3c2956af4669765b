"""`duty`: who has the telephone now, and who takes a turn out of order; it holds at once beside a running process."""

import re
import shutil
from pathlib import Path

import pytest

from alertnet.runtime.wiring import Runtime
from alertnet.store.records import timeline
from alertnet.store.views import timeline_view
from tests.cli.conftest import Office

ROOT = Path(__file__).parents[2]


@pytest.fixture
def trees(office: Office, tmp_path: Path) -> str:
    """The examples, with two members on the rota of the second coordinator."""
    folder = tmp_path / "trees"
    shutil.copytree(ROOT / "contact_trees", folder)
    path = folder / "colombia.yaml"
    path.write_text(path.read_text().replace("rota: []", "rota: [ana, luis]"))
    office.env["ALERTNET_CONTACT_TREES"] = str(folder)
    return str(folder)


@pytest.mark.usefixtures("runtime", "trees")
def test_show_says_who_is_on_duty_and_when_that_changes(office: Office) -> None:
    said = office.types("duty", "show")
    assert said.code == 0
    assert re.fullmatch(r"colombia/coordinator-2: north/(ana|luis); the turn changes Mon [0-9-]{10} 09:00\n", said.out)


@pytest.mark.usefixtures("runtime", "trees")
def test_a_turn_out_of_order_holds_at_once_and_is_on_the_record(office: Office, runtime: Runtime) -> None:
    said = office.types("duty", "set", "colombia/coordinator-2", "luis", "--until", "2035-12-27")
    assert said.out == "colombia/coordinator-2: north/luis is on duty until Thu 2035-12-27 00:00.\n"
    assert office.types("duty", "show").out.startswith("colombia/coordinator-2: north/luis;")
    office.types("duty", "set", "colombia/coordinator-2", "luis", "--off", "--until", "2035-12-27")
    assert office.types("duty", "show").out.startswith("colombia/coordinator-2: north/ana;")
    entries = runtime.read(lambda tx: timeline_view.entries(tx.session, timeline.SYSTEM, 0, 10))
    assert [each["kind"] for each in entries].count("duty_arranged") == 2


@pytest.mark.usefixtures("runtime", "trees")
@pytest.mark.parametrize(
    ("typed", "fault"),
    [
        (["colombia/mayor", "ana"], "no contact with a duty rota 'colombia/mayor'"),
        (["colombia/coordinator-2", "mary"], "north/ana, north/luis"),
        (["colombia/coordinator-2", "ana", "--until", "Christmas"], "YYYY-MM-DD"),
        (["colombia/coordinator-2", "ana", "--until", "2020-01-01"], "a moment that is still to come"),
        (["colombia/coordinator-2", "ana", "--until", "9999-12-31"], "within the years 2000 to 2100"),
        (["colombia/coordinator-2", "ana", "--from", "0001-01-01"], "within the years 2000 to 2100"),
        (["colombia/coordinator-2", "\udcff"], "text in UTF-8"),
    ],
)
def test_what_can_not_be_arranged_is_refused_with_what_can(office: Office, typed: list[str], fault: str) -> None:
    said = office.types("duty", "set", *typed)
    assert (said.code, said.out) == (2, "")
    assert fault in said.err
