"""`drill` and `drills`: begun or planned from a terminal, listed, cancelled, and what came of one."""

from pathlib import Path

from alertnet.runtime.wiring import Runtime
from alertnet.store.records import incidents
from tests.cli.conftest import Office

CASE = ("drill", "--country", "CO", "--type", "arrest")


def test_a_drill_begins_and_its_report_is_printed_and_written(office: Office, runtime: Runtime, tmp_path: Path) -> None:
    began = office.types(*CASE)

    ref = began.out.strip()
    id = runtime.read(incidents.id_of, ref)
    assert runtime.read(lambda tx: incidents.get(tx.session, id)).facts.drill
    assert office.types("drills", "list").out.startswith(f"{ref}  held  ")
    assert office.types("drills", "report", ref).out.startswith(f"{ref}: told 0, reached 0, answered 0, dead 0\n")
    office.types("drills", "report", ref, "--csv", str(tmp_path / "drill.csv"))
    assert (tmp_path / "drill.csv").read_text().startswith("tree,contact,reached,answer,via,answered_after_s,method,")


def test_one_is_planned_by_the_clocks_of_its_tree_and_cancelled(office: Office, runtime: Runtime) -> None:
    planned = office.types(*CASE, "--at", "2030-12-01T10:00", "--every", "3").out.strip()
    listed = office.types("drills", "list").out
    cancelled = office.types("drills", "cancel", planned)

    assert listed.split() == [planned, "planned", "2030-12-01", "10:00-0500", "arrest", "CO", "every", "3", "months"]
    assert (cancelled.code, cancelled.out) == (0, "It is not held.\n")
    assert "  cancelled  " in office.types("drills", "list").out
    assert office.types("drills", "cancel", planned).code == 2


def test_what_cannot_be_planned_is_refused_by_name(office: Office, runtime: Runtime) -> None:
    again, past, midnight, no = (
        office.types(*CASE, "--every", "3"),
        office.types(*CASE, "--at", "2020-01-01T10:00"),
        office.types(*CASE, "--at", "2030-12-01"),
        office.types("drills", "cancel", "nothing"),
    )

    assert (again.code, "--every" in again.err) == (2, True)
    assert (past.code, "a moment still to come" in past.err) == (2, True)
    assert (midnight.code, "a day with its hour" in midnight.err) == (2, True), "it would wake everybody at midnight"
    assert (no.code, no.err) == (2, "no drill 'nothing'\n")
    assert office.types("drills", "list").out == ""
