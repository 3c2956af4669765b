"""Writes tree-reference.md from the schema of the contact trees: every key of every file, with an example.

python docs/tree_reference.py
"""

import json
from pathlib import Path
from typing import Any

from alertnet.trees.forms.schema import schema

FILE = Path(__file__).parent / "tree-reference.md"
HEAD = """\
# Every key of the contact trees

Made from the schema by `python docs/tree_reference.py`; what the keys are for stands in
[coordinators.md](coordinators.md). An editor shows the same: `alertnet trees schema`. A key in bold must be there.
Values are given as they are written in YAML; durations are a number and `s`, `m`, `h` or `d`. Numbers are E.164.
"""
SECTIONS = {
    "TreeForm": ("A tree", "A file of its own: `colombia.yaml`."),
    "ServesForm": ("`serves`", "Of a tree."),
    "StartForm": ("`start`", "Of a tree."),
    "LevelForm": ("A level", "One of `levels` of a tree."),
    "WhenForm": ("`when` of a level", ""),
    "NeedsGoForm": ("`needs_go`", "Of a level."),
    "RepeatForm": ("`repeat`", "Of a level."),
    "ActionDueForm": ("`action_due`", "Of a level."),
    "ContactForm": ("A contact", "One of `contacts` of a tree, or of a file of shared contacts, by its id."),
    "ContactWhenForm": ("`when` of a contact", ""),
    "MethodForm": ("A method", "One of `methods`, or of `when_closed`, of a contact."),
    "DutyForm": ("`duty`", "Of a contact."),
    "DefaultsForm": ("`defaults`", "Of a tree, by role."),
    "SharedForm": ("Shared contacts", "A file that trees `include`."),
    "FieldForm": ("The field", "`teams.yaml`."),
    "TeamForm": ("A team", "One of `teams`, by its id."),
    "MemberForm": ("A member", "One of `members` of a team, by its id."),
    "StaffForm": ("Staff", "One of `staff`, by its id: on duty, and not in the field."),
    "PersonForm": ("A person", "One of `people`, by the code that stands in reports."),
    "JourneysForm": ("`journeys`", "Of a team."),
    "RoutineForm": ("A routine", "One of `routines` of a team."),
    "CountriesForm": ("Rules of countries", "`countries.yaml`."),
    "CountryForm": ("A country", "One of `countries`, by its code."),
}
"""The forms in the order in which somebody writes them, with their headings."""


def write() -> str:
    """The document."""
    forms = schema()["$defs"]
    parts = [HEAD]
    for name, (heading, where) in SECTIONS.items():
        parts += [f"## {heading}\n", *([f"{where}\n"] if where else []), _table(forms[name], forms)]
    return "\n".join(parts)


def _table(form: dict[str, Any], forms: dict[str, Any]) -> str:
    required = set(form.get("required", ()))
    lines = ["| key | what it says | may be | example |", "|---|---|---|---|"]
    for key, property in form["properties"].items():
        name = f"**`{key}`**" if key in required else f"`{key}`"
        (example,) = property.get("examples", [""])
        cells = (name, property.get("description", ""), _may_be(property, forms), f"`{_yaml(example)}`")
        lines.append("| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def _may_be(property: dict[str, Any], forms: dict[str, Any]) -> str:
    """What a value may be, in few words."""
    if values := _values(property, forms):
        return ", ".join(f"`{value}`" for value in values)
    if "anyOf" in property:
        return " or ".join(dict.fromkeys(_may_be(part, forms) for part in property["anyOf"]))
    if "const" in property:
        return f"`{property['const']}`"
    kind = property.get("type", "")
    if kind == "array":
        return f"a list: {_may_be(property.get('items', {}), forms)}"
    if kind == "object" or "$ref" in property:
        return "keys of its own"
    return {"string": "text", "integer": "a number", "boolean": "`true`, `false`"}.get(kind, "text")


def _values(property: dict[str, Any], forms: dict[str, Any]) -> list[str]:
    referred = forms.get(property.get("$ref", "").rpartition("/")[2], {})
    values: list[str] = property.get("enum") or referred.get("enum") or []
    return values


def _yaml(example: Any) -> str:
    """The example in one line, as YAML takes it."""
    return example if isinstance(example, str) else json.dumps(example, ensure_ascii=False)


if __name__ == "__main__":
    FILE.write_text(write())
