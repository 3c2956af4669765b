"""Two installations on one machine, set up as docs/operations.md says: they share a folder of trees, nothing else."""

import http.client
import json
import os
import re
import shlex
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from dotenv import dotenv_values

from alertnet.sandbox import Sandbox
from tests.caddy import CADDYFILE, proxy_before
from tests.cli.conftest import Office
from tests.house.documents import documents
from tests.ports import free_port
from tests.processes.installation import Process, eventually

SECTIONS = "".join(
    documents()["docs/operations.md"].split(f"\n## {heading}\n")[1].split("\n## ")[0]
    for heading in ("A small machine", "Two installations on one machine")
)
PROGRAM = "/opt/alertnet/bin/alertnet"
"""Where the document has it; its words are the same wherever it is."""
START_SECONDS = 180
"""More than two processes take to start on a busy machine."""
INHERITED = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ} | {
    "PYTHONPATH": str(Path(__file__).parents[2])
}

OWN = """
tree: {name}
title: {name} network
scope: national
serves: {{countries: [{country}]}}
timezone: UTC
language: en
sender: {sender}
callback: "{phone}"
last_resort: [desk]
contacts:
  desk: {{role: coordinator, organisation: Office of {name}, methods: [{{sms: "{phone}"}}]}}
levels:
  - {{name: Coordination, notify: [desk]}}
"""
SHARED = """
tree: world
title: International network
scope: international
serves: {countries: ["*"]}
timezone: UTC
language: en
sender: WORLD
callback: "+32470555101"
last_resort: [geneva]
contacts:
  geneva: {role: coordinator, organisation: Office in Geneva, methods: [{sms: "+41225550101"}]}
levels:
  - {name: Coordination, notify: [geneva]}
"""
TEAMS = 'teams: {{{team}: {{country: {country}, language: en, members: {{ana: {{name: Ana, phone: "{member}"}}}}}}}}'


@dataclass(frozen=True)
class Network:
    """What one of the two is for."""

    name: str
    country: str
    phone: str
    member: str
    team: str

    def writes_its_trees(self, folder: Path) -> None:
        folder.mkdir()
        text = OWN.format(name=self.name, country=self.country, phone=self.phone, sender=self.name[:9].upper())
        (folder / f"{self.name}.yaml").write_text(text)
        (folder / "teams.yaml").write_text(
            TEAMS.format(team=self.team, country=self.country, member=self.member) + "\npeople: {}\n"
        )


GUATEMALA = Network("guatemala", "GT", "+50255550101", "+50255550102", "peten")
KENYA = Network("kenya", "KE", "+254705550101", "+254705550102", "turkana")
GENEVA = "+41225550101"


@dataclass(frozen=True, eq=False)
class Installed:
    """One of the two, running by the document's unit and settings; only its telephone network is a stand-in."""

    network: Network
    folder: Path
    sandbox: Sandbox
    env: dict[str, str]
    port: int

    @cached_property
    def key(self) -> str:
        return self.types("keys", "create", "--scope", "raise,read,coordinate").strip()

    def types(self, *words: str) -> str:
        """A command in the installation's folder, which finds its settings there."""
        said = Office(self.folder).types(*words)
        assert said.code == 0, said.err
        return said.out

    def asks(self, path: str, body: Any = None, key: str | None = None) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {key or self.key}", "Content-Type": "application/json"}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("POST" if body else "GET", path, json.dumps(body) if body else None, headers)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            connection.close()

    def is_up(self) -> bool:
        try:
            return self.asks("/healthz", key="none")[0] == 200
        except OSError:
            return False

    def trees(self) -> dict[str, str]:
        """The version of each tree in force."""
        return {each["id"]: each["version"] for each in self.asks("/v1/trees")[1]["items"]}

    def inbox(self, number: str) -> list[str]:
        return self.sandbox.handset(number).inbox


def has_another(one: Installed, version: str) -> bool:
    return one.trees()["world"] != version


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", SECTIONS, re.DOTALL)


def written_files(root: Path) -> dict[str, str]:
    """The files of the document by the path in their first line, with everything below `/srv` in a folder of ours."""
    files = {}
    for block in blocks("ini"):
        path, text = block.removeprefix("# ").split("\n", 1)
        files[path] = text.replace("/srv/", f"{root}/")
    return files


def set_up(network: Network, root: Path, stack: ExitStack) -> Installed:
    """By the document: folder, settings, secrets, and then what the unit starts."""
    files, folder, port = written_files(root), root / network.name, free_port()
    folder.mkdir()
    network.writes_its_trees(folder / "contact_trees")
    (folder / "secret_key").write_text(f"the secret of {network.name} that is long enough")
    (folder / "auth_token").write_text(f"token-of-{network.name}")
    (folder / ".env").write_text(files[f"/srv/{network.name}/.env"])
    sandbox = stack.enter_context(stand_in(network, dotenv_values(folder / ".env"), port))
    # On the machine of the test nothing answers by the public name, and the network is a stand-in.
    with (folder / ".env").open("a") as settings:
        settings.write(f"\nALERTNET_PUBLIC_URL={sandbox.public_url}\nALERTNET_TWILIO_API_URL={sandbox.api_url}\n")
        settings.write("ALERTNET_RATES=sms=0,calls=0\n")
    env = {name: value for name, value in dotenv_values(folder / ".env").items() if value is not None}
    installed = Installed(network, folder, sandbox, INHERITED | env, port)
    unit = files["/etc/systemd/system/alertnet@.service"].replace("%i", network.name).replace("${PORT}", str(port))
    before, start = (words_of(unit, name) for name in ("ExecStartPre", "ExecStart"))
    assert Office(folder, installed.env).types(*before).code == 0
    process = Process(start, installed.env, folder / "log")
    stack.callback(process.killed)
    eventually(lambda: process.is_up() and installed.is_up(), f"{network.name} is up", START_SECONDS)
    return installed


def words_of(unit: str, line: str) -> list[str]:
    """What stands after the program's name in that line of a unit."""
    program, *words = shlex.split(re.findall(rf"^{line}=(.*)$", unit, re.MULTILINE)[0])
    assert program == PROGRAM
    return words


def stand_in(network: Network, settings: Mapping[str, str | None], port: int) -> Sandbox:
    return Sandbox(
        account_sid=str(settings["TWILIO_ACCOUNT_SID"]),
        auth_token=f"token-of-{network.name}",
        public_url=f"http://127.0.0.1:{port}",
        number=str(settings["ALERTNET_TWILIO_FROM"]),
        live=True,
    )


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Installed, Installed]]:
    root = tmp_path_factory.mktemp("srv")
    (root / "international").mkdir()
    (root / "international" / "world.yaml").write_text(SHARED)
    with ExitStack() as stack:
        yield set_up(GUATEMALA, root, stack), set_up(KENYA, root, stack)


def raises(one: Installed) -> Any:
    """An incident in its country."""
    arrest = {"type": "arrest", "consent": "international", "summary": "taken at the bridge"}
    return one.asks("/v1/incidents", arrest | {"country": one.network.country})[1]


def test_nothing_of_one_installation_shows_in_the_other(both: tuple[Installed, Installed]) -> None:
    """A3: the phones, people and incidents of one network are no business of the other's; both tell Geneva."""
    guatemala, kenya = both

    here, there = raises(guatemala), raises(kenya)
    eventually(lambda: guatemala.inbox(GENEVA) and kenya.inbox(GENEVA), "Geneva is told by both")
    eventually(lambda: guatemala.inbox(GUATEMALA.phone) and kenya.inbox(KENYA.phone), "each office is told")

    for one, its, other, others in ((guatemala, here, kenya, there), (kenya, there, guatemala, here)):
        assert set(one.trees()) == {one.network.name, "world"}
        refs = {each["ref"] for each in one.asks("/v1/incidents")[1]["items"]}
        assert its["ref"] in refs
        assert others["ref"] not in refs
        assert one.asks(f"/v1/incidents/{others['ref']}")[0] == 404
        assert one.asks("/v1/incidents", key=other.key)[0] == 401
        assert any(its["ref"] in text for text in one.inbox(GENEVA))
        assert not any(others["ref"] in text for text in one.inbox(GENEVA))
        assert one.inbox(other.network.phone) == []
        assert other.network.name not in (one.folder / "log").read_text().lower()
        assert other.network.team not in one.types("duty", "show") + one.types("trees", "history")


def test_a_member_of_one_network_is_a_stranger_to_the_other(both: tuple[Installed, Installed]) -> None:
    guatemala, kenya = both
    before = len(kenya.asks("/v1/incidents")[1]["items"])

    assert "received" in (guatemala.sandbox.handset(GUATEMALA.member).sends("SOS") or "")

    kenya.sandbox.handset(GUATEMALA.member).sends("SOS")
    assert len(kenya.asks("/v1/incidents")[1]["items"]) == before


def test_neither_can_read_what_the_other_keeps(both: tuple[Installed, Installed]) -> None:
    """Each has a database, with a key of its own: no number of the other's trees is in it, in clear or not."""
    guatemala, kenya = both
    for each in both:
        raises(each)

    for one, other in ((guatemala, kenya), (kenya, guatemala)):
        with closing(sqlite3.connect(one.folder / "alertnet.db")) as database:
            dump = "\n".join(map(str, database.iterdump()))
        assert one.network.name in dump
        assert other.network.name not in dump
        assert other.network.phone not in dump


def test_an_edit_of_what_is_shared_is_in_force_in_both_and_one_of_ones_own_in_one(
    both: tuple[Installed, Installed], tmp_path: Path
) -> None:
    guatemala, kenya = both
    shared = guatemala.folder.parent / "international" / "world.yaml"

    before = [one.trees()["world"] for one in both]
    shared.write_text(SHARED.replace("Coordination", "Geneva first"))
    for one, version in zip(both, before, strict=True):
        eventually(partial(has_another, one, version), "it is in force")
    guatemala.types("trees", "export", "@2", str(tmp_path / "new"))
    tree = tmp_path / "new" / "guatemala.yaml"
    tree.write_text(tree.read_text().replace("Coordination", "Office first"))
    published = guatemala.types("trees", "publish", str(tmp_path / "new"), "--by", "ana", "--why", "a name", "--yes")

    assert "@3 is in force" in published
    assert "world" not in published, "what is shared is as it was"
    assert not (tmp_path / "new" / "world.yaml").exists()
    assert set(guatemala.trees()) == {"guatemala", "world"}
    assert len(kenya.types("trees", "history").splitlines()) == 2


def test_one_front_leads_to_each_by_its_name(both: tuple[Installed, Installed], tmp_path: Path) -> None:
    (sites,) = blocks("caddy")
    shipped = CADDYFILE.read_text()
    written = shipped[: shipped.index("{$ALERTNET_HOST} {")] + sites
    names, front = {}, free_port()
    for installed, written_port in zip(both, ("8001", "8002"), strict=True):
        names[installed] = f"{installed.network.name}.example.org"
        written = written.replace(f"127.0.0.1:{written_port}", f"127.0.0.1:{installed.port}")
        written = written.replace(f"{names[installed]} {{", f"http://{names[installed]}:{front} {{")
    (tmp_path / "Caddyfile").write_text(written)

    with proxy_before([], tmp_path / "Caddyfile", f"http://127.0.0.1:{front}") as (url, _):
        for installed in both:
            connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)
            headers = {"Host": f"{names[installed]}:{front}", "Authorization": f"Bearer {installed.key}"}
            connection.request("GET", "/v1/trees", headers=headers)
            trees = [each["id"] for each in json.loads(connection.getresponse().read())["items"]]
            connection.close()
            assert set(trees) == set(installed.trees())
