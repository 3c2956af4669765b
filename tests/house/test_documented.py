"""Whatever somebody can set, type, watch, be told or write in a tree has its row in the documents."""

import ast
import re
from collections.abc import Iterator

import typer
import yaml
from typer.core import TyperGroup

from alertnet.cli import app
from alertnet.core.disclosure import Subject
from alertnet.core.monitoring.metrics import ALL
from alertnet.core.monitoring.self_monitoring import SUBJECTS, Part
from alertnet.runtime.settings.settings import NAMES
from alertnet.trees.forms import country_rules, field_form, tree_form
from tests.house.documents import documents, rows, section, spans
from tests.house.source import PROGRAM, ROOT, Module, read_modules

WITH_ROWS = (
    tree_form.TreeForm,
    tree_form.ContactForm,
    tree_form.LevelForm,
    field_form.FieldForm,
    field_form.TeamForm,
    field_form.MemberForm,
    field_form.PersonForm,
    country_rules.CountryForm,
)
"""The forms of which each key has a row of its own; those of the others stand in the examples."""

Metric = tuple[str, tuple[str, ...]]


def first_cells(text: str) -> list[str]:
    return [span for row in rows(text) for span in spans(row[0])]


def forms() -> list[type[tree_form.Form]]:
    direct = tree_form.Form.__subclasses__()
    found = [*direct, *(form for each in direct for form in each.__subclasses__())]
    return [form for form in found if form.__module__.startswith(PROGRAM)]


def gauges(module: Module) -> Iterator[Metric]:
    """What a module calls `gauge` with: a name, and labels."""
    for node in module.nodes:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "gauge":
            name, _, *labels = (each.value for each in node.args if isinstance(each, ast.Constant))
            yield str(name), tuple(str(label) for label in labels)


def metrics() -> set[Metric]:
    """Every metric as Prometheus calls it, with its labels."""
    counted = {(each.name if each.bounds else f"{each.name}_total", each.labels) for each in ALL}
    return counted.union(*(gauges(module) for module in read_modules(ROOT / PROGRAM / "web")))


def leaves(group: TyperGroup, path: str) -> Iterator[str]:
    for name, command in group.commands.items():
        if isinstance(command, TyperGroup):
            yield from leaves(command, f"{path} {name}")
        else:
            yield f"{path} {name}"


def about_ourselves() -> set[Subject]:
    """What the coordinators are told of alertnet itself: parts in trouble, and what `flows/system` tells besides."""
    texts = [module.text for module in read_modules(ROOT / PROGRAM / "flows" / "system")]
    named = {Subject[name] for text in texts for name in re.findall(r"\bSubject\.([A-Z_]+)", text)}
    return named | {trouble for trouble, _ in SUBJECTS.values()}


def is_said(statement: str, row: str) -> bool:
    """Whether a row gives that statement, with something of its own for what it is about."""
    return bool(re.fullmatch(".+".join(map(re.escape, statement.split("{about}"))), row))


def test_every_setting_has_its_row_and_every_row_its_setting() -> None:
    """B6: the table in the README."""
    described = first_cells(section(documents()["README.md"], "### Settings"))

    assert sorted(described) == sorted(NAMES.values())
    assert len(described) > 15


def test_every_metric_has_its_row_with_its_labels_and_every_row_its_metric() -> None:
    found = metrics()
    described = first_cells(section(documents()["docs/watch.md"], "## For machines"))
    named = [re.fullmatch(r"(alertnet_\w+)(?:\{([\w,]+)\})?", span) for span in described if span.startswith(PROGRAM)]

    assert {(each[1], tuple((each[2] or "").split(",")) if each[2] else ()) for each in named if each} == found
    assert all(named)
    assert len(found) > 20


def test_no_metric_is_made_elsewhere_than_where_these_look() -> None:
    """A name of a metric stands in the program only where it becomes one that is known here."""
    texts = [module.text for module in read_modules(ROOT / PROGRAM)]
    named = {name for text in texts for name in re.findall(r'"(alertnet_[a-z_]+[a-z])"', text)}

    assert named == {name.removesuffix("_total") for name, _ in metrics()}


def test_every_alarm_about_ourselves_has_its_row() -> None:
    """Whoever is woken by one finds what it means and what to do, by the words that were said."""
    words = yaml.safe_load((ROOT / "message_templates/words/en.yaml").read_text())["subjects"]
    table = section(documents()["docs/watch.md"], "## What the coordinators are told")
    described = [alarm.replace("*", "") for row in rows(table) for alarm in row[0].split(" · ")]

    said = {words[subject.value] for subject in about_ourselves()}

    assert len(said) > 12
    assert [alarm for alarm in sorted(said) if not any(is_said(alarm, each) for each in described)] == []


def test_every_part_that_may_be_in_trouble_is_named() -> None:
    (row,) = [row for row in rows(section(documents()["docs/watch.md"], "## For machines")) if row[0] == "`trouble`"]

    assert set(spans(row[1])) == {part.value for part in Part}


def test_every_command_has_its_row_and_every_row_its_command() -> None:
    root = typer.main.get_command(app)
    assert isinstance(root, TyperGroup)
    exist = set(leaves(root, PROGRAM))

    described = first_cells(section(documents()["docs/interface.md"], "## B7 Commands"))

    assert sorted(described) == sorted(exist)
    assert len(exist) > 20


def test_every_key_of_a_tree_or_team_has_its_row_and_every_row_its_key() -> None:
    """B1: what may be written in a tree is explained to those who write it."""
    guide = section(documents()["docs/coordinators.md"], "## Every key, by example")
    described, keys = set(first_cells(guide)), {name for form in WITH_ROWS for name in form.model_fields}

    assert keys - described == set()
    assert described - {name for form in forms() for name in form.model_fields} == set()
    assert len(keys) > 40


def test_a_key_that_must_be_there_is_bold() -> None:
    guide = section(documents()["docs/coordinators.md"], "## Every key, by example")
    bold = [row[0].strip("*`") for row in rows(guide) if row[0].startswith("**`")]

    fields = [each for form in WITH_ROWS for each in form.model_fields.items()]
    assert sorted(bold) == sorted(name for name, field in fields if field.is_required())


def test_every_key_within_a_key_stands_in_an_example() -> None:
    guide = section(documents()["docs/coordinators.md"], "## Every key, by example")
    shown = {word for row in rows(guide) for span in spans(" ".join(row)) for word in re.findall(r"\w+", span)}
    within = {name for form in forms() if form not in WITH_ROWS for name in form.model_fields}

    assert within - shown == set()
    assert {"countries", "every", "unless_severity", "acknowledges_as"} <= within
