"""`purge`: what closed incidents held is erased, once somebody has said so and why."""

import pytest
from sqlalchemy import update

from alertnet.runtime.wiring import Runtime
from alertnet.store.records import timeline
from alertnet.store.tables import attempts, incidents
from tests.cli.conftest import Office
from tests.scenarios.world import FRIDAY_NIGHT


@pytest.fixture
def closed(office: Office, runtime: Runtime, ref: str) -> str:
    """An incident that was closed long ago, and of which everything that was sent has come to its end."""
    office.types("incidents", "close", ref, "--reason", "released")
    runtime.transact(lambda tx: tx.session.execute(update(attempts).values(status="failed", due_at=None)))
    long_ago = FRIDAY_NIGHT.replace(year=2023)
    runtime.transact(lambda tx: tx.session.execute(update(incidents).values(opened_at=long_ago, closed_at=long_ago)))
    return ref


def status(office: Office) -> str:
    return office.types("incidents", "list").out.split()[-1]


def test_a_dry_run_shows_what_would_go_and_takes_nothing(office: Office, closed: str) -> None:
    said = office.types("purge", "--older-than", "24m", "--dry-run")

    assert said.code == 0
    assert said.out.startswith(f"{closed}  closed 2023-11-27  arrest  CO  -\n1 would be purged, 0 would not.")
    assert status(office) == "-"


def test_it_asks_before_and_takes_nothing_without_a_yes(office: Office, closed: str) -> None:
    refused = office.types("purge", "--older-than", "24m", keyboard="n\n")
    assert (refused.code, "purged" in status(office)) == (1, False)

    agreed = office.types("purge", "--older-than", "24m", keyboard="y\n")

    assert (agreed.code, status(office)) == (0, "purged")
    assert "Purged: 1." in agreed.out


def test_one_is_purged_by_its_reference_with_a_reason(office: Office, runtime: Runtime, closed: str) -> None:
    without = office.types("purge", "--incident", closed, "--yes")
    assert (without.code, without.err.partition(":")[0]) == (2, "--why")

    said = office.types("purge", "--incident", closed, "--why", "she asked", "--by", "Ines", "--yes")

    assert (said.code, status(office)) == (0, "purged")
    [(_, entry)] = runtime.read(lambda tx: timeline.of_kind(tx.session, "system", "incident_purged"))
    assert entry == {"ref": closed, "by": "Ines", "why": "she asked"}
    verified = office.types("audit", "verify")
    assert (verified.code, "Purged incidents" in verified.out) == (0, True)
    shown = office.types("incidents", "show", closed)
    assert (shown.code, f"incident {closed} was purged on" in shown.err) == (2, True)


def test_a_held_incident_stays_whatever_its_age(office: Office, closed: str) -> None:
    assert office.types("purge", "--hold", closed, "--why", "a court asks").code == 0
    assert status(office) == "held"

    by_age = office.types("purge", "--older-than", "24m", "--yes")
    by_name = office.types("purge", "--incident", closed, "--why", "she asked", "--yes")

    assert ("Purged: 0." in by_age.out, by_name.code, status(office)) == (True, 1, "held")
    assert "stays: held since" in by_name.out

    office.types("purge", "--release", closed, "--why", "it is over")
    assert "Purged: 1." in office.types("purge", "--older-than", "24m", "--yes").out


def test_an_age_that_is_none_or_too_young_is_refused(office: Office, runtime: Runtime) -> None:
    for words in (["--older-than", "90"], ["--older-than", "6d"], ["--older-than", "24h"], []):
        said = office.types("purge", *words, "--yes")
        assert (said.code, said.err.partition(":")[0]) == (2, "--older-than")
        assert "90d, 26w, 24m, 2y" in said.err


def test_ways_to_say_what_is_purged_that_exclude_each_other_are_named(office: Office, closed: str) -> None:
    err = office.refused("purge", "--older-than", "24m", "--incident", closed, "--why", "x", "--yes")

    assert err.startswith("purge: '--older-than --incident' is not allowed (allowed: one of --older-than, --incident, ")
    assert status(office) == "-"


def test_the_setting_is_the_age_where_none_is_typed(office: Office, closed: str) -> None:
    office.env["ALERTNET_KEEP"] = "24m"

    assert "Purged: 1." in office.types("purge", "--yes").out
