"""Runs many nights, one after another or shared among processes; the seed alone determines a night."""

import os
import tempfile
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from alertnet.messages.renderer import Renderer
from simulation.night import Night
from simulation.reckoning.end_of_night import reckon
from simulation.reckoning.purge import purge
from simulation.reckoning.restore import Loss
from simulation.world.database import Database
from simulation.world.logs import Faults
from simulation.world.story import Break
from simulation.world.world import World

STRIDE = 25
"""How many nights a process runs before it reports."""


@dataclass(frozen=True)
class Told:
    """The result of one night."""

    seed: int
    breaks: tuple[Break, ...]
    story: str
    taken: int
    """How many messages the provider accepted."""


def live(seeds: Sequence[int], wanted: Collection[str] = ()) -> Iterator[Told]:
    """Run these nights; `wanted`: of what comes in some nights, what comes in all of them."""
    faults = Faults()
    with tempfile.TemporaryDirectory(prefix="alertnet-nights-", dir=_in_memory()) as folder:
        database = Database(Path(folder))
        renderer = Renderer(database.pattern.templates)
        try:
            for seed in seeds:
                yield _live(seed, wanted, database, renderer, faults)
        finally:
            database.close()


def live_in_processes(seeds: Sequence[int], jobs: int, wanted: Collection[str] = ()) -> Iterator[Told]:
    """Run these nights in so many processes; results come in the order of the seeds."""
    parts = [seeds[start : start + STRIDE] for start in range(0, len(seeds), STRIDE)]
    if jobs == 1 or len(parts) == 1:
        yield from live(seeds, wanted)
        return
    with ProcessPoolExecutor(min(jobs, len(parts)), mp_context=get_context("spawn")) as pool:
        for told in pool.map(partial(_live_all, wanted=wanted), parts):
            yield from told


def _live_all(seeds: Sequence[int], wanted: Collection[str]) -> list[Told]:
    return list(live(seeds, wanted))


def _live(seed: int, wanted: Collection[str], database: Database, renderer: Renderer, faults: Faults) -> Told:
    database.begin()
    try:
        night = Night(World(seed, database, renderer, wanted))
        loss = Loss(night)
        story = night.world.story
        faults.report = story.breaks_promise
        night.live()
        if not story.breaks:
            reckon(night)
        if not story.breaks and not purge(night):
            loss.happens()
        night.end()
    finally:
        database.end()
    return Told(seed, tuple(story.breaks), story.text(), len(night.provider.messages))


def _in_memory() -> str | None:
    """A folder in memory, where there is one."""
    shared = Path("/dev/shm")
    return str(shared) if shared.is_dir() and os.access(shared, os.W_OK) else None
