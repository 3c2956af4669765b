"""What a template may not do, each fault with its file and line; and the sandbox behind."""

import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest
from jinja2 import TemplateError
from jinja2.exceptions import SecurityError, UndefinedError

from alertnet.core.codec import from_plain, to_plain
from alertnet.core.disclosure import Said
from alertnet.core.errors import Misconfigured
from alertnet.core.incident import Affected, Facts
from alertnet.messages.templates.load import Templates, read_templates
from alertnet.messages.templates.restricted_jinja import NAMES, Environment, write
from tests.messages.conftest import Fill
from tests.support.rows import in_long

SECRETS = {field.name for kind in (Facts, Affected) for field in fields(kind)} - {field.name for field in fields(Said)}


def faults_of(folder: Path) -> list[str]:
    with pytest.raises(Misconfigured) as error:
        read_templates(folder)
    return [fault.removeprefix(f"{folder}/") for fault in error.value.faults]


def fault_of(folder: Fill, source: str, path: str = "alert/en/sms.j2") -> str:
    (fault,) = faults_of(folder({path: source}))
    return fault


@pytest.mark.parametrize("name", sorted(SECRETS))
def test_nothing_confidential_has_a_name(folder: Fill, name: str) -> None:
    """A9: a template that asks for a person, a place or free text is refused before it is ever used."""
    fault = fault_of(folder, f"ok\n{{{{ {name} }}}}")

    assert fault.startswith(f"alert/en/sms.j2:2: unknown name '{name}' (known: about, also, answerable, ")


def test_the_names_are_those_of_said_and_six_of_presentation() -> None:
    presented = {"statement", "slowly", "heading", "matters", "with_callback", "with_names", "with_no_hint"}
    assert NAMES - {field.name for field in fields(Said)} == presented


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ("a\n{% if code %}", "2: Unexpected end of template"),
        ("a\n{{ code", "2: unexpected end of template"),
        ("{{ ref.__class__.__mro__ }}", "1: Getattr is not allowed"),
        ("{{ ref['__class__'] }}", "1: Getitem is not allowed"),
        ("{{ ref.upper() }}", "1: Call is not allowed"),
        ("\n\n{% for letter in ref %}{{ letter }}{% endfor %}", "3: For is not allowed"),
        ("{{ 'x' * 1000000000 }}", "1: Mul is not allowed"),
        ("{{ 10 ** 10 ** 10 }}", "1: Pow is not allowed"),
        ("{{ '%0999999999d' % 1 }}", "1: Mod is not allowed"),
        ("{% set code = 'x' %}", "1: Assign is not allowed"),
        ("{% include 'words/en.yaml' %}", "1: Include is not allowed"),
        ("{% macro f() %}{% endmacro %}", "1: Macro is not allowed"),
        ("{{ range }}", "1: unknown name 'range'"),
        ("{{ ref|pprint }}", "1: unknown filter 'pprint' (known: capitalize, lower, upper)"),
        ("{% if subject == 'lvel' %}x{% endif %}", "1: subject is never 'lvel' (known: verify, level, "),
        ("{% if level > 3 %}x{% endif %}", "1: names are compared by == and != alone"),
        ("x" * 70_000, "1: 70000 bytes are too many (at most 64000)"),
        ("x" * 16_001, "1: 16001 characters are too many (at most 16000)"),
        ("{{ " + "(" * 5000 + "ref" + ")" * 5000 + " }}", "1: nested too deeply"),
        ("{% if code %}" * 150 + "{% endif %}" * 150, "1: nested too deeply"),
        # Thirteen such lines took Jinja more than a minute.
        ("{{ ref" + "|upper" * 30 + " }}", "1: nested too deeply"),
        ("{% if code == " + "9" * 5000 + " %}x{% endif %}", "1: a number is too large"),
        ("\n{{ 1e999 }}", "2: a number is too large"),
        ("{% block code %}{% endblock %}\n{% block code %}{% endblock %}", "2: block 'code' stands twice"),
    ],
)
def test_a_template_can_only_say_and_choose(folder: Fill, source: str, fault: str) -> None:
    """No loop, call, attribute or arithmetic: nothing that could run long, grow large, or look around."""
    assert f"alert/en/sms.j2:{fault}" in "\n".join(faults_of(folder({"alert/en/sms.j2": source})))


@pytest.mark.parametrize(
    "source",
    [
        "{% if code %}a" + "{% elif ref %}b" * 1060 + "{% endif %}",
        "{% if code %}" * 18 + "{% endif %}" * 18,
        in_long("{% if code %}{% endif %}" * 660),
        in_long("".join(f"{{% block b{number} %}}{{% endblock %}}" for number in range(500))),
        in_long("{{ ref" + "~ref" * 3990 + " }}"),
        in_long("{{ ref" + " == ref" * 2280 + " }}"),
        "{{ ref" + " if code else ref" * 17 + " }}",
        in_long("{{ ref }}" * 1770),
    ],
)
def test_whatever_has_no_fault_can_be_compiled(folder: Fill, source: str) -> None:
    """Most files are compiled at their first use, which may be at night: what the rules allow must compile."""
    templates = read_templates(folder({"alert/en/body.j2": source}))

    assert Environment(templates.files).get_template("alert/en/body.j2").name == "alert/en/body.j2"


def test_all_faults_of_all_files_are_reported_at_once(folder: Fill) -> None:
    faults = faults_of(
        folder({"alert/en/sms.j2": "{{ place }}\n{{ people }}", "alert/fr/body.j2": "{% if %}", "page/en.yaml": "a: ["})
    )

    assert [fault.split(": ")[0] for fault in faults] == [
        "alert/en/sms.j2:1",
        "alert/en/sms.j2:2",
        "alert/fr/body.j2:1",
        "page/en.yaml:1",
    ]


@pytest.mark.parametrize(
    "path", ["alert/en/smss.j2", "alerts/en/sms.j2", "receipt/en/voice.j2", "alert/english/sms.j2"]
)
def test_a_file_that_no_message_uses_is_refused(folder: Fill, path: str) -> None:
    """A misspelt name would otherwise be silence."""
    assert fault_of(folder, "x", path).startswith(f"{path}: no message has a file of that name")


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="nowhere: no such folder of message templates"):
        read_templates(tmp_path / "nowhere")


def test_what_an_editor_or_a_mount_leaves_beside_the_files_is_no_template(folder: Fill) -> None:
    """Links that lead nowhere or to themselves, a folder of that name, a copy; what is behind a link to a folder."""
    templates = folder({"alert/en/sms.j2": "{{ ref }}"})
    before = read_templates(templates)
    (templates / "alert/en/.#sms.j2").symlink_to("ana@desk.1234")
    (templates / "alert/en/a.j2").symlink_to("a.j2")
    (templates / "alert/en/old.j2").mkdir()
    (templates / "alert/en/sms.j2~").write_text("{{ nobody_knows }}")
    (templates / "alert/.yaml").write_text("{{ nobody_knows }}")
    (templates / "again").symlink_to(templates / "alert")

    assert read_templates(templates) == before
    assert before.files["alert/en/sms.j2"] == "{{ ref }}"


def test_a_file_that_is_not_text_is_named(folder: Fill) -> None:
    path = folder({"alert/en/sms.j2": ""})
    (path / "alert/en/sms.j2").write_bytes(b"\xff\xfe")

    assert faults_of(path)[0].startswith("alert/en/sms.j2: can't be read: ")


def test_words_that_lack_something_say_what(folder: Fill, templates: Templates) -> None:
    source = (
        templates.files["words/en.yaml"].replace("  arrest: arrest", "  arest: arrest").replace("drill: DRILL\n", "")
    )

    faults = faults_of(folder({"words/en.yaml": source}))

    assert faults[0] == "words/en.yaml: missing 'drill'"
    assert faults[1] == "words/en.yaml: types: missing 'arrest'"
    assert faults[2].startswith("words/en.yaml: types: unknown 'arest' (known: abduction, ")


def test_a_subject_that_lacks_is_named_as_it_is_written(folder: Fill, templates: Templates) -> None:
    """Who translates looks for that word in the file."""
    source = re.sub(r"(?m)^  refused: .*\n", "", templates.files["words/en.yaml"])

    assert "words/en.yaml: subjects: missing 'refused'" in faults_of(folder({"words/en.yaml": source}))


@pytest.mark.parametrize("source", ["- a", "[[" * 700, "a: b: c", "&a [*a]", "{? {a: b} : c}"])
def test_words_that_are_no_mapping_are_refused(folder: Fill, source: str) -> None:
    assert fault_of(folder, source, "words/en.yaml").startswith("words/en.yaml:1: ")


def test_templates_are_the_same_by_content(templates: Templates) -> None:
    """A8: an incident is pinned to what was said, wherever the files lay."""
    copy = from_plain(Templates, to_plain(templates))

    assert (copy, copy.to_text()) == (templates, templates.to_text())
    assert Templates({**templates.files, "alert/en/sms.j2": "x"}).to_text() != templates.to_text()


@pytest.mark.parametrize("source", ["{{ ref.__class__.__mro__ }}", "{{ ref.upper() }}", "{{ ref * 9 }}"])
def test_the_sandbox_stops_what_the_check_never_saw(source: str) -> None:
    """Behind the check stands Jinja's sandbox, tightened: not even a harmless attribute is given."""
    template = Environment({"t": source}).get_template("t")

    with pytest.raises((SecurityError, TemplateError)):
        template.render(ref="A-7K3M")


def test_an_undefined_name_is_an_error_and_not_an_empty_place() -> None:
    with pytest.raises(UndefinedError, match="'place' is undefined"):
        Environment({"t": "{{ place }}"}).get_template("t").render()


def test_output_is_cut_off_at_its_limit_without_reading_on() -> None:
    """An endless text costs no more than its limit."""

    def endless() -> Iterator[str]:
        while True:
            yield "abc"

    assert write(endless(), 10) == "abcabcabca"
