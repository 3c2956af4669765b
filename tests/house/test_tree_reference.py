"""The reference of the trees is written from their schema, and leaves nothing out."""

import importlib.util

from alertnet.trees.forms.schema import schema
from tests.house.source import ROOT

spec = importlib.util.spec_from_file_location("tree_reference", ROOT / "docs" / "tree_reference.py")
assert spec
assert spec.loader
tree_reference = importlib.util.module_from_spec(spec)
spec.loader.exec_module(tree_reference)


def test_the_reference_is_written_from_the_schema() -> None:
    """After a change: python docs/tree_reference.py."""
    assert (ROOT / "docs" / "tree-reference.md").read_text() == tree_reference.write()


def test_every_form_has_its_table_and_every_key_an_example() -> None:
    # Opening hours are one text in a file.
    shown = {name: form for name, form in schema()["$defs"].items() if name != "Hours"}
    forms = {name: form for name, form in shown.items() if form.get("additionalProperties") is False}
    without = [
        f"{name}.{key}"
        for name, form in forms.items()
        for key, property in form["properties"].items()
        if not (property.get("description") and property.get("examples"))
    ]

    assert set(tree_reference.SECTIONS) == set(forms)
    assert without == []
