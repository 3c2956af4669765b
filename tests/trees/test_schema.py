"""The JSON Schema of the files says what the program reads: each key explained, nothing else allowed."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from alertnet.trees.forms.key_help import key_help
from alertnet.trees.forms.schema import schema
from alertnet.trees.forms.tree_form import ContactForm, Form

FILES = sorted((Path(__file__).parents[2] / "contact_trees").glob("**/*.yaml"))
VALIDATOR = Draft202012Validator(schema())


def faults(text: str) -> list[str]:
    # An editor reads dates and the like as text.
    content: Any = json.loads(json.dumps(yaml.safe_load(text), default=str))
    return [error.message for error in VALIDATOR.iter_errors(content)]


def test_it_is_a_schema() -> None:
    made = schema()
    Draft202012Validator.check_schema(made)
    assert {name for name, part in made["$defs"].items() if "properties" in part} == set(key_help())


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_the_examples_keep_to_it(path: Path) -> None:
    assert faults(path.read_text()) == []
    assert faults(f"{path.read_text()}\ncolor: red\n") != []


@pytest.mark.parametrize("form", [*Form.__subclasses__(), ContactForm])
def test_every_key_has_a_description_and_an_example_that_it_allows(form: type[Form]) -> None:
    """Else an editor marks as a fault what it shows as an example; those of whole parts leave required keys out."""
    forms = schema()["$defs"]
    keys, properties = key_help()[form.__name__], forms[form.__name__]["properties"]
    assert set(form.model_fields) <= set(keys)
    for name in form.model_fields:
        described = properties[name]
        assert described["description"].endswith(".")
        assert described["examples"] == [keys[name].example]
        marked = Draft202012Validator({**described, "$defs": forms}).iter_errors(keys[name].example)
        assert [error.message for error in marked if error.validator != "required"] == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("wait: 10m", "wait: soon"),
        ("role: coordinator", "role: boss"),
        ("notify:", "tell:"),
        ("scope: national", "scope: galactic"),
        ('callback: "+573005550101"', 'callback: "0300"'),
    ],
)
def test_what_the_program_refuses_an_editor_marks(old: str, new: str) -> None:
    text = next(path for path in FILES if path.name == "colombia.yaml").read_text()
    assert old in text

    assert faults(text.replace(old, new, 1)) != []


def test_an_editor_offers_the_key_that_makes_a_tree_of_an_empty_file() -> None:
    """Of a file with nothing in it nobody can tell yet that it is no `teams.yaml`."""
    offered = schema()["properties"]["tree"]

    assert offered["description"].startswith("The id of the tree")
