"""What compose starts: every setting reaches the program, secrets are files, and the front agrees with the web."""

import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from alertnet.cli import commands
from alertnet.cli.server.web_server import GRACE_SECONDS
from alertnet.core.limits import LONGEST_BODY, REQUEST_SECONDS
from alertnet.runtime.settings.settings import NAMES, SECRET, examine

ROOT = Path(__file__).parents[2]
CADDYFILE = (ROOT / "deploy/Caddyfile").read_text()
PROGRAMS = ("migrate", "web-1", "web-2", "worker")


@cache
def compose() -> dict[str, Any]:
    return dict(yaml.safe_load((ROOT / "compose.yaml").read_text()))


def _typed(file: str, command: str) -> list[str]:
    """What stands behind each such command of compose that the file says to type."""
    return re.findall(rf"docker compose (?:{command}) ([^`#\n]+)", (ROOT / file).read_text())


def environment(service: str) -> dict[str, str]:
    return dict(compose()["services"][service]["environment"])


@pytest.mark.parametrize("service", PROGRAMS)
def test_every_setting_is_passed_on_and_every_secret_is_a_file(service: str) -> None:
    given, names = environment(service), set(NAMES.values())

    assert {name for name in names if name in given} == names - SECRET
    assert {name for name in names if f"{name}_FILE" in given} == names & SECRET
    assert len(names) > 15


@pytest.mark.parametrize("service", PROGRAMS)
def test_every_secret_that_is_named_is_given(service: str) -> None:
    named = {Path(path).name for name, path in environment(service).items() if name.endswith("_FILE")}

    assert named == set(compose()["services"][service]["secrets"])
    assert named <= set(compose()["secrets"])
    assert all(f"deploy/secrets/{each}" == compose()["secrets"][each]["file"] for each in named)


def test_a_setting_that_is_left_empty_is_none(tmp_path: Path) -> None:
    """As compose passes it on: an empty variable, or an empty file."""
    (tmp_path / "empty").write_text("\n")
    (tmp_path / "key").write_text("a secret for tests that is long enough\n")
    given = {name: str(tmp_path / "empty") if name.endswith("_FILE") else "" for name in environment("web-1")}

    (tmp_path / "url").write_text("https://watch.example.org/5f1c\n")
    given["ALERTNET_SECRET_KEY_FILE"] = str(tmp_path / "key")

    empty = examine(given)
    filled = examine(given | {"ALERTNET_HEARTBEAT_URL_FILE": str(tmp_path / "url")})

    assert empty.faults == filled.faults == ()
    assert filled.settings.heartbeat_url is not None
    assert (empty.settings.smtp_2, empty.settings.heartbeat_url) == (None, None)


def test_the_image_is_built_once_and_never_fetched() -> None:
    """Each service that builds makes another, and the next `up` exchanges all that runs, though nothing has changed."""
    services = compose()["services"]

    assert [name for name, service in services.items() if "build" in service] == ["migrate"]
    assert {name: services[name]["pull_policy"] for name in PROGRAMS} == dict.fromkeys(PROGRAMS, "never")


def test_what_is_exchanged_by_itself_is_not_exchanged_again_by_the_next_up() -> None:
    """Compose 2.26 counts what a service depends on as part of it, and finds another after an `up` without that."""
    typed = [line for file in ("compose.yaml", "docs/operations.md") for line in _typed(file, "up")]

    assert {"web-1", "worker"} <= {line.split()[-1] for line in typed}
    assert not [line for line in typed if "--no-deps" in line]


def test_the_migration_needs_nothing_that_must_be_up() -> None:
    """Podman can't start what needs a container that has ended and itself needs one that runs."""
    services = compose()["services"]

    assert {name for name in PROGRAMS if "migrate" in services[name].get("depends_on", {})} == set(PROGRAMS) - {
        "migrate"
    }
    assert "depends_on" not in services["migrate"]


def test_no_log_grows_without_end() -> None:
    for name, service in compose()["services"].items():
        assert service["logging"]["options"]["max-size"], name


def test_the_front_knows_both_webs_and_the_public_name_leads_to_it_inside() -> None:
    (webs,) = re.findall(r"\{\$ALERTNET_WEBS:(.*?)\}", CADDYFILE)
    front = compose()["services"]["caddy"]

    assert set(webs.split()) == {f"{name}:8000" for name in compose()["services"] if name.startswith("web")}
    assert front["networks"]["default"]["aliases"] == ["${ALERTNET_HOST}"]
    (network,) = compose()["networks"]["default"]["ipam"]["config"]
    assert environment("web-1")["ALERTNET_TRUSTED_PROXIES"] == network["subnet"]


def test_the_front_gives_a_request_as_long_and_as_much_as_the_web_does() -> None:
    """B9: bodies 64 kB within 10 s."""
    assert re.findall(r"read_(?:header|body) (\w+)", CADDYFILE) == [f"{REQUEST_SECONDS}s"] * 2
    (longest,) = re.findall(r"max_size (\d+)KiB", CADDYFILE)

    assert int(longest) * 1024 > LONGEST_BODY, "so that the web says in words what is too long"


def test_a_web_that_ends_says_so_for_longer_than_the_front_takes_to_see_it() -> None:
    interval, timeout = (
        int(each) for name in ("interval", "timeout") for each in re.findall(rf"health_{name} (\d+)s", CADDYFILE)
    )
    for name in ("web-1", "web-2"):
        command, grace = (compose()["services"][name][key] for key in ("command", "stop_grace_period"))
        drain = int(command[command.index("--drain") + 1])

        assert interval + timeout < drain < int(grace.removesuffix("s")) - GRACE_SECONDS


@pytest.mark.parametrize("file", ["compose.yaml", "docs/operations.md"])
def test_every_line_for_compose_names_a_service_there_is_and_a_command_there_is(file: str) -> None:
    words = [[word for word in line.split() if not word.startswith("-")] for line in _typed(file, "run|exec|stop")]

    assert {service for service, *_ in words} <= set(compose()["services"])
    typed = {rest[0] for service, *rest in words if service == "worker" and rest and rest[0] != "…"}
    assert typed
    assert typed <= set(commands().commands)
