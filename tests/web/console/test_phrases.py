"""What is said of trees, in the words of whoever reads it: the code has differences, faults and warnings in English."""

import ast
import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import get_args, get_type_hints

import pytest
import yaml

from alertnet.core.directory.availability import Hours
from alertnet.core.directory.contact import Method
from alertnet.core.directory.contact_tree import ContactTree, Network, Team
from alertnet.core.directory.languages import Phrase, phrase
from alertnet.core.directory.on_call import Duty
from alertnet.core.directory.routine import Routine
from alertnet.core.incident import Affected
from alertnet.trees.forms.key_help import key_help
from alertnet.trees.reading.yaml_slips import slip_of
from alertnet.web.console.translation import phrases, refusals, sayer, words
from alertnet.web.console.trees.editing import as_heading
from tests.web.console.test_words import OTHERS

ALERTNET = Path(__file__).parents[3] / "alertnet"
PLACES = re.compile(r"\{\w+\}")
BY_OTHER_WORDS = {Network, Hours, Duty, Method, Routine}
"""What a difference shows as a file has it, and not field by field."""
NEVER_SHOWN = {"id", "contacts", "levels", "calendars", "members"}


def literals(node: ast.expr) -> list[str | None]:
    """The texts that may stand there; None: one that only running the program tells."""
    if isinstance(node, ast.IfExp):
        return [*literals(node.body), *literals(node.orelse)]
    return [node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None]


@cache
def calls(name: str) -> list[tuple[Path, ast.Call]]:
    """Where the code calls that."""
    named = (path for path in sorted(ALERTNET.rglob("*.py")) if f"{name}(" in path.read_text())
    nodes = ((path, node) for path in named for node in ast.walk(ast.parse(path.read_text())))
    return [
        (path, node)
        for path, node in nodes
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name
    ]


def written() -> list[tuple[str, str | None]]:
    """The form of each phrase in the code, with its place."""
    return [(f"{path.name}:{call.lineno}", form) for path, call in calls("phrase") for form in literals(call.args[0])]


def of_fields(kind: object, known: set[object]) -> Iterator[str]:
    """The names of all fields within, as a difference says them."""
    if isinstance(kind, type) and is_dataclass(kind) and kind not in known:
        known.add(kind)
        if kind not in BY_OTHER_WORDS:
            yield from (each.name.replace("_", " ") for each in fields(kind))
            yield from (name for hint in get_type_hints(kind).values() for name in of_fields(hint, known))
    yield from (name for part in get_args(kind) for name in of_fields(part, known))


def forms() -> set[str]:
    shown = {name for kind in (ContactTree, Team, Affected) for name in of_fields(kind, set())}
    explained = {key.what for keys in key_help().values() for key in keys.values()}
    headings = {as_heading(form) for form in key_help()}
    return {form for _, form in written() if form is not None} | (shown - NEVER_SHOWN) | explained | headings


def has_words(form: str) -> bool:
    return any(sign.isalpha() for sign in PLACES.sub("", form))


def test_each_phrase_stands_in_the_code_as_it_is_said() -> None:
    """What is put together of pieces can be said in one language alone."""
    assert [place for place, form in written() if form is None] == []
    assert len(written()) > 250


def test_what_is_said_alike_in_every_language_is_a_key_or_from_elsewhere() -> None:
    """No fault is made of free text; what settings and templates lack comes as it is, and a key of the files."""
    assert {path.name for path, _ in calls("as_written")} == {"startup.py", "tree_reloader.py", "coverage.py"}
    assert {path.name for path, _ in calls("Phrase")} == {"languages.py", "describe_tree_diff.py"}


@pytest.mark.parametrize("language", OTHERS)
def test_no_phrase_stays_english(language: str) -> None:
    """Whoever says something new of a tree adds it to a table in `words/phrases`, of each language."""
    told, elsewhere = phrases(language), refusals(language) | words(language)
    assert {form for form in forms() if has_words(form)} - told.keys() - elsewhere.keys() == set()
    assert told.keys() - forms() == set()
    assert "{what} {id} is new" in forms()


def test_what_pages_and_refusals_say_alike_stands_in_their_tables_alone() -> None:
    told = [(phrases(language), refusals(language) | words(language)) for language in OTHERS]

    assert [form for form in phrases("de") if all(own[form] == others.get(form) for own, others in told)] == []
    assert sayer("de")("deputy") == words("de")["deputy"] == "Vertretung"


@pytest.mark.parametrize("language", OTHERS)
def test_each_value_has_its_place_in_each_language(language: str) -> None:
    told = phrases(language)

    assert [form for form in told if sorted(PLACES.findall(form)) != sorted(PLACES.findall(told[form]))] == []
    assert sum("{" in form for form in told) > 20


def test_what_somebody_wrote_is_said_as_they_wrote_it() -> None:
    """Also where it looks like a place for a value, or like words of ours."""
    said = phrase("{what} {id} is new", what=phrase("tree"), id="{what} none")

    assert said.said(sayer("es")) == "se añade: árbol {what} none"
    assert str(said) == "tree {what} none is new"


def test_what_the_parser_says_most_is_said_in_each_language_too() -> None:
    slip = slip_of(yaml.MarkedYAMLError(problem="found unexpected ':'"), "a")

    assert str(slip.words) == "is not YAML: found unexpected ':'"
    assert slip.words.said(sayer("pt")) == "não é YAML: aqui sobram dois-pontos"


def test_several_values_are_said_one_by_one() -> None:
    assert Phrase("{of}", (("of", ("CO", phrase("nobody"))),)).said(sayer("fr")) == "CO, personne"


@pytest.mark.parametrize(
    "text",
    [
        "%YAML 2.0\n---\na: b",
        "%FOO\na: b",
        "a: !<b",
        "a: !b!%zz c",
        'a: "\\xzz"',
        "a: |0\n  b",
        "a: > b",
        "a: !b!c d",
        'a: "\\q"',
    ],
)
def test_what_only_a_programmer_has_heard_of_is_said_plainly_in_each_language(text: str) -> None:
    with pytest.raises(yaml.MarkedYAMLError) as caught:
        list(yaml.parse(text, Loader=yaml.CBaseLoader))

    words = slip_of(caught.value, text).words

    assert not str(words).startswith("is not YAML")
    assert all(words.said(sayer(language)) != str(words) for language in OTHERS)
