"""A duty rota as it is written, with members of teams.yaml."""

from datetime import date
from pathlib import Path

from alertnet.core.directory.on_call import Duty, Officer
from alertnet.trees import read_network
from tests.trees.checking import check_folder

FIELD = """
teams:
  north:
    country: CO
    language: es
    members:
      ana: {name: Ana, phone: +573005550001}
      luis: {name: Luis, phone: +573005550002, language: en}
      eva: {name: Eva, phone: +573005550003, silent: true}
  south:
    country: CO
    language: es
    members:
      ana: {name: Another Ana, phone: +573005550004}
"""
STAFF = """
staff:
  ines: {name: Ines, phone: +573005550006, language: es}
  pau: {name: Pau, phone: +573005550007, language: en}
"""


def valley(folder: Path, rota: str) -> None:
    (folder / "teams.yaml").write_text(FIELD)
    path = folder / "valley.yaml"
    line = f"role: coordinator\n    duty: {{rota: {rota}, change: We 18:30}}\n"
    path.write_text(path.read_text().replace("role: coordinator\n", line))


def test_a_rota_names_members_with_or_without_their_team(folder: Path) -> None:
    """B1: members of teams.yaml."""
    valley(folder, "[luis, south/ana]")
    luis, ana = Officer("north/luis", "+573005550002", "en"), Officer("south/ana", "+573005550004", "es")
    assert read_network(folder).trees["valley"].contacts["desk"].duty == Duty((luis, ana), 2, 18 * 60 + 30)


def test_people_on_duty_need_not_be_members(folder: Path) -> None:
    """B1: `staff:`; the first turn may have a day."""
    valley(folder, "[ines, staff/pau, luis], since: 2026-12-02")
    (folder / "teams.yaml").write_text(FIELD + STAFF)
    network = read_network(folder)
    duty = network.trees["valley"].contacts["desk"].duty

    assert duty is not None
    assert [each.id for each in duty.rota] == ["staff/ines", "staff/pau", "north/luis"]
    assert (duty.rota[1].phone, duty.rota[1].language, duty.since) == ("+573005550007", "en", date(2026, 12, 2))
    assert set(network.staff) == {"ines", "pau"}


def test_one_phone_is_one_persons_and_no_team_is_called_staff(folder: Path) -> None:
    valley(folder, "[luis]")
    (folder / "teams.yaml").write_text(FIELD.replace("  south:", "  staff:") + STAFF.replace("0007", "0001"))

    doubled, called = sorted(str(fault) for fault in check_folder(folder))[::-1]
    assert "duplicate phone" in doubled
    assert "no team can go by this id" in called


def test_a_rota_may_be_empty(folder: Path) -> None:
    valley(folder, "[]")
    assert check_folder(folder) == ()
    assert read_network(folder).trees["valley"].contacts["desk"].duty == Duty((), 2, 18 * 60 + 30)


def test_a_name_that_two_teams_have_and_a_silent_member_are_faults(folder: Path) -> None:
    valley(folder, "[ana, eva]")
    ana, eva = (str(fault) for fault in check_folder(folder))
    assert "a member of several teams: write the team before 'ana' (allowed: north/ana, south/ana)" in ana
    assert "a silent member, whose phone is never written to: 'eva'" in eva


def test_a_routine_of_nobody_in_the_team_and_a_day_of_another_language_are_found(folder: Path) -> None:
    """Else nobody would ever be awaited by it."""
    routine = "    routines: {evening: {daily: ['18:00'], days: [Lu], members: [luis, ines]}}\n"
    (folder / "teams.yaml").write_text(FIELD.replace("  south:\n", f"{routine}  south:\n"))

    day, nobody = (str(fault) for fault in check_folder(folder))

    assert "Su; did you mean Mo?" in day
    assert "unknown member 'ines'" in nobody
