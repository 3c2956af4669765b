"""Texts of unknown numbers at the console: read, bound to a member, or set aside; for coordinators alone."""

from alertnet.store.records.credentials.users import Role
from alertnet.store.tables import inbound, incidents
from tests.web.console.conftest import SitDown
from tests.web.console.desk import Desk
from tests.web.world import STRANGER, World


def test_what_a_stranger_wrote_is_read_and_bound_to_a_member(world: World, desk: Desk) -> None:
    """It does what it would have done from the member's own phone."""
    world.texts(STRANGER, "SOS my phone is gone")
    page = desk.opens("/desk/quarantine")
    assert f"{STRANGER} SOS my phone is gone" in page.text

    done = page.presses(f"It is theirs {STRANGER}", member="north/ana")

    [incident] = world.rows(incidents)
    assert done.headers["Location"] == f"/desk/incidents/{incident.ref}?done=bound"
    assert incident.team == "north"
    assert "No text of an unknown number" in desk.opens("/desk/quarantine").text


def test_what_is_nobodys_is_set_aside_once(world: World, desk: Desk, sit_down: SitDown) -> None:
    """Whoever comes second is told; nothing is raised of it."""
    world.texts(STRANGER, "you have won a prize")
    other = sit_down("ben").opens("/desk/quarantine").form(f"It is theirs {STRANGER}")

    done = desk.opens("/desk/quarantine").presses(f"Set it aside {STRANGER}")
    late = other.sent(member="north/ana")

    assert done.headers["Location"] == "/desk/quarantine?done=dropped"
    assert "you have won" not in desk.opens("/desk/quarantine").text
    assert (late.status_code, "bound to nobody" in late.text) == (409, True)
    assert world.rows(incidents) == []
    assert [row.bound_to for row in world.rows(inbound)] == ["nobody"]


def test_nobody_else_reads_what_strangers_wrote(world: World, desk: Desk, sit_down: SitDown) -> None:
    world.texts(STRANGER, "SOS my phone is gone")
    observer = sit_down("olga", Role.OBSERVER)

    page = observer.opens("/desk/quarantine")

    assert "my phone is gone" not in page.html
    assert STRANGER not in page.html
    assert "my phone is gone" in desk.opens("/desk/quarantine").text


def test_a_member_that_there_is_not_is_refused_by_name(world: World, desk: Desk) -> None:
    world.texts(STRANGER, "SOS")
    page = desk.opens("/desk/quarantine")

    nobody, nameless = (
        page.presses(f"It is theirs {STRANGER}", member="north/zoe"),
        page.presses(f"It is theirs {STRANGER}", member=""),
    )

    assert (nobody.status_code, "Member: &#39;zoe&#39;" in nobody.text) == (422, True)
    assert (nameless.status_code, "Member: missing" in nameless.text) == (422, True)
    assert world.rows(incidents) == []
