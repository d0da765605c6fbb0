"""What a command took, in a process of its own, and on what machine and versions."""

import datetime
import importlib.metadata
import json
import os
import platform
import resource
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
PACKAGES = ("jax", "equinox", "optax", "numpyro", "numpy", "scipy")


@dataclass(frozen=True)
class Took:
    """CPU and wall seconds, and peak resident memory, of a process and those it waited for."""

    cpu: float
    wall: float
    gigabytes: float
    output: str

    @property
    def last(self) -> dict[str, Any]:
        """The JSON of the last line that the process printed."""
        return json.loads(self.output.strip().splitlines()[-1])


def fresh(command: list[str], **environment: str) -> Took:
    """Run a command in a fresh process, without any cache of compiled code.

    Args:
        command: the program and its arguments; a first argument `python` means this Python.
        environment: variables to set besides the present ones.

    Returns:
        What it took. Peak memory is that of the largest of its processes.

    Raises:
        SystemExit: if the command fails; its errors are printed.
    """
    present = {name: value for name, value in os.environ.items() if name != "JAX_COMPILATION_CACHE_DIR"}
    present["SUFFICE_CACHE"] = "off"  # compiling counts, unless a benchmark says otherwise
    command = [sys.executable if command[0] == "python" else command[0], *command[1:]]
    start = time.perf_counter()
    child = subprocess.Popen(
        command,
        cwd=ROOT,
        env=present | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    # wait4 gives what this one child used; it has to be asked for before Popen asks.
    output, errors, status, used = _drain(child)
    wall = time.perf_counter() - start
    if status:
        raise SystemExit(f"{' '.join(command)} failed with {status}:\n{output[-2000:]}\n{errors[-4000:]}")
    return Took(used.ru_utime + used.ru_stime, wall, used.ru_maxrss / 1e6, output)


def _drain(child: subprocess.Popen) -> tuple[str, str, int, resource.struct_rusage]:
    """Both outputs to their ends, then the status and what was used."""
    errors: list[str] = []
    reader = threading.Thread(target=lambda: errors.append(child.stderr.read()))
    reader.start()
    output = child.stdout.read()
    reader.join()
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    return output, errors[0], child.returncode, used


def cpu() -> float:
    """CPU seconds of this process since it started, imports included."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def peak_gigabytes() -> float:
    """Peak resident memory of this process so far."""
    status = Path("/proc/self/status")
    if status.exists():  # what getrusage says begins at the size of the process that started this one
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024 / 1e9
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def machine() -> str:
    """Processor, cores and memory, in words."""
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    model = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), "unknown")
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    return f"{model}, {len(os.sched_getaffinity(0))} cores, {memory:.0f} GB, {platform.system()}"


def versions(*more: str) -> str:
    """Of Python, suffice (with its commit) and what it stands on."""
    found = [f"Python {platform.python_version()}", f"suffice {_commit()}"]
    return ", ".join(found + [f"{name} {importlib.metadata.version(name)}" for name in (*PACKAGES, *more)])


def _commit() -> str:
    def git(*words: str) -> str:
        return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True).stdout.strip()

    from suffice import __version__

    changed = " with changes" if git("status", "--porcelain", "--", "src", "examples") else ""
    return f"{__version__} ({git('rev-parse', '--short', 'HEAD') or 'no commit'}{changed})"


def today() -> str:
    """The date, as RESULTS.md has it."""
    return datetime.date.today().isoformat()
