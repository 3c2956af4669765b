"""An incident as a report: as much as its disclosure lets whoever reads it know, as a page and a tagged PDF."""

import io
import re
from typing import Any

import pytest
from pypdf import PdfReader
from pypdf.generic import DictionaryObject, IndirectObject

from tests.scenarios.conftest import Worlds
from tests.scenarios.valley import CONTACTS, COORDINATION, a_tree
from tests.scenarios.world import Incident, code_in

TREE = a_tree(
    """
  - {name: Coordination, notify: [coordinator], wait: 10m}
  - {name: Defence of Secreta, notify: [ombuds, desk], wait: 20m}
""",
    CONTACTS.replace("{role: coordinator,", "{role: coordinator, name: Maria at duty,"),
)
ABROAD = (
    a_tree(COORDINATION, tree="abroad", countries='"*"')
    .replace("scope: national", "scope: international")
    .replace("America/Bogota", "Europe/Brussels")
)
NAMED = ("Valley", "Ombuds office", "Head office")
"""Organisations, which `minimal` keeps back."""
CONFIDENTIAL = ("Vereda Secreta", "PX-207", "Confidential narrative", "in front of the house", "Maria at duty")
"""What coordinators alone read: place, people, words, functions, members."""
SUMMARY = ("Secreta was taken", "Defence of Secreta")
NEVER = ("Ana Prisoner", "+573005550120")
"""The name of whom it is about, and a number."""


@pytest.fixture
def incident(world_of: Worlds) -> Incident:
    """An arrest: the ombuds office takes charge and visits, and it is closed."""
    world = world_of(TREE)
    incident = world.raises(people=[{"code": "PX-207", "name": "Ana Prisoner"}], perpetrator="none")
    world.passes(minutes=11)
    world.texts("ombuds", f"OK {code_in(world.phone('ombuds').inbox[-1])}")
    world.passes(minutes=9)
    incident.act("actions", contact="ombuds", action="visited", note="in front of the house")
    incident.act("close", reason="released")
    return incident


def fetched(incident: Incident, expect: int = 200, **asked: str) -> Any:
    world = incident.world
    answer = world.client.get(f"/v1/incidents/{incident.ref}/report", params=asked, headers=world.headers)
    assert answer.status_code == expect, answer.text
    return answer


def test_it_is_told_by_the_clocks_of_the_nearest_tree(world_of: Worlds) -> None:
    """Not by those of one abroad that serves everywhere, whose id comes first."""
    world = world_of(a_tree(COORDINATION), ABROAD)

    assert "as of 26 Nov 2026, 21:14" in fetched(world.raises(people=[])).text


def text_of(pdf: bytes) -> str:
    return " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages).split())


SAYS = {
    "minimal": (("ombuds takes charge", "coordinator: SMS"), (*NAMED, *CONFIDENTIAL, *SUMMARY)),
    "limited": ((*NAMED, *SUMMARY, "Ombuds office takes charge"), CONFIDENTIAL),
    "full": ((*NAMED[1:], *SUMMARY, *CONFIDENTIAL), ()),
}
"""By disclosure: what a report says, and what it keeps back."""


def test_it_says_what_that_disclosure_allows_and_no_more(incident: Incident) -> None:
    """A9: in the page, in its picture and in the PDF; a person's name and a number are in none."""
    for disclosure, (says, keeps_back) in SAYS.items():
        html = fetched(incident, disclosure=disclosure).text
        pdf = text_of(fetched(incident, disclosure=disclosure, format="pdf").content)

        for written in (html, pdf):
            assert (disclosure, [word for word in says if word not in written]) == (disclosure, [])
            assert (disclosure, [word for word in (*keeps_back, *NEVER) if word in written]) == (disclosure, [])
        assert "<svg" in html
        assert f"{incident.ref}: arrest" in pdf


def test_what_came_of_it_is_told_in_figures(incident: Incident) -> None:
    html = fetched(incident, disclosure="limited").text

    assert "Told: 3; reached: 3; answered: 1." in html
    assert "First answer: 11 min 0 s" in html
    assert "First action: 20 min 0 s" in html
    [row] = re.findall("<tr><td>Ombuds office</td>.*?</tr>", html)
    assert "takes charge" in row
    assert "visited" in row


def test_it_speaks_the_language_that_is_asked_for(incident: Incident) -> None:
    for language, says in {"es": ("se hace cargo", "Avisados: 3"), "fr": ("s'en charge", "Prévenus : 3")}.items():
        pdf = fetched(incident, language=language, format="pdf").content

        root: Any = PdfReader(io.BytesIO(pdf)).trailer["/Root"]
        assert root["/Lang"] == language
        written = text_of(pdf).replace("’", "'")
        assert [word for word in says if word not in written] == []
        assert [word for word in ("takes charge", "First answer", "reached") if word in written] == []


def test_the_pdf_is_made_for_screen_readers(incident: Incident) -> None:
    """PDF/UA-1: tagged, with a title, headings, table headers and words in place of the picture."""
    root: Any = PdfReader(io.BytesIO(fetched(incident, format="pdf").content)).trailer["/Root"]

    kinds = list(tags(root["/StructTreeRoot"]))
    assert b"<pdfuaid:part>1</pdfuaid:part>" in root["/Metadata"].get_data()
    assert root["/MarkInfo"]["/Marked"]
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert {"/H1", "/H2", "/Table", "/TH", "/TD"} <= {kind for kind, _ in kinds}
    [picture] = [words for kind, words in kinds if kind == "/Figure"]
    assert "takes charge" in picture


def tags(node: Any) -> Any:
    """The kind of each element of the structure, and its words in place of it."""
    node = node.get_object() if isinstance(node, IndirectObject) else node
    if isinstance(node, list):
        for each in node:
            yield from tags(each)
    elif isinstance(node, DictionaryObject):
        if "/S" in node:
            yield str(node["/S"]), str(node.get("/Alt", ""))
        yield from tags(node.get("/K", []))


def test_letters_that_no_font_has_are_written_in_latin_ones(world_of: Worlds) -> None:
    """And nothing that anybody writes is read as a command of the page or of the PDF."""
    world = world_of(TREE)
    hostile = '北京 🙂 #include("x") $x$ </script><b> "quoted"'
    incident = world.raises(summary=hostile)

    pdf = text_of(fetched(incident, disclosure="limited", format="pdf").content)
    html = fetched(incident, disclosure="limited").text

    assert "BeiJing" in pdf
    assert '#include("x") $x$ </script><b>' in pdf
    assert "&lt;/script&gt;&lt;b&gt;" in html
    assert "<b>" not in html


def test_who_may_not_coordinate_gets_a_minimal_one_and_what_is_none_is_refused(incident: Incident) -> None:
    world = incident.world
    assert "Secreta was taken" in fetched(incident, disclosure="limited").text
    assert "minimal" in fetched(incident, 422, disclosure="whole").text
    assert "language" in fetched(incident, 422, language="tlh").text
    world.headers = world.key(None, "read")

    for disclosure in ("full", "limited"):
        refused = fetched(incident, 403, disclosure=disclosure)
        assert "coordinate" in refused.json()["detail"]

    assert "Secreta was taken" not in fetched(incident).text
