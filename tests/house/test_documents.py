"""What the documents name exists: settings, commands, metrics, targets of make, files, modules, headings."""

import re
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import pytest
import typer
from typer.core import TyperCommand, TyperGroup

from alertnet.cli import app
from alertnet.runtime.settings.settings import NAMES
from tests.house.documents import anchors, commands, documents, links, rows, section, spans, tracked
from tests.house.source import PROGRAM, ROOT
from tests.house.test_documented import metrics

SHOWN_BESIDE = (".env.example", "compose.yaml")
"""Files that are no documents, and tell whoever runs it what to set."""

SUFFIXES = {".md", ".py", ".toml", ".yaml", ".yml", ".txt", ".svg", ".j2"}
"""How the name of a file ends."""

NEAR = ("", "docs", PROGRAM)
"""From where a path in a document may count, besides the document's own folder."""

DOCUMENTS = sorted(documents())


def told() -> dict[str, str]:
    return documents() | {name: (ROOT / name).read_text() for name in SHOWN_BESIDE}


def read_elsewhere() -> set[str]:
    """Variables that are for compose and the front, not for the program."""
    texts = [(ROOT / name).read_text() for name in ("compose.yaml", "deploy/Caddyfile")]
    return {name for text in texts for name in re.findall(r"(?:\$\{|\{\$)(ALERTNET_\w+)", text)}


@cache
def everything_typed() -> TyperGroup:
    root = typer.main.get_command(app)
    assert isinstance(root, TyperGroup)
    return root


def command_at(words: list[str]) -> tuple[TyperGroup | TyperCommand, list[str]]:
    """The command, or the group of commands, that these words lead to, and the words that are left for it."""
    command: object = everything_typed()
    left = list(words)
    while isinstance(command, TyperGroup) and left and left[0] in command.commands:
        command = command.commands[left.pop(0)]
    assert isinstance(command, TyperGroup | TyperCommand)
    return command, left


def options(command: TyperGroup | TyperCommand) -> set[str]:
    listed = {name for each in command.params for name in (*each.opts, *each.secondary_opts) if name.startswith("-")}
    return listed | {"--help"}


def all_options(command: TyperGroup | TyperCommand) -> set[str]:
    below = command.commands.values() if isinstance(command, TyperGroup) else ()
    return options(command).union(*(all_options(each) for each in below if isinstance(each, TyperGroup | TyperCommand)))


def faults_of(words: list[str]) -> Iterator[str]:
    """What is wrong with a command line as a document shows it."""
    command, left = command_at(words)
    given = [word.partition("=")[0] for word in left if word.startswith("--")]
    if isinstance(command, TyperGroup) and left and not left[0].startswith("-"):
        yield f"{' '.join(words)}: there is no {left[0]}"
    yield from (f"{' '.join(words)}: there is no {option}" for option in given if option not in options(command))


def is_path(span: str) -> bool:
    """Whether that is meant as a file or folder of the repository: by where it begins, or how it ends."""
    if not re.fullmatch(r"[\w.<>*-]+(/[\w.<>*-]*)*", span):
        return False
    first, slash, _ = span.partition("/")
    beginnings = {first, *(f"{near}/{first}" for near in NEAR)}
    return (bool(slash) and not beginnings.isdisjoint(tracked())) or Path(span).suffix in SUFFIXES


def exists(path: str, folder: str = "") -> bool:
    """Whether that path leads to a file, a folder, a module, or a name in one, as seen from there or from the top."""
    name = re.sub(r"<\w+>", "*", path.rstrip("/"))
    module, _, member = name.rpartition(".")
    for near in {folder, *NEAR}:
        if any((ROOT / near).glob(name)) or (ROOT / near / f"{name}.py").is_file():
            return True
        source = ROOT / near / f"{module}.py"
        if member and source.is_file() and re.search(rf"^ *(class |def )?{member}\b", source.read_text(), re.M):
            return True
    return any(each.endswith(f"/{name}") for each in tracked()) and Path(name).suffix in SUFFIXES


def test_every_setting_that_is_named_exists() -> None:
    known = {each for name in NAMES.values() for each in (name, f"{name}_FILE")} | read_elsewhere()
    named = [
        (where, name)
        for where, text in told().items()
        for name in re.findall(r"\b(?:ALERTNET|TWILIO)_[A-Z0-9_]*[A-Z0-9]\b(?!_|\w|…)", text)
    ]

    assert [(where, name) for where, name in named if name not in known] == []
    assert len(named) > 60


def test_every_command_that_is_shown_can_be_typed() -> None:
    """With its options: whoever copies a line at night must not find out that it is of an older version."""
    shown = [(where, words) for where, text in documents().items() for words in commands(text)]

    assert [(where, fault) for where, words in shown for fault in faults_of(words)] == []
    assert len(shown) > 50


@pytest.mark.parametrize("line", ["trees plant", "trees check --hard", "serve --port 80 --quick", "--tree"])
def test_a_command_that_does_not_exist_is_found(line: str) -> None:
    assert len(list(faults_of(line.split()))) == 1


def test_every_option_that_is_named_alone_is_one_of_some_command() -> None:
    known = all_options(everything_typed())
    named = [
        (where, span.split()[0].partition("=")[0])
        for where, text in documents().items()
        for span in spans(text)
        if re.match(r"--[a-z]", span)
    ]

    assert [(where, name) for where, name in named if name not in known] == []
    assert len(named) > 10


def test_every_metric_that_is_named_exists() -> None:
    known = {name for name, _ in metrics()}
    named = [
        (where, name) for where, text in documents().items() for name in re.findall(r"`(alertnet_[a-z_]+)[`{ ]", text)
    ]

    assert [(where, name) for where, name in named if name not in known] == []
    assert len(named) > 25


def test_every_target_of_make_that_is_named_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M))
    named = [
        (where, word)
        for where, text in documents().items()
        for words in commands(text, "make")
        for word in words
        if "=" not in word
    ]

    assert [(where, name) for where, name in named if name not in targets] == []
    assert len(named) > 20


def test_every_module_that_is_run_by_name_exists() -> None:
    run = [(where, name) for where, text in documents().items() for name in re.findall(r"python -m ([\w.]+)", text)]

    assert [(where, name) for where, name in run if find_spec(name) is None] == []
    assert len(run) > 4


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_file_and_module_that_is_named_exists(name: str) -> None:
    text = documents()[name]
    paths = [span for span in spans(text) if is_path(span)]

    assert [path for path in [*paths, "docs/gone.md"] if not exists(path, str(Path(name).parent))] == ["docs/gone.md"]


def test_files_and_modules_are_found_in_the_documents() -> None:
    """And names that do not exist would be."""
    found = [span for text in documents().values() for span in spans(text) if is_path(span)]

    assert len(found) > 150
    assert {"core/escalation/state.State", "docs/limits.md", "worker/missed_inbound"} <= set(found)
    for gone in ("core/escalation/state.Mood", "docs/old.md", "worker/missed_outbound", "flows/attic/"):
        assert is_path(gone)
        assert not exists(gone)


def test_every_place_where_something_is_decided_exists() -> None:
    """Beside a module that is named in full, others of its folder are named alone, and what is defined in it."""
    gone, found = [], 0
    for _, place in rows(section(documents()["docs/architecture.md"], "## Where is it decided …")):
        full = [span for span in spans(place) if "/" in span]
        folders = {each.rpartition("/")[0] for each in full}
        modules = [*full, *(f"{folder}/{span}" for folder in folders for span in spans(place) if "/" not in span)]
        for span in spans(place):
            beside = [f"{folder}/{span}" for folder in folders] + [f"{each}.{span}" for each in modules]
            gone += [span] if not any(map(exists, [span] if "/" in span else beside)) else []
            found += 1

    assert gone == []
    assert found > 35


def test_the_map_can_be_read_in_one_sitting() -> None:
    assert 100 < len(documents()["docs/architecture.md"].splitlines()) <= 200


def test_every_link_within_the_documents_leads_somewhere() -> None:
    found = [(name, target) for name, text in documents().items() for target in links(text)]
    broken = []
    for name, target in found:
        path, _, heading = target.partition("#")
        other = (ROOT / name).parent / path if path else ROOT / name
        if not other.exists() or (heading and heading not in anchors(other.read_text())):
            broken.append((name, target))

    assert broken == []
    assert len(found) > 10
