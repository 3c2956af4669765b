"""Whose code it is decides what those concerned have agreed to."""

import pytest

from alertnet.core.codec import replace
from alertnet.core.directory.contact_tree import Network
from alertnet.core.incident import Affected, Facts, PersonKind, Scope, Severity
from alertnet.core.resolution.known_people import code_on_record, with_records

P9 = Affected("P9", PersonKind.DEFENDER, "CO", consent=Scope.NATIONAL, exclude=("ministry-defence",))
NETWORK = Network({}, {}, {"P9": P9}, {})


def reported(*codes: str) -> tuple[Affected, ...]:
    """The people of a report that names these codes, with the records."""
    facts = Facts("arrest", Severity.CRITICAL, "CO", people=tuple(map(Affected, codes)), consent=Scope.INTERNATIONAL)
    return with_records(facts, NETWORK).people


@pytest.mark.parametrize("code", ["P9", "p9", "P09", "p 9", "P-9 ", "P9\u200b", "\uff30\u0669"])
def test_a_code_in_another_form_is_that_of_the_person_on_record(code: str) -> None:
    """A3: else their narrower consent, and those whom they fear, would count for nothing."""
    assert reported(code) == (P9,)


def test_a_code_that_nobody_has_is_kept_as_it_was_written() -> None:
    assert reported("p99", "p9", "P90") == (Affected("p99"), P9, Affected("P90"))


def test_a_code_that_might_be_that_of_two_people_is_kept_as_it_was_written() -> None:
    network = Network({}, {}, {"P9": P9, "P09": replace(P9, code="P09")}, {})

    assert [code_on_record(each, network) for each in ("P009", "P09")] == ["P009", "P09"]
