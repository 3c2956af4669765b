"""The runtime that is made from the settings alone, and the chance of production."""

import shutil
from collections import Counter
from pathlib import Path

import pytest

from alertnet.core.errors import Misconfigured
from alertnet.core.incident import REF_CHARACTERS
from alertnet.runtime.entropy import SystemEntropy
from alertnet.runtime.settings.settings import Settings, read_settings
from alertnet.runtime.wiring import make_runtime
from tests.support.program import SECRET

ROOT = Path(__file__).parents[2]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """The trees and templates that are shipped, and a database of the test's own."""
    shutil.copytree(ROOT / "contact_trees", tmp_path / "trees")
    return read_settings(
        {
            "ALERTNET_SECRET_KEY": SECRET,
            "ALERTNET_DATABASE_URL": f"sqlite:///{tmp_path / 'test.db'}",
            "ALERTNET_CONTACT_TREES": str(tmp_path / "trees"),
            "ALERTNET_MESSAGE_TEMPLATES": str(ROOT / "message_templates"),
        }
    )


def test_the_runtime_holds_the_trees_and_templates_of_the_settings(settings: Settings) -> None:
    runtime = make_runtime(settings)

    assert runtime.network.trees
    assert runtime.templates.files
    runtime.close()


def test_trees_that_cannot_be_used_are_all_said_at_start(settings: Settings) -> None:
    (settings.contact_trees / "broken.yaml").write_text("tree: [")

    with pytest.raises(Misconfigured, match=r"broken\.yaml"):
        make_runtime(settings)


def test_real_chance_has_the_form_that_is_asked_for() -> None:
    entropy = SystemEntropy()

    assert len(bytes.fromhex(entropy.id())) == 16
    assert all(len(code) == 3 and code.isdecimal() for code in (entropy.digits(3) for _ in range(200)))
    assert set(entropy.letters(200, "AB")) == {"A", "B"}
    assert len(entropy.bytes(20)) == 20


def test_each_letter_is_as_likely_as_any_other() -> None:
    """256 values of a byte can't be shared out among 31 letters: those left over would make eight of them likelier."""
    drawn = Counter(SystemEntropy().letters(310_000, REF_CHARACTERS))

    assert drawn.keys() == set(REF_CHARACTERS)
    assert all(abs(times - 10_000) < 600 for times in drawn.values())


def test_real_chance_does_not_repeat_itself() -> None:
    entropy = SystemEntropy()

    assert len({entropy.id() for _ in range(1000)}) == 1000
