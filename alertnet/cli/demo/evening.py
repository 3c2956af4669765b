"""What the demo's page shows and controls: a stage that can be restarted, and the story on its record."""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from datetime import datetime
from pathlib import Path
from typing import Self

from sqlalchemy import Engine

from alertnet.cli.admin.actions import close_incident
from alertnet.cli.demo.page_content.names import make_cast
from alertnet.cli.demo.page_content.record import Record
from alertnet.cli.demo.scenes import plots
from alertnet.cli.demo.stage import Stage, stage
from alertnet.core.errors import BadInput, Unknown
from alertnet.core.incident import CloseReason
from alertnet.sandbox import Sandbox
from alertnet.sandbox.page import Cast, Scene, Seat, Story
from alertnet.store.upgrade import upgrade
from alertnet.web.console.sessions import COOKIE

STYLE = "page/style.css.j2"


class Evening(AbstractContextManager["Evening"]):
    """One stage after the other, each with its own database; the exchange is invisible from outside.

    `trees`: the folder of the network, by default the example's. `migrate`: gives an empty database its schema.
    """

    def __init__(self, trees: Path | None = None, migrate: Callable[[Engine], None] = upgrade) -> None:
        self._trees = trees
        self._migrate = migrate
        self._acting = threading.Lock()
        self.plays_by_itself = False
        self._open()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with self._acting:
            self._stack.close()

    @property
    def sandbox(self) -> Sandbox:
        return self.stage.sandbox

    def now(self) -> datetime:
        return self.stage.clock()

    @property
    def speed(self) -> int:
        return self.stage.clock_speed.speed

    def run(self, speed: int) -> None:
        self.stage.clock_speed.run(speed)

    def jump(self) -> None:
        with self._acting:
            self.stage.clock_speed.jump()

    def begin(self, scene: str | None, *, by_itself: bool = False) -> None:
        plot = next((each for each in self._plots if each.scene.key == scene), None)
        if scene is not None and plot is None:
            raise Unknown("scene", scene[:40])
        with self._acting:
            before = self._stack
            self._open()
            before.close()
            if plot is not None:
                plot.begin(self.stage, by_itself=by_itself)
            self.plays_by_itself = by_itself

    def close(self, ref: str, reason: str) -> None:
        if reason not in list(CloseReason):
            raise BadInput("reason", reason, [each.value for each in CloseReason])
        runtime = self.stage.runtime
        runtime.transact(close_incident, ref, CloseReason(reason), None)

    def sit_down(self) -> Seat:
        return Seat(f"{self.stage.api.url}/desk", COOKIE, self.stage.sit_down())

    def subtitle(self, text: str) -> str | None:
        return self.stage.subtitles.of(text)

    def story(self) -> Story:
        while True:
            record = self._record
            try:
                return record.story()
            except Exception:
                # The stage was replaced meanwhile; the new one has its own story.
                if record is self._record:
                    raise

    def _open(self) -> None:
        self._stack = ExitStack()
        self.stage: Stage = self._stack.enter_context(stage(self._trees, self._migrate))
        runtime = self.stage.runtime
        self._plots = plots(runtime.network)
        self.scenes: tuple[Scene, ...] = tuple(plot.scene for plot in self._plots)
        self.cast: Cast = make_cast(runtime.network)
        self.zone = self.stage.zone
        self.style = runtime.templates.files[STYLE]
        self._record = Record(runtime, self.cast, self.zone)
