"""Several processes of one command on this machine."""

import dataclasses
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from typing import Any, IO

_LAUNCHED = "SUFFICE_LAUNCHED"


def launch(command: str, options: Any, processes: int) -> int:
    """Run `suffice COMMAND` so often at once, each with its number; the first exit status that is not 0.

    When one fails, the others are ended: they would wait for it. They end too when this one is killed.
    """
    before = signal.signal(signal.SIGTERM, _end)  # as a queue ends its jobs: the processes end too
    common = [sys.executable, "-m", "suffice", command, *words(options), "--coordinator", f"localhost:{_free_port()}"]
    with tempfile.TemporaryFile("w+") as told:
        started = [
            # The first one speaks for all; what the others say of errors is kept.
            subprocess.Popen(
                [*common, "--process", str(i)],
                stdin=subprocess.PIPE,
                stdout=told if i else None,
                stderr=told if i else None,
                env=os.environ | {_LAUNCHED: "1"},
            )
            for i in range(processes)
        ]
        try:
            return _wait(started, told)
        finally:
            for one in started:
                one.kill()
                one.wait()
            signal.signal(signal.SIGTERM, before)


def end_with_launcher() -> bool:
    """Whether `launch` started this process, which then ends when the launcher does, however it ends."""
    launched = _LAUNCHED in os.environ
    if launched:
        threading.Thread(target=_end_when_closed, name="suffice waits for its launcher", daemon=True).start()
    return launched


def _end_when_closed() -> None:
    # The other end of standard input closes when the launcher is gone. Read below Python's buffer, whose lock a thread
    # that waits would keep while the interpreter ends.
    while os.read(0, 1):
        pass
    os._exit(1)


def words(options: Any) -> list[str]:
    """The options as they would be typed, those of their defaults left out.

    >>> from pathlib import Path
    >>> from ._options import Compare, Report
    >>> words(Report(Path("folder"))), words(Report(Path("folder"), out=Path("page.html")))
    (['folder'], ['--out', 'page.html', 'folder'])
    >>> words(Compare(Path("sims.npz"), summary=("mlp", "linear"), missing=True))
    ['--summary', 'mlp', '--summary', 'linear', '--missing', 'sims.npz']
    """
    named, positional = [], []
    for field in dataclasses.fields(options):
        value = getattr(options, field.name)
        if field.default is dataclasses.MISSING:
            positional.append(str(value))
        elif value is True:
            named.append(f"--{field.name.replace('_', '-')}")
        elif value != field.default:
            for one in value if isinstance(value, tuple) else (value,):
                named += [f"--{field.name.replace('_', '-')}", str(one)]
    return named + positional


def _wait(started: Sequence[subprocess.Popen], told: IO[str]) -> int:
    while None in (ended := [one.poll() for one in started]) and not any(ended):
        time.sleep(0.1)
    failed = next((one for one in started if one.returncode), None)
    if failed is None:
        return 0
    if failed is not started[0]:
        told.seek(0)
        print(told.read(), end="", file=sys.stderr)
    return failed.returncode


def _end(number: int, frame: Any) -> None:
    raise SystemExit(128 + number)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("localhost", 0))
        return listener.getsockname()[1]
