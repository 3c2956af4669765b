"""The JSON Schema (2020-12) of the YAML files, by which editors complete and explain them."""

from typing import Any

from pydantic import TypeAdapter

from alertnet.core.directory.contact_tree import EVERYWHERE
from alertnet.core.directory.languages import Say
from alertnet.core.incident import TYPES
from alertnet.trees.forms.country_rules import CountriesForm
from alertnet.trees.forms.field_form import FieldForm
from alertnet.trees.forms.key_help import Key, key_help
from alertnet.trees.forms.tree_form import NEVER, SharedForm, TreeForm
from alertnet.trees.reading.values import PATTERNS

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema(say: Say = str) -> dict[str, Any]:
    """The schema of any file in the folder; `say` translates the explanations of keys."""
    made = TypeAdapter(TreeForm | SharedForm | FieldForm | CountriesForm).json_schema(mode="validation")
    forms = made["$defs"]
    for name, keys in key_help().items():
        for key, described in keys.items():
            if name in forms and key in forms[name]["properties"]:
                forms[name]["properties"][key] = _explained(forms[name]["properties"][key], described, say)
    forms["WhenForm"]["properties"]["type"]["items"] = {"enum": [EVERYWHERE, *TYPES]}
    for name in ("TreeForm", "SharedForm"):
        include = forms[name]["properties"]["include"]
        include["anyOf"] = [{"type": "string"}, {"type": include.pop("type"), "items": include.pop("items")}]
    for name in ("DefaultsForm", "ContactForm"):
        quiet = forms[name]["properties"]["quiet"]
        quiet["anyOf"] = [{"const": NEVER}, {key: quiet.pop(key) for key in ("type", "additionalProperties")}]
    for name, key in (("TreeForm", "title"), ("LevelForm", "ask"), ("ContactForm", "ask")):
        one = forms[name]["properties"][key]
        by_language = {part: one.pop(part) for part in ("type", "additionalProperties", "minProperties") if part in one}
        one["anyOf"] = [{"type": "string"}, by_language | {"propertyNames": {"pattern": PATTERNS["language"]}}]
    for form in forms.values():
        form.pop("description", None)
        form.pop("title", None)
    rules_or_field = _if("countries", "CountriesForm", {"$ref": "#/$defs/FieldForm"})
    shared_or_field = _if("contacts", "SharedForm", rules_or_field)
    del forms["Hours"]  # What the program makes of them; a file has a text.
    return {
        "$schema": DIALECT,
        "title": "alertnet contact trees",
        # What an editor offers in an empty file, when its kind is not known yet.
        "properties": {"tree": forms["TreeForm"]["properties"]["tree"]},
        **_if("tree", "TreeForm", shared_or_field),
        "$defs": forms,
    }


def _if(key: str, form: str, otherwise: dict[str, Any]) -> dict[str, Any]:
    """A branch of the schema for files with that key. Editors then mark the real fault instead of the whole file."""
    return {"if": {"required": [key]}, "then": {"$ref": f"#/$defs/{form}"}, "else": otherwise}


def _explained(property: dict[str, Any], key: Key, say: Say) -> dict[str, Any]:
    """The property with an explanation, and in the form in which YAML has it."""
    written = _as_written(property, PATTERNS[key.pattern] if key.pattern else None)
    written.pop("title", None)
    written.pop("default", None)
    return {"description": say(key.what), "examples": [key.example], **written}


def _as_written(property: dict[str, Any], pattern: str | None) -> dict[str, Any]:
    """The schema of a value as written in YAML, where durations, spans, hours and times are strings."""
    if property.get("format") == "duration":
        return {"type": "string", "pattern": PATTERNS["duration"]}
    if property.get("$ref", "").endswith("/Hours"):
        return {"type": "string"}
    if "prefixItems" in property:
        return {"type": "string", "pattern": pattern or PATTERNS["span"]}
    found = {name: _inside(name, part, pattern) for name, part in property.items()}
    if pattern and found.get("type") in ("string", "integer"):
        found |= {"type": "string", "pattern": pattern}
    if "anyOf" in found:
        found["anyOf"] = [part for part in found["anyOf"] if part.get("type") != "null"]
        if len(found["anyOf"]) == 1:
            found |= found.pop("anyOf")[0]
    return found


def _inside(name: str, part: Any, pattern: str | None) -> Any:
    if name == "anyOf":
        return [_as_written(each, pattern) for each in part]
    return _as_written(part, pattern) if name in ("items", "additionalProperties") and isinstance(part, dict) else part
