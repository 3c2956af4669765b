"""Whatever stands in the folder is refused in a moment, with file and line, and never with a traceback."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import copy, copytree
from time import process_time
from typing import Any

import pytest
import yaml

from alertnet.core.forecast.script import Script
from alertnet.core.forecast.simulate import rehearse
from alertnet.core.incident import Facts, Scope, Severity
from alertnet.trees import read_network
from alertnet.trees.folder_files import pack
from tests.support.program import ROOT
from tests.trees.checking import check_folder

NIGHT = datetime(2026, 11, 27, 2, 14, tzinfo=UTC)
BOMB = "a: &a [x, x]\n" + "".join(f"{b}: &{b} [*{a}, *{a}]\n" for a, b in zip("abcdefghij", "bcdefghijk", strict=True))

FLAT_BOMB = "a: &a [" + "x, " * 300 + "]\nb: &b [" + "*a, " * 300 + "]\n"
MERGE_BOMB = "a: &a {x: y}\n" + "".join(
    f"{b}: &{b} {{<<: [*{a}, *{a}]}}\n" for a, b in zip("abcdefghijklmnopqrstuv", "bcdefghijklmnopqrstuvw", strict=True)
)
"""Each key is there already, so that no value is ever counted."""
SHARED = "contacts: {embassy: {role: embassy, organisation: Embassy, methods: [{sms: '+33155500103'}]}}\n"
LONG_BOMB = "a: &a " + "z" * 900_000 + "\nb: [" + "*a, " * 5000 + "]\n"


@pytest.mark.parametrize(
    ("content", "line", "text"),
    [
        pytest.param(BOMB.encode(), 1, "is nested deeper than 10 levels", id="alias bomb"),
        pytest.param(FLAT_BOMB.encode(), 1, "holds more than 20,000 values", id="flat alias bomb"),
        pytest.param(MERGE_BOMB.encode(), 1, "its aliases repeat more than 20,000 values", id="bomb of merged keys"),
        pytest.param(LONG_BOMB.encode(), 1, "its aliases repeat more than 20,000 values", id="a long text repeated"),
        pytest.param(b"&a [*a]", 1, "no anchor &a further up in this file", id="a list that holds itself"),
        pytest.param(b"a: &x 1\nb: &x 2\n", 2, "an anchor of this name is on line 1 already", id="two anchors"),
        pytest.param(b"[" * 900_000, 1, "nest", id="deep flow lists"),
        pytest.param(b"- " * 450_000, 1, "is nested deeper than 10 levels", id="deep block lists"),
        pytest.param(b"{a: " * 200_000, 1, "is nested deeper than 10 levels", id="deep mappings"),
        pytest.param(b"tree: " + b"a" * 10_000_000, 1, "is larger than 1,000,000 bytes", id="ten megabytes"),
        pytest.param(b"levels:\n" + b"- x\n" * 200_000, 20_001, "holds more than 20,000 values", id="many values"),
        pytest.param(b"\x7fELF\x02\x01\x01\x00\xff\xfe", 1, "is not UTF-8 text: save it as UTF-8", id="binary"),
        pytest.param("tree: Bogotá\n".encode("latin-1"), 1, "save it as UTF-8", id="another encoding"),
        pytest.param(b"tree: a\ntitle: x\x00\n", 2, "control characters are not allowed", id="a zero byte"),
        pytest.param("title: é\n".encode() * 9 + b"\x07", 10, "control characters", id="a bell after accents"),
        pytest.param(b"", 1, "is empty", id="empty"),
        pytest.param(b"tree: !!python/name:os.system x\n", 1, "a tag is not allowed", id="a Python tag"),
        pytest.param(b"%YAML 9.9\n---\na: b\n", 1, "a line that begins with %", id="a version of YAML to come"),
    ],
)
def test_a_hostile_file_is_one_fault_at_once(content: bytes, line: int, text: str, folder: Path) -> None:
    (folder / "hostile.yaml").write_bytes(content)
    started = process_time()
    [fault] = check_folder(folder)
    assert process_time() - started < 5
    assert (fault.file, fault.line) == ("hostile.yaml", line)
    assert text in str(fault)


def keys_in(content: Any, steps: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to each value."""
    entries = content.items() if isinstance(content, dict) else enumerate(content) if isinstance(content, list) else ()
    for step, value in entries:
        yield (*steps, step)
        yield from keys_in(value, (*steps, step))


def with_value(content: Any, steps: tuple[Any, ...], value: Any) -> Any:
    """A copy in which that value is another."""
    if not steps:
        return value
    step, *rest = steps
    changed = with_value(content[step], tuple(rest), value)
    if isinstance(content, dict):
        return content | {step: changed}
    return [*content[:step], changed, *content[step + 1 :]]


OTHER_SHAPES = (["coordinator"], {"a": "b"}, "x" * 5000)


@pytest.mark.parametrize("first", [0, *(pytest.param(each, marks=pytest.mark.long) for each in (1, 2))])
@pytest.mark.parametrize("file", ["colombia.yaml", "head_office.yaml", "international.yaml", "teams.yaml"])
def test_no_value_of_another_shape_ends_in_a_traceback(tmp_path: Path, file: str, first: int) -> None:
    """A8: `deputy: [coordinator-2]` ended the start, although there was a last good edition."""
    folder = tmp_path / "trees"
    copytree(ROOT / "contact_trees", folder)
    content = yaml.load((folder / file).read_text(), yaml.CBaseLoader)
    ways = {way[-1]: way for way in keys_in(content)}
    assert {"colombia.yaml": "acknowledge", "teams.yaml": "phone"}.get(file, "role") in ways

    for place, way in enumerate(ways.values(), first):
        other = with_value(content, way, OTHER_SHAPES[place % len(OTHER_SHAPES)])
        (folder / file).write_text(yaml.dump(other, allow_unicode=True))
        assert all(str(fault).isprintable() for fault in check_folder(folder)), way


def include_in_a_row(folder: Path, files: int, times: int) -> None:
    """Let the tree include a file that includes the next one so many times, and so on."""
    for place in range(files):
        own = (folder / "valley.yaml").read_text() if place == 0 else "contacts: {}\n"
        name = "valley.yaml" if place == 0 else f"row{place}.yaml"
        (folder / name).write_text(f"include: [{', '.join([f'row{place + 1}.yaml'] * times)}]\n{own}")
    (folder / f"row{files}.yaml").write_text(SHARED)


def test_files_that_include_one_another_many_times_are_read_at_once(folder: Path) -> None:
    """B9: thirty small files, which whoever may check an edit can type, took all of the processor for days."""
    include_in_a_row(folder, files=15, times=30)
    started = process_time()
    faults = check_folder(folder)
    assert process_time() - started < 5
    assert {fault.path for fault in faults} == {"contacts"}, "that they hold none of their own"


def test_files_that_include_one_another_in_a_long_row_are_a_fault(folder: Path) -> None:
    """A8: never a traceback, which would keep every later edit from coming into force."""
    include_in_a_row(folder, files=1200, times=1)
    faults = [str(fault) for fault in check_folder(folder)]
    assert any("is included through more than 20 other files: 'row" in fault for fault in faults)


def test_thousands_of_faults_are_counted_instead_of_listed(folder: Path) -> None:
    (folder / "many.yaml").write_text("tree: many\n" + "".join(f"key{place}: x\n" for place in range(5000)))
    faults = check_folder(folder)
    assert len(faults) == 201
    assert "more faults from here on" in str(faults[-1])


def test_a_fault_is_one_short_printable_line_whatever_the_key(folder: Path) -> None:
    (folder / "keys.yaml").write_text('"\\e[31m\\nkey": x\n? ' + "k" * 100_000 + "\n: x\n")
    for fault in check_folder(folder):
        assert str(fault).isprintable()
        assert len(str(fault)) < 500


def test_what_is_no_file_is_a_fault_and_other_files_are_left_alone(folder: Path) -> None:
    (folder / "folder.yaml").mkdir()
    (folder / "gone.yaml").symlink_to(folder / "nowhere")
    (folder / "README.md").write_text("not: [yaml")
    (folder / ".draft.yaml").write_text("not: [yaml")
    assert [str(fault) for fault in check_folder(folder)] == [
        "folder.yaml:1:1: is not a file",
        "gone.yaml:1:1: is not a file",
    ]


def test_a_link_that_leads_out_of_the_folder_is_followed_by_nobody(
    folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A9: whoever may edit the folder reads by no link what the program may read, such as its secrets."""
    outside = tmp_path_factory.mktemp("outside")
    for name in ("leak.yaml", "leak.asc"):
        (outside / name).write_text("a secret of this installation")
        (folder / name).symlink_to(outside / name)
    (folder / "..data").mkdir()
    (folder / "..data" / "hill.yaml").write_text((folder / "valley.yaml").read_text().replace("valley", "hill"))
    (folder / "hill.yaml").symlink_to(Path("..data", "hill.yaml"))

    (fault,) = check_folder(folder)

    assert (fault.file, str(fault.message)) == ("leak.yaml", "leads out of the folder of the trees:")
    assert "a secret" not in f"{fault} {pack(folder)}"
    assert "tree: hill" in pack(folder)


def test_a_case_is_played_no_further_than_anybody_reads(folder: Path) -> None:
    """B9: a small file that repeats each second took all memory, once somebody wanted to see three days of it."""
    path = folder / "valley.yaml"
    path.write_text(path.read_text().replace("notify: [desk]", "notify: [desk]\n    repeat: {every: 1s, times: 99}"))
    trees = read_network(folder).trees.values()
    facts = Facts(type="arrest", severity=Severity.CRITICAL, country="CO", consent=Scope.NATIONAL)
    until = NIGHT + timedelta(days=3)

    cut, whole = (rehearse(facts, trees, NIGHT, until, Script(), most) for most in (50, 100_000))

    assert 50 < len(cut.told) < 60 < len(whole.told)
    assert (cut.ends_at, whole.ends_at) == (None, None)
    assert NIGHT < cut.until < NIGHT + timedelta(minutes=2) < whole.until == until


def test_a_pin_that_stands_in_a_file_is_shown_to_nobody(tmp_path: Path) -> None:
    """A9: faults are read in logs, in the console and over the API."""
    copy(Path(__file__).parent / "faulty" / "pin_in_the_file.yaml", tmp_path)

    (fault,) = check_folder(tmp_path)
    assert "a PIN stands in no file" in str(fault)
    assert "47110" not in str(fault)
