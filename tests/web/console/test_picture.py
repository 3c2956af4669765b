"""An incident's timeline as a picture, over the same in words: who was told and answered when, and what comes next."""

import gzip
import re
from importlib.resources import files

import pytest

from alertnet.core.incident import TYPES
from alertnet.flows.desk import chronicle, names, picture
from alertnet.store.records.credentials.users import Role
from alertnet.web.console.translation import words
from tests.web.console.conftest import SitDown
from tests.web.console.desk import Desk
from tests.web.console.test_incident import ref, sheet
from tests.web.world import World

__all__ = ["ref"]

HEAVIEST = 30_000
"""Bytes on the wire: a page that is read on a phone."""


def marks(html: str) -> dict[str, list[str]]:
    """The classes of the picture's marks, by their words without the clock."""
    found: dict[str, list[str]] = {}
    for tones, said in re.findall(r'<g class="mark ([^"]+)"><title>\d\d:\d\d ([^<]+)</title>', html):
        found.setdefault(said, []).extend(tones.split())
    return found


def test_messages_and_answers_stand_in_the_lane_of_whom_they_are_about(world: World, desk: Desk, ref: str) -> None:
    world.texts("+573005550013", world.written_code("carol"))

    html = sheet(desk, ref).html

    assert marks(html)["Amis: Amis takes charge"] == ["answered"]
    assert marks(html)["The incident: test raises the alarm: arrest"] == ["alarm"]
    lanes = re.search(r'class="axis names".*?</svg>', html, re.DOTALL)
    assert lanes is not None
    assert "Amis</text>" in lanes[0]
    assert sheet(desk, ref).text.count("Amis takes charge by SMS") == 1


def test_the_plan_is_pale_and_stands_in_words_below(desk: Desk, world: World, ref: str) -> None:
    """Nothing of it has happened: the level opens at 02:44 if nobody answers."""
    page = sheet(desk, ref)

    opens = marks(page.html)["The incident: Level “Coordination” opens"]
    assert set(opens) == {"told", "planned"}
    assert re.search("02:44 Level “Coordination” opens", page.text)
    assert "planned" not in marks(page.html)["The incident: test raises the alarm: arrest"]


def test_a_closed_incident_has_no_plan(desk: Desk, world: World, ref: str) -> None:
    before = marks(sheet(desk, ref).html)
    world.closes()

    after = marks(sheet(desk, ref).html)

    assert any("planned" in tones for tones in before.values())
    assert [tones for tones in after.values() if "planned" in tones] == []
    assert any(said.startswith("The incident: Closed by test") for said in after)


def test_who_observes_sees_the_picture_and_no_word_that_anybody_wrote(
    world: World, sit_down: SitDown, ref: str
) -> None:
    world.texts("+573005550012", "two men in a white car, near the bridge")
    coordinator, observer = sheet(sit_down(), ref).html, sheet(sit_down("olga", Role.OBSERVER), ref).html

    assert "near the bridge" in coordinator
    assert "near the bridge" not in observer
    assert marks(observer)["Friends: Friends writes"] == ["quiet"]


def test_a_long_night_is_light_on_the_wire(world: World, desk: Desk, ref: str) -> None:
    """Three hundred news and what they tell to everybody: the page stays under 30 kB compressed."""
    world.updates(*(f"news of minute {minute}" for minute in range(300)))

    answer = desk.browser.get(f"/desk/incidents/{ref}", headers={"Accept-Encoding": "gzip"})

    assert "news of minute 299" in answer.text
    assert answer.headers["Content-Encoding"] == "gzip"
    assert len(gzip.compress(answer.content, mtime=0)) < HEAVIEST


@pytest.mark.parametrize(("language", "said"), [("es", "Amis se hace cargo"), ("fr", "Amis s&#39;en charge")])
def test_the_history_speaks_the_language_that_is_asked_for(
    world: World, desk: Desk, ref: str, language: str, said: str
) -> None:
    """And no sentence that a history can have stays English."""
    world.texts("+573005550013", world.written_code("carol"))

    assert said in desk.opens(f"/desk/incidents/{ref}?lang={language}").html
    assert sentences() - set(words(language)) - TYPE_NAMES == set()
    assert len(sentences()) > 100


TELL = ("chronicle", "names", "picture", "report", "figures")
TELL = ("chronicle", "names", "picture", "report", "figures")
TYPE_NAMES = {names.type_name(code) for code in TYPES}
"""The templates say these."""


def sentences() -> set[str]:
    """The English words of the modules that tell a history."""
    folder = files("alertnet.flows.desk")
    source = "".join((folder / f"{each}.py").read_text("utf-8") for each in TELL)
    found = set(re.findall(r"""\b(?:say|_answer)\(["']([^"']+)["']\)""", source))
    for said in re.findall(r'_said\(\s*Tone\.\w+, ("[^"]+"(?:, "[^"]+")?)\s*\)', source):
        found |= set(re.findall('"([^"]+)"', said))
    for said in re.findall(r"map\(say, \(([^)]+)\)\)", source):
        found |= set(re.findall('"([^"]+)"', said))
    tables = (chronicle.QUESTIONS, chronicle.DECISIONS, chronicle.PROVED, chronicle.CAUSES, chronicle.VIA)
    more = (chronicle.SUBJECTS, names.METHODS, names.MESSAGES, names.FAILURES, names.REASONS, names.ACTIONS)
    return found.union({picture.LEGEND}, *(each.values() for each in (*tables, *more)))
