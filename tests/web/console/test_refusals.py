"""What the console refuses, in the words of whoever reads it; the values in it stay as they were written."""

import ast
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from itertools import product
from pathlib import Path

import pytest
from fastapi import FastAPI

from alertnet.core.errors import BadInput, Forbidden, TooMany, Unknown, WrongState
from alertnet.core.limits import LONGEST_BODY, MINUTE
from alertnet.store.records.credentials.users import Role
from alertnet.web.console.refusing import told
from alertnet.web.console.translation import refusals, words
from tests.web.console.conftest import SitDown
from tests.web.console.desk import Desk, Sheet
from tests.web.console.test_words import OTHERS
from tests.web.world import World

ROOT = Path(__file__).parents[3]
PLACES = ("flows", "web/console", "runtime/tree_editing.py", "store/records", "core/resolution", "web/forms.py")
NOT_FROM_THE_CONSOLE = (
    "flows/credentials/pins.py",
    "flows/sending/pause.py",
    "flows/system/subject.py",
    "flows/unit/idempotent_request.py",
    "store/records/checkpoints.py",
    "store/records/documents.py",
    "store/records/credentials/api_keys.py",
)
"""What only the command line and the API are told."""
VALUE = "x7"
CLASSES = ("BadInput", "Unknown", "WrongState", "Forbidden", "TooMany")
VARIABLES = {"which": ["incident x7"], "state": ["there", "ended"], "question": [VALUE]}
"""What stands in a variable there."""


def modules() -> Iterator[Path]:
    for place in PLACES:
        found = ROOT / "alertnet" / place
        yield from sorted(found.rglob("*.py")) if found.is_dir() else [found]


def texts(node: ast.expr, module: str) -> list[str]:
    """What may stand there, with a value in each place; nothing where it is a value as a whole."""
    if isinstance(node, ast.Constant):
        return [node.value] if isinstance(node.value, str) else []
    if isinstance(node, ast.JoinedStr):
        return ["".join(str(part.value) if isinstance(part, ast.Constant) else VALUE for part in node.values)]
    if isinstance(node, ast.BoolOp):
        return [text for part in node.values for text in texts(part, module)]
    if isinstance(node, ast.List):
        return [text for part in node.elts if not isinstance(part, ast.Starred) for text in texts(part, module)]
    if isinstance(node, ast.Name):
        constant = getattr(import_module(module), node.id, None)
        return VARIABLES.get(node.id) or ([constant] if isinstance(constant, str) else [])
    return []


@cache
def sentences() -> frozenset[str]:
    """All that the console may say of its own when it refuses something, with a value in each place."""
    return frozenset(_sentences())


def _sentences() -> Iterator[str]:
    for path in modules():
        name = path.relative_to(ROOT).with_suffix("").as_posix()
        if any(f"alertnet/{each}" == f"{name}.py" for each in NOT_FROM_THE_CONSOLE):
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in CLASSES:
                yield from said(node.func.id, [texts(each, name.replace("/", ".")) for each in node.args])


def said(kind: str, arguments: list[list[str]]) -> Iterator[str]:
    if kind == "WrongState":
        thing, current, wanted = arguments
        yield from (str(WrongState(*each)) for each in product(thing, current or [VALUE], wanted))
    elif kind == "TooMany":
        yield from (str(TooMany(each, 2 * MINUTE)) for each in arguments[0])
    elif kind == "BadInput":
        fields = {part for each in arguments[0] for part in each.split(".")}
        yield from (each for each in (*fields, *arguments[2]) if each != VALUE)
    else:
        yield from arguments[0]


@pytest.mark.parametrize("language", OTHERS)
def test_no_refusal_stays_english(language: str) -> None:
    """Whoever refuses something new adds its sentence to each table `refusals` in `web/console/words`."""
    found = sentences()
    same = {each for each, word in (words(language) | refusals(language)).items() if each == word}

    left = {each for each in found - same if told(Forbidden(each), language) == each}

    assert left == set()
    assert len(found) > 100


@pytest.mark.parametrize("language", OTHERS)
def test_no_table_has_a_sentence_that_nobody_says(language: str) -> None:
    assert set(refusals(language)) == set(refusals(OTHERS[0]))
    assert set(refusals(language)) & set(words(language)) == set()
    assert len(refusals(language)) > 100


def test_values_stay_as_they_are_and_words_of_ours_do_not() -> None:
    """Also where a value looks like a sentence with places, or a word of ours."""
    assert told(Unknown("user", "{name}"), "de") == "nicht gefunden: Benutzer '{name}'"
    assert told(WrongState("user closed", "ended", "a user ends once"), "es") == "closed ya no puede entrar"
    assert told(BadInput("role", "boss", ["observer", "administrator"]), "fr").startswith("rôle : 'boss' n'est pas")
    ids = BadInput("level", "dave", ["coordinator", "police", "embassy-es"])
    assert told(ids, "de") == "Stufe: 'dave' geht nicht (möglich: coordinator, police, embassy-es)"
    wrong = BadInput("people.0.country", "{x}", "a value: the field is required")
    assert told(wrong, "pt") == "pessoas.0.país: '{x}' não pode ser (admite-se: um valor: o campo é obrigatório)"
    assert told(wrong, "en") == str(wrong)
    since = "this was made from @3, and since then came ben: a new number. Your text is kept on the page"
    late = told(WrongState("the edition in force", "@4", since), "de")
    assert late.startswith("in Kraft ist @4; dies beruht auf @3, und seither kam ben: a new number.")


@pytest.mark.parametrize(
    ("language", "refused"),
    [
        ("de", "Name: 'ben example' geht nicht (möglich: 1 bis 32 Kleinbuchstaben"),
        ("es", "nombre: 'ben example' no puede ser (se admite: de 1 a 32 minúsculas"),
        ("fr", "nom : 'ben example' n'est pas admis (admis : de 1 à 32 minuscules"),
        ("pt", "nome: 'ben example' não pode ser (admite-se: de 1 a 32 minúsculas"),
    ],
)
def test_a_form_that_cannot_be_is_refused_in_the_language_of_its_page(
    world: World, sit_down: SitDown, language: str, refused: str
) -> None:
    ada = sit_down("ada", Role.ADMINISTRATOR)
    form = ada.opens(f"/desk/users?lang={language}").form(words(language)["Add"])

    answer = form.sent(name="Ben Example", role="observer", password="a password for the tests")

    assert answer.status_code == 422
    assert refused in Sheet(ada, "/desk/users", answer.text).text


@pytest.mark.parametrize(
    ("language", "said"), [("de", "Nicht gefunden: Vorfall 'A-9999'"), ("es", "No se encuentra: incidente 'A-9999'")]
)
def test_a_refusal_on_a_page_of_its_own_is_said_so_too(desk: Desk, language: str, said: str) -> None:
    """Once: a Spanish one, put into Spanish again, was found to say "no" to something more."""
    desk.browser.cookies.set("desk-language", language)

    page = Sheet(desk, "", desk.browser.get("/desk/incidents/A-9999").text).text

    assert said in page


@pytest.mark.parametrize(
    ("path", "form", "status", "said"),
    [
        ("/desk/trees/newest/files", None, 404, "Nicht gefunden: Seite '/desk/trees/newest/files'"),
        ("/desk/simulator", {"text": "x" * LONGEST_BODY}, 413, f"Die Sendung ist länger als {LONGEST_BODY} Bytes"),
        ("/desk/simulator", {f"field{n}": "x" for n in range(201)}, 422, "Das Formular hat mehr als 200 Felder"),
    ],
)
def test_what_no_page_of_ours_sends_is_refused_by_a_page_too(
    desk: Desk, path: str, form: dict[str, str] | None, status: int, said: str
) -> None:
    desk.browser.cookies.set("desk-language", "de")

    answer = desk.browser.get(path) if form is None else desk.posts(path, form)

    assert answer.status_code == status
    assert answer.headers["Content-Type"].startswith("text/html")
    assert said in Sheet(desk, path, answer.text).text


def test_a_fault_of_ours_is_told_by_a_page_in_the_language_of_the_reader(desk: Desk) -> None:
    """Somebody in the street can do nothing with a problem document."""
    app = desk.world.client.app
    assert isinstance(app, FastAPI)
    desk.opens("/desk")
    app.state.boards = None
    desk.browser.cookies.set("desk-language", "de")

    answer = desk.browser.get("/desk")

    assert answer.status_code == 500
    assert "Hier ist etwas schiefgegangen; es ist protokolliert" in Sheet(desk, "/desk", answer.text).text


@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_page_that_is_not_there_is_said_so_with_the_way_back(desk: Desk, language: str) -> None:
    """Not by a problem document of the API, which lists paths that no reader has asked for."""
    desk.browser.cookies.set("desk-language", language)

    answer = desk.browser.get("/desk/no/such")

    assert answer.status_code == 404
    assert answer.headers["Content-Type"].startswith("text/html")
    assert "/desk/no/such" in answer.text
    assert '<a href="/desk">' in answer.text
    assert desk.browser.get("/desk/", follow_redirects=False).headers["Location"] == "/desk"
    assert desk.browser.get("/desk/account").status_code == 200
