"""Measures a burst on PostgreSQL: `serve --no-worker` and one `worker`, compared with common job queues.

procrastinate, awa and pg-boss, where installed, have a job for each notification and two workers, on an equal server.
"""

import json
import subprocess
import time
from contextlib import ExitStack

from sqlalchemy import make_url

from benchmarks import job_queue, program
from benchmarks.burst import CONNECTIONS, DELIVER_SECONDS, drive
from benchmarks.figures import Figure
from benchmarks.program import Program
from benchmarks.sink import Sink
from benchmarks.trees import COUNTRIES, trees
from tests.postgres import Server, fresh_database, own_server

INCIDENTS = 3000
WORKERS = 2
WARM_UP_SECONDS = 2.0
ASKED = {"procrastinate": 0.6}
"""The target ratio to a queue's deliveries, by its name."""


def measure() -> list[Figure]:
    """Deliveries a second by both, the ratio, and the CPU of each of our processes."""
    ours, cpu = _alertnet()
    figures = [Figure("alertnet, delivered a second", ours, "1/s")]
    figures += [Figure(f"alertnet, CPU of the {name} for each", each, "ms") for name, each in cpu.items()]
    for name, command in job_queue.commands().items():
        theirs = _job_queue(command)
        figures.append(Figure(f"{name}, delivered a second", theirs, "1/s"))
        figures.append(Figure(f"alertnet / {name}", ours / theirs, "x", at_least=ASKED.get(name)))
    return figures


def _alertnet() -> tuple[float, dict[str, float]]:
    waits = dict.fromkeys(COUNTRIES, 7200)
    with (
        Sink() as sink,
        own_server() as server,
        program.alertnet(trees(waits), sink.url, database_url=fresh_database(server.url)) as ours,
    ):
        before = _cpu_seconds(ours, server)
        speed = _speed(sink, drive(ours, INCIDENTS, CONNECTIONS))
        after = _cpu_seconds(ours, server)
        return speed, {name: (after[name] - each) * 1000 / INCIDENTS for name, each in before.items()}


def _cpu_seconds(ours: Program, server: Server) -> dict[str, float]:
    processes = {"web": [ours.pid], "worker": [ours.worker], "server": server.processes()}
    return {name: sum(map(program.cpu_seconds, pids)) for name, pids in processes.items()}


def _job_queue(command: list[str]) -> float:
    with Sink() as sink, own_server() as server, ExitStack() as stack:
        # Not every driver accepts a URL without a host; all use the socket that it also names.
        database = make_url(fresh_database(server.url)).set(drivername="postgresql", host="localhost")
        jobs = {"JOBS_DATABASE": database.render_as_string(), "JOBS_PROVIDER": f"{sink.url}/Messages.json"}
        env = program.environment(jobs)
        subprocess.run([*command, "prepare"], env=env, check=True)
        for _ in range(WORKERS):
            worker = subprocess.Popen([*command, "work"], env=env, stderr=subprocess.DEVNULL)
            stack.callback(worker.wait)
            stack.callback(worker.terminate)
        time.sleep(WARM_UP_SECONDS)
        done = subprocess.run([*command, "defer", str(INCIDENTS)], env=env, check=True, capture_output=True, text=True)
        return _speed(sink, json.loads(done.stdout))


def _speed(sink: Sink, raised: list[tuple[str, int]]) -> float:
    """Deliveries a second, from the first report to the last arrival at the provider."""
    sink.wait_for_all(len(raised), DELIVER_SECONDS)
    last = max(sink.arrivals[ref][0] for ref, _ in raised)
    return len(raised) * 1e9 / (last - min(at for _, at in raised))
