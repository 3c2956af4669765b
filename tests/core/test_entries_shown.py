"""What of an entry of the history whoever may not coordinate is shown (A9)."""

from alertnet.core.disclosure import without_secrets


def test_who_is_accused_or_spared_is_for_coordinators() -> None:
    entry = {"by": "team/ana", "severity": ["serious", "critical"], "perpetrator": ["unknown", "army"]}

    kind, shown = without_secrets("facts_changed", {**entry, "spared": ["5th-brigade"], "people": ["P7"]})

    assert (kind, shown) == ("facts_changed", {"by": "team/ana", "severity": ["serious", "critical"]})
