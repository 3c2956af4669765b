"""When a level's rule is met, and when it can still be (B3 Rule)."""

import pytest

from alertnet.core.directory.contact_tree import Quota
from alertnet.core.escalation.quorum import ContactStatus, can_be_met, is_met

YES = ContactStatus("A", acknowledged=True, reachable=True)
SILENT = ContactStatus("A", acknowledged=False, reachable=True)
GONE = ContactStatus("A", acknowledged=False, reachable=False)
LATE = ContactStatus("A", acknowledged=True, reachable=False)
B_YES = ContactStatus("B", acknowledged=True, reachable=True)
B_SILENT = ContactStatus("B", acknowledged=False, reachable=True)
B_GONE = ContactStatus("B", acknowledged=False, reachable=False)


@pytest.mark.parametrize(
    ("quota", "statuses", "met", "possible"),
    [
        ("any", [], False, False),
        ("all", [], False, False),
        ("each_organisation", [], False, False),
        (1, [], False, False),
        ("any", [SILENT, B_SILENT], False, True),
        ("any", [GONE, B_YES], True, True),
        ("any", [GONE, B_GONE], False, False),
        ("any", [LATE], True, True),
        ("all", [YES, B_SILENT], False, True),
        ("all", [YES, B_YES], True, True),
        ("all", [YES, YES, B_YES], True, True),
        ("all", [YES, B_GONE], False, False),
        ("each_organisation", [YES, SILENT, B_SILENT], False, True),
        ("each_organisation", [YES, GONE, B_YES], True, True),
        ("each_organisation", [YES, GONE, B_GONE], False, False),
        (2, [YES, SILENT, B_SILENT], False, True),
        (2, [YES, GONE, B_YES], True, True),
        (2, [YES, GONE, B_GONE], False, False),
        (2, [YES, YES, GONE], True, True),
        (5, [YES, B_SILENT], False, True),
        (5, [YES, B_YES], True, True),
    ],
)
def test_the_rule_is_met_and_can_be_met(quota: Quota, statuses: list[ContactStatus], met: bool, possible: bool) -> None:
    """B3: over the contacts notified; N beyond those left after pruning means all of them; nobody meets no rule."""
    assert (is_met(quota, statuses), can_be_met(quota, statuses)) == (met, possible)
