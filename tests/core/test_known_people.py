"""Whose code it is decides what those concerned have agreed to."""

from alertnet.core.directory.contact_tree import Network
from alertnet.core.incident import Affected, Facts, PersonKind, Scope, Severity
from alertnet.core.resolution.known_people import with_records

P9 = Affected("P9", PersonKind.DEFENDER, "CO", consent=Scope.NATIONAL, exclude=("ministry-defence",))
NETWORK = Network({}, {}, {"P9": P9}, {})


def reported(*codes: str) -> tuple[Affected, ...]:
    """The people of a report that names these codes, with the records."""
    facts = Facts("arrest", Severity.CRITICAL, "CO", people=tuple(map(Affected, codes)), consent=Scope.INTERNATIONAL)
    return with_records(facts, NETWORK).people


def test_a_code_in_small_letters_is_that_of_the_person_on_record() -> None:
    """A3: else their narrower consent, and those whom they fear, would count for nothing."""
    assert reported("p9") == reported("P9") == (P9,)


def test_a_code_that_nobody_has_is_kept_as_it_was_written() -> None:
    assert reported("p99", "p9") == (Affected("p99"), P9)
