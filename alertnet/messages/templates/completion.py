"""Completes templates of an earlier version with what the program has come to need since (A8)."""

import re
from collections.abc import Collection, Iterator
from typing import Any

import yaml

from alertnet.core.directory.languages import FALLBACK, primary
from alertnet.messages.message import STAGES
from alertnet.messages.templates.load import Folder, Templates, in_english, language_of
from alertnet.messages.words import load_text

_BLOCK = re.compile(
    r"(?P<begin>\{%-?\s*block\s+(?P<name>\w+).*?%\})(?P<said>.*?)(?P<end>\{%-?\s*endblock\b.*?%\})", re.DOTALL
)
_SUBJECT = re.compile(r"""\bsubject\s*==\s*['"](\w+)['"]""")


def complete(own: Templates, latest: Templates, languages: Collection[str] = ()) -> Templates:
    """The templates, with the messages, words, call stages and subjects added that only `latest` has.

    An incident may outlive an upgrade. What it says stays as it was; what it lacks is added, in its own languages and
    in `languages`. Where `latest` lacks a language, English is used.
    """
    spoken = {primary(tag) for tag in (*(tag for tag, _ in own.tables("words")), *languages)}
    files = {path: _completed(path, own, latest) for path in own.files}
    for path, text in latest.files.items():
        if path not in files and primary(language_of(path) or FALLBACK) in spoken | {FALLBACK}:
            files[path] = text
    return Templates(files)


def regional_tables(templates: Templates, folder: Folder) -> Iterator[tuple[str, dict[str, Any]]]:
    """The words of that folder's tables by language. A region's are merged into its language's."""
    tables = {tag: load_text(source) for tag, source in templates.tables(folder)}
    for tag, words in tables.items():
        usual = tables.get(primary(tag), words)
        yield tag, words if usual is words else _merged(words, usual)


def gained(path: str, before: str, after: str) -> Iterator[str]:
    """What the completed file has more than before: words (`subjects.go`), call stages, or subjects."""
    if before == after:
        return
    if path.endswith(".yaml"):
        yield from _new_words(read_table(before), read_table(after))
    else:
        yield from blocks(after).keys() - blocks(before).keys()
        yield from (f"subject {name}" for name in {*_SUBJECT.findall(after)} - {*_SUBJECT.findall(before)})


def read_table(source: str) -> dict[str, Any]:
    """The words of a YAML file by name; empty where it is not such a file."""
    try:
        raw = load_text(source)
    except (yaml.YAMLError, RecursionError):
        return {}
    return raw if isinstance(raw, dict) and all(isinstance(name, str) for name in raw) else {}


def write_table(words: dict[str, Any]) -> str:
    """Words as the text of a YAML file."""
    return yaml.safe_dump(words, allow_unicode=True, sort_keys=False)


def _completed(path: str, own: Templates, latest: Templates) -> str:
    source, more = own.files[path], latest.files.get(path) or latest.files.get(in_english(path))
    if more is None or more == source or _is_regional(path, own, latest):
        return source
    if path.endswith(".yaml"):
        return _completed_table(source, more)
    source = _with_subjects(source, more, _later_subjects(language_of(path), own, latest))
    if path.endswith("/voice.j2"):
        shared = own.files.get(f"call/{language_of(path)}/voice.j2", "")
        return _completed_call(source, more, spoken=blocks(shared).keys())
    return source


def _later_subjects(language: str | None, own: Templates, latest: Templates) -> set[str]:
    """Subjects for which `latest` has words and `own` does not."""
    known, all_there_are = (
        read_table(each.files.get(f"words/{language}.yaml") or each.files.get(f"words/{FALLBACK}.yaml", ""))
        for each in (own, latest)
    )
    subjects, more = known.get("subjects"), all_there_are.get("subjects")
    return more.keys() - subjects.keys() if isinstance(subjects, dict) and isinstance(more, dict) else set()


def _with_subjects(own: str, latest: str, later: set[str]) -> str:
    """The message, extended so that it says later subjects as `latest` does; its own words would be wrong for them."""
    named = {*_SUBJECT.findall(latest)} & later - {*_SUBJECT.findall(own)}
    if not named:
        return own
    unless = " and ".join(f"subject != '{name}'" for name in sorted(named))

    def either(said: str, else_said: str) -> str:
        return f"{{% if {unless} %}}{said}{{% else %}}{else_said}{{% endif %}}"

    theirs = {found["name"]: found["said"] for found in _BLOCK.finditer(latest) if _SUBJECT.search(found["said"])}
    if not theirs:
        return either(own, latest)
    return _BLOCK.sub(
        lambda found: (
            found["begin"] + either(found["said"], theirs[found["name"]]) + found["end"]
            if found["name"] in theirs
            else found[0]
        ),
        own,
    )


def _is_regional(path: str, *templates: Templates) -> bool:
    """Whether the file belongs to a region of an existing language, and so only overrides some of its texts."""
    tag = language_of(path) or ""
    usual = path.replace(f"/{tag}", f"/{primary(tag)}")
    return usual != path and any(usual in each.files for each in templates)


def _completed_table(table: str, latest: str) -> str:
    words = read_table(table)
    merged = _merged(words, read_table(latest))
    return table if merged == words or not words else write_table(merged)


def _merged(words: Any, more: Any) -> Any:
    if not (isinstance(words, dict) and isinstance(more, dict)):
        return words
    return {name: _merged(words[name], more.get(name)) if name in words else more[name] for name in {**more, **words}}


def _completed_call(call: str, latest: str, spoken: Collection[str]) -> str:
    there = {*blocks(call), *spoken}
    more = [block for name, block in blocks(latest).items() if name in STAGES and name not in there]
    return "\n".join([call, *more]) if more else call


def blocks(call: str) -> dict[str, str]:
    """The stages of a call's template, each as source text."""
    return {found["name"]: found[0] for found in _BLOCK.finditer(call)}


def _new_words(before: dict[str, Any], after: dict[str, Any]) -> Iterator[str]:
    for name, word in after.items():
        if name not in before:
            yield name
        elif isinstance(word, dict) and isinstance(before[name], dict):
            yield from (f"{name}.{each}" for each in word if each not in before[name])
