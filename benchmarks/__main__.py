"""Benchmarks as a program: each figure of RESULTS.md by one command.

    python -m benchmarks list
    python -m benchmarks run demo truncation       # these; without names, all
    python -m benchmarks run regression --peers    # beside its peer, whose environment is made the first time

Run from the root of a checkout, on a machine that does nothing else. Each benchmark runs in a process of its own,
without any cache of compiled code, and rewrites its section of benchmarks/RESULTS.md.
"""

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

from benchmarks import measure, results
from benchmarks.peers import made, NotMadeError, PEERS
from benchmarks.registry import Benchmark, BENCHMARKS

CACHE = Path(__file__).parent / ".cache"


def options(arguments: list[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser("python -m benchmarks", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    commands = parser.add_subparsers(dest="command", required=True, metavar="{list,run}")
    commands.add_parser("list", help="names, what each measures, its peer and about how many minutes it takes")
    run = commands.add_parser("run", help="run some, or all, and rewrite their sections")
    run.add_argument("names", nargs="*", help="which, as `list` names them; all unless told")
    run.add_argument("--peers", action="store_true", help="make the peers' environments, and run them in alternation")
    run.add_argument("--cache", type=Path, default=CACHE, help="folder of environments and of what is kept")
    run.add_argument("--results", type=Path, default=results.TARGET, help="page to write instead of RESULTS.md")
    args = parser.parse_args(arguments)
    unknown = [name for name in getattr(args, "names", ()) if name not in BENCHMARKS]
    if unknown:
        parser.error(f"no benchmark is called {', '.join(unknown)}; known: {', '.join(BENCHMARKS)}")
    return args


def listing() -> str:
    """One line for each benchmark."""
    lines = []
    for entry in BENCHMARKS.values():
        alone, beside = (f"{minutes:g} min" for minutes in entry.minutes)
        told = f"{beside} with --peers ({entry.peer}){'' if entry.needs_peer else f', {alone} without'}"
        lines.append(f"{entry.name:20s} {entry.told}; about {told if entry.peer else alone}")
    return "\n".join(lines)


def peer_of(entry: Benchmark, args: argparse.Namespace) -> str | None:
    """The Python of the peer; none where there is no peer, or it is not asked for.

    Raises:
        NotMadeError: if it cannot be had.
    """
    if entry.peer and args.peers:
        return str(made(PEERS[entry.peer], args.cache / "peers"))
    if entry.needs_peer:
        raise NotMadeError(f"{entry.name} needs the environment of {entry.peer}: run it with --peers")
    return None


def run(entry: Benchmark, python: str | None, args: argparse.Namespace) -> tuple[int, str]:
    """Run one to its end; its status, and what it took."""
    given = {name: value for name, value in os.environ.items() if name != "JAX_COMPILATION_CACHE_DIR"}
    given["SUFFICE_CACHE"] = "off"
    given[results.PAGE] = str(args.results.absolute())
    given[results.COMMAND] = f"python -m benchmarks run {entry.name}" + (" --peers" if python else "")
    cache = args.cache.absolute()
    cache.mkdir(parents=True, exist_ok=True)
    start = time.perf_counter()
    child = subprocess.Popen([sys.executable, "-m", *entry.command(python, cache)], cwd=measure.ROOT, env=given)
    try:
        _, status, used = os.wait4(child.pid, 0)
    except KeyboardInterrupt:
        child.wait()
        raise
    child.returncode = os.waitstatus_to_exitcode(status)
    if not child.returncode:
        put_by(cache / entry.name)
    wall, cpu = time.perf_counter() - start, used.ru_utime + used.ru_stime
    return child.returncode, f"{wall:.0f} s, {cpu:.0f} CPU s, {used.ru_maxrss / 1e6:.2f} GB"


def put_by(kept: Path) -> None:
    """Move what was measured to `last`, so that the next run measures again; only one that was broken off goes on."""
    for path in (*kept.glob("*.json"), *kept.glob("*.sf")):
        (kept / "last").mkdir(exist_ok=True)
        path.replace(kept / "last" / path.name)


def main(arguments: list[str] | None = None) -> int:
    """List, or run; 0 unless a benchmark failed or had to be left out."""
    args = options(arguments)
    if args.command == "list":
        print(listing())
        return 0
    missed = []
    for name in args.names or BENCHMARKS:
        print(f"=== {name}", flush=True)
        try:
            status, took = run(BENCHMARKS[name], peer_of(BENCHMARKS[name], args), args)
        except NotMadeError as why:
            print(f"{name} is left out: {why}.", flush=True)
            missed.append(name)
            continue
        print(f"=== {name} {'failed' if status else 'done'}: {took}", flush=True)
        missed += [name] if status else []
    if missed:
        print(f"Not measured: {', '.join(missed)}.")
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())
