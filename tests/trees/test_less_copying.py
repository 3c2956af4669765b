"""What a tree says once and means often: defaults of a role, groups, spans of closed days, calendars, anchors."""

from datetime import date
from pathlib import Path

import pytest

from alertnet.core.directory.contact_tree import ContactTree, Network
from alertnet.core.incident import Severity
from alertnet.core.replan.describe_tree_diff import differences
from alertnet.trees import read_network
from tests.trees.checking import check_folder

OFFICE = "Mo-Fr 08:30-16:30"
TREE = """
tree: valley
title: Valley network
scope: national
serves: {countries: [CO]}
timezone: America/Bogota
language: es
sender: PBI
callback: "+573005550101"
last_resort: [desk]
include: far.yaml
DEFAULTS
contacts:
  desk: {role: coordinator, organisation: Valley office, methods: [{sms: "+573005550101"}]}
  spain: {role: embassy, organisation: Spain, groups: [eu], methods: [{sms: "+34600550102"}] SPAIN}
  norway: {role: embassy, organisation: Norway, methods: [{sms: "+4790550102"}]}
levels:
  - {name: Coordination, notify: [desk]}
  - {name: Others, notify: NOTIFY}
"""
FAR = """
contacts:
  ireland: {role: embassy, organisation: Ireland, groups: [eu, islands], methods: [{sms: "+353850550102"}]}
  union: {role: eu_delegation, organisation: Union, groups: [eu], methods: [{email: hrd@eu.example}]}
"""


def valley(folder: Path, defaults: str = "", spain: str = "", notify: str = "[spain]") -> ContactTree:
    """The tree with those defaults, with what Spain has besides, and with whom its second level names."""
    text = TREE.replace("DEFAULTS", defaults and f"defaults: {defaults}")
    text = text.replace(" SPAIN", spain and f", {spain}").replace("NOTIFY", notify)
    (folder / "valley.yaml").write_text(text)
    (folder / "far.yaml").write_text(FAR)
    return read_network(folder).trees["valley"]


def closed_on(tree: ContactTree, contact: str) -> frozenset[date]:
    return tree.contacts[contact].closed


def test_a_role_has_its_defaults_wherever_its_contacts_stand(tmp_path: Path) -> None:
    """B1: `defaults: {embassy: {…}}`, for those of an included file as well, and for no other role."""
    tree = valley(tmp_path, f'{{embassy: {{hours: "{OFFICE}", holidays: [CO], language: en, drills: true}}}}')

    for id in ("spain", "norway", "ireland"):
        contact = tree.contacts[id]
        assert contact.hours is not None
        assert (contact.hours.written, contact.holidays, contact.language, contact.drills) == (
            *(OFFICE, ("CO",), "en", True),
        )
    assert (tree.contacts["union"].hours, tree.contacts["desk"].language) == (None, "es")
    assert set(tree.calendars) == {"CO"}


@pytest.mark.parametrize(
    ("own", "field", "value"),
    [
        ("language: fr", "language", "fr"),
        ("drills: false", "drills", False),
        ("holidays: []", "holidays", ()),
        ("quiet: never", "quiet", {}),
        ('quiet: {watch: "20:00-21:00"}', "quiet", {Severity.WATCH: (1200, 1260)}),
        ("hours: 24/7", "hours", None),
    ],
)
def test_what_a_contact_says_itself_goes_before_the_default(
    tmp_path: Path, own: str, field: str, value: object
) -> None:
    """Even where it says what holds unless anything is said."""
    quiet = '{watch: "22:00-06:00"}'
    defaults = f'language: en, drills: true, holidays: [CO], hours: "{OFFICE}", quiet: {quiet}'
    tree = valley(tmp_path, f"{{embassy: {{{defaults}}}}}", own)

    own_value, of_norway = (getattr(tree.contacts[id], field) for id in ("spain", "norway"))
    assert own_value != of_norway
    assert own_value == value or (field == "hours" and own_value.written == "24/7")


def test_when_closed_may_rest_on_hours_of_the_role(tmp_path: Path) -> None:
    """A duty phone is for a contact that closes, whoever says when; the check is made with both."""
    closing = 'when_closed: [{sms: "+34600550199"}]'

    tree = valley(tmp_path, f'{{embassy: {{hours: "{OFFICE}"}}}}', closing)
    assert [method.address for method in tree.contacts["spain"].when_closed] == ["+34600550199"]

    text = (tmp_path / "valley.yaml").read_text().replace("embassy: {hours", "ministry: {hours")
    (tmp_path / "valley.yaml").write_text(text)
    assert "a contact with when_closed needs times at which it is" in str(check_folder(tmp_path)[0])


@pytest.mark.parametrize(
    ("notify", "told"),
    [
        ('["role:embassy"]', ["spain", "norway", "ireland"]),
        ('["group:eu"]', ["spain", "ireland", "union"]),
        ('[union, "role:embassy", "group:eu"]', ["union", "spain", "norway", "ireland"]),
        ('["group:islands", norway]', ["ireland", "norway"]),
    ],
)
def test_a_level_names_a_role_or_a_group(tmp_path: Path, notify: str, told: list[str]) -> None:
    """B1: in the order of the file, its own before included ones, and each once."""
    assert list(valley(tmp_path, notify=notify).levels[1].notify) == told


def test_whoever_joins_a_group_is_told_by_the_levels_that_name_it(tmp_path: Path) -> None:
    """`trees diff` says so in words, though no level was touched."""
    before = valley(tmp_path, notify='["group:eu"]')
    text = (tmp_path / "valley.yaml").read_text().replace("organisation: Norway", "organisation: Norway, groups: [eu]")
    (tmp_path / "valley.yaml").write_text(text)
    after = read_network(tmp_path)

    (told, *_) = differences(network_of(before), after)
    assert str(told) == "valley: Norway (norway) is told now, 15m after the opening"


def network_of(tree: ContactTree) -> Network:
    return Network({tree.id: tree}, {}, {})


def test_an_acknowledgement_of_more_than_a_group_has_is_a_fault(tmp_path: Path) -> None:
    valley(tmp_path, notify='["group:eu"]')
    text = (tmp_path / "valley.yaml").read_text()
    assert check_folder(tmp_path) == ()

    (tmp_path / "valley.yaml").write_text(text.replace('["group:eu"]', '["group:eu"], acknowledge: 4'))
    (fault,) = check_folder(tmp_path)
    assert "a number up to 3" in str(fault)


def test_the_icrc_stays_apart_from_campaigners_whoever_names_them(tmp_path: Path) -> None:
    """A role or group may bring both into a level as well as two ids."""
    geneva = "  geneva: {role: icrc, organisation: Geneva, groups: [eu], methods: [{task: Call them}]}\n"
    valley(tmp_path, notify='["group:eu"]')
    (tmp_path / "far.yaml").write_text(FAR.replace("role: eu_delegation", "role: media") + geneva)

    (fault,) = check_folder(tmp_path)
    assert "a contact with role icrc needs a level without ngo and media: 'group:eu'" in str(fault)


def test_closed_days_are_one_by_one_or_from_one_to_another(tmp_path: Path) -> None:
    """B1: `closed: ["2026-12-24..2027-01-02"]`, both included."""
    tree = valley(tmp_path, spain='closed: [2026-11-02, "2026-12-30..2027-01-02", 2027-01-06..2027-01-06]')

    assert sorted(map(str, closed_on(tree, "spain"))) == [
        *("2026-11-02", "2026-12-30", "2026-12-31", "2027-01-01", "2027-01-02", "2027-01-06"),
    ]


def test_a_difference_shows_days_in_a_row_as_one_span(tmp_path: Path) -> None:
    before = valley(tmp_path, spain="closed: [2026-12-24]")
    after = valley(tmp_path, spain="closed: [2026-12-24..2026-12-26, 2026-12-31]")

    (told,) = differences(network_of(before), network_of(after))
    assert str(told) == "valley: spain: closed: 2026-12-24 → 2026-12-24..2026-12-26, 2026-12-31"


@pytest.mark.parametrize(
    ("calendar", "closed", "open"),
    [
        ("EU", ["2026-04-02", "2026-04-03", "2026-04-06", "2026-05-15", "2026-12-24", "2026-12-31"], ["2026-11-11"]),
        ("UN", ["2026-03-20", "2026-07-03", "2026-11-26", "2026-12-25"], ["2026-12-24", "2026-07-04"]),
    ],
)
def test_institutions_have_calendars_of_their_own(
    tmp_path: Path, calendar: str, closed: list[str], open: list[str]
) -> None:
    """Commission decisions on the public holidays of the EU institutions; UN information circulars (ST/IC)."""
    days = valley(tmp_path, spain=f"holidays: [{calendar}]").calendars[calendar]

    assert [day for day in closed if date.fromisoformat(day) not in days] == []
    assert [day for day in open if date.fromisoformat(day) in days] == []
    assert {day.year for day in days} == set(range(2026, 2036))


def test_anchors_repeat_what_stands_further_up_in_the_file(tmp_path: Path) -> None:
    """Faults in what is repeated are shown where it is written."""
    (tmp_path / "valley.yaml").write_text(
        TREE.replace("DEFAULTS", "")
        .replace(" SPAIN", f', hours: &office "{OFFICE}", quiet: &night {{watch: "22:00-06:00"}}')
        .replace(
            "organisation: Norway,",
            'organisation: Norway, hours: *office, quiet: {<<: *night, moderate: "23:00-06:00"},',
        )
        .replace("NOTIFY", "[spain, norway]")
    )
    (tmp_path / "far.yaml").write_text(FAR)
    norway = read_network(tmp_path).trees["valley"].contacts["norway"]

    assert norway.hours is not None
    assert norway.hours.written == OFFICE
    assert norway.quiet == {Severity.WATCH: (1320, 360), Severity.MODERATE: (1380, 360)}


def test_what_a_mapping_has_itself_goes_before_what_it_merges(tmp_path: Path) -> None:
    (tmp_path / "valley.yaml").write_text(
        TREE.replace("DEFAULTS", "")
        .replace(" SPAIN", ', quiet: &night {watch: "22:00-06:00", moderate: "22:00-06:00"}')
        .replace("organisation: Norway,", 'organisation: Norway, quiet: {watch: "20:00-06:00", <<: [*night]},')
        .replace("NOTIFY", "[spain, norway]")
    )
    (tmp_path / "far.yaml").write_text(FAR)

    quiet = read_network(tmp_path).trees["valley"].contacts["norway"].quiet
    assert quiet == {Severity.WATCH: (1200, 360), Severity.MODERATE: (1320, 360)}
