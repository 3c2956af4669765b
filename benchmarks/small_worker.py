"""`alertnet worker` with so many threads for SMS: `python -m benchmarks.small_worker SENDERS`."""

import sys
from contextlib import closing

from alertnet.cli.server.process_end import until_signalled
from alertnet.core.directory.contact import MethodKind
from alertnet.runtime.settings.settings import read_settings
from alertnet.runtime.wiring import make_runtime
from alertnet.worker.service import Worker


def main(senders: str) -> None:
    with (
        closing(make_runtime(read_settings())) as runtime,
        until_signalled() as ended,
        Worker(runtime, {MethodKind.SMS: int(senders)}),
    ):
        ended.wait()


if __name__ == "__main__":
    main(*sys.argv[1:])
