"""Several processes of one command: when one ends badly, or the launcher is ended, all do."""

import os
import signal
import subprocess
import sys
import tempfile
import time

import pytest

from suffice.cli._launch import _wait

STARTED = """
import sys
from pathlib import Path
from suffice.cli import _launch
from suffice.cli._options import Report
sys.executable = sys.argv[1]
_launch.launch("report", Report(Path("folder")), 2)
"""


@pytest.mark.parametrize("fails", [0, 1])
def test_whichever_fails_is_seen_at_once(fails):
    codes = ["import time; time.sleep(60)"] * 2
    codes[fails] = "raise SystemExit(3)"
    started = [subprocess.Popen([sys.executable, "-c", code]) for code in codes]
    begin = time.monotonic()
    try:
        with tempfile.TemporaryFile("w+") as told:
            assert _wait(started, told) == 3
        assert time.monotonic() - begin < 30
    finally:
        for one in started:
            one.kill()
            one.wait()


STUB = """#!{python}
import os, time
from suffice.cli._launch import end_with_launcher
assert end_with_launcher()
with open({pids!r}, "a") as file:
    print(os.getpid(), file=file)
time.sleep(300)
"""


def is_alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_ending_the_launcher_ends_its_processes(how, tmp_path):
    stub, pids = tmp_path / "stub", tmp_path / "pids"
    stub.write_text(STUB.format(python=sys.executable, pids=str(pids)))
    stub.chmod(0o755)
    launcher = subprocess.Popen([sys.executable, "-c", STARTED, str(stub)])
    while not pids.exists() or len(pids.read_text().split()) < 2:
        assert launcher.poll() is None
        time.sleep(0.05)
    launcher.send_signal(how)
    assert launcher.wait(timeout=20) == (-how if how == signal.SIGKILL else 128 + how)
    end = time.monotonic() + 20
    while any(map(is_alive, map(int, pids.read_text().split()))):
        assert time.monotonic() < end
        time.sleep(0.05)
