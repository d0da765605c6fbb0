"""The right to write into a store, which one run has at a time.

A file beside the store, `NAME.zarr.lock`, says who writes. It is made in one step that fails where it is there
already, and touched every ten seconds. It counts no more when its process has ended, which can be seen on the same
machine, or when nobody has touched it for two minutes. Who takes it over leaves another token in it, and whoever
writes looks for the token first: a run that was only asleep stops instead of writing what another one writes.
"""

import contextlib
import json
import os
import secrets
import socket
import threading
import time
from pathlib import Path
from typing import Any

BEAT, STALE = 10.0, 120.0
_TRIES = 5


class Lease:
    """Taken when made, kept up by a thread, given back by `release`.

    **Raises** `ValueError` when another run has it.
    """

    def __init__(self, store: Path):
        self.path, self.token = store.with_name(f"{store.name}.lock"), secrets.token_hex(16)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._take(store)
        except OSError as error:
            why = error.strerror or type(error).__name__
            raise ValueError(f"store {store} cannot be written: its folder takes no new files ({why})") from error
        self._ended = threading.Event()
        threading.Thread(target=self._keep_up, daemon=True).start()

    def check(self) -> None:
        """`ValueError` when another run took over."""
        refuse_without(self.path, self.token)

    def release(self) -> None:
        """Let others write."""
        self._ended.set()
        if _read(self.path).get("token") == self.token:
            self.path.unlink(missing_ok=True)

    def _take(self, store: Path) -> None:
        for _ in range(_TRIES):
            try:
                file = os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_WRONLY)
            except FileExistsError:
                held = _read(self.path)
                if held and not _is_dead(held):
                    raise ValueError(_told(store, self.path, held)) from None
                self._put_aside(held)
                continue
            with os.fdopen(file, "w") as lock:
                mine = {"token": self.token, "host": _host(), "pid": os.getpid(), "born": _born(os.getpid())}
                lock.write(json.dumps(mine))
            return
        raise ValueError(f"several runs want to write {store} at this moment; start one of them again")

    def _put_aside(self, held: dict[str, Any]) -> None:
        """Remove the lock that was `held`; one that another run has made since is put back."""
        aside = self.path.with_name(f"{self.path.name}.{self.token}")
        try:
            self.path.rename(aside)
        except FileNotFoundError:
            return
        if _read(aside).get("token") != held.get("token"):
            with contextlib.suppress(OSError):
                os.link(aside, self.path)
        aside.unlink()

    def _keep_up(self) -> None:
        while not self._ended.wait(BEAT):
            if _read(self.path).get("token") == self.token:
                with contextlib.suppress(OSError):
                    os.utime(self.path)


def refuse_without(lock: Path, token: str) -> None:
    """`ValueError` unless the lock is there and holds the token."""
    for _ in range(_TRIES):
        found = _read(lock)
        if found.get("token") == token:
            return
        if found.get("token"):
            raise ValueError(
                f"another run ({_who(found)}) took over the store of {lock}, because this one had not been heard of "
                f"for {STALE:.0f} s; what this one wrote is whole, and the other goes on from it"
            )
        time.sleep(0.05)
    raise ValueError(
        f"{lock} cannot be seen from {socket.gethostname()}: a store must lie on a file system that all workers "
        "share, and its lock must stay while a run writes"
    )


def _read(lock: Path) -> dict[str, Any]:
    """What the lock says and when it was touched; nothing when it is not there."""
    try:
        touched = lock.stat().st_mtime
        content = json.loads(lock.read_text() or "{}")
    except FileNotFoundError:
        return {}
    except ValueError:
        content = {}
    return {"touched": touched} | (content if isinstance(content, dict) else {})


def _is_dead(held: dict[str, Any]) -> bool:
    if held.get("host") == _host() and isinstance(held.get("pid"), int) and os.name == "posix":
        born = _born(held["pid"])
        if born is None or born != held.get("born"):
            return True
    return time.time() - held["touched"] > STALE


def _born(pid: int) -> str | None:
    """When a process began, in the kernel's ticks; empty where it does not tell, `None` when the process has ended."""
    try:
        if os.name == "posix":
            os.kill(pid, 0)
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except ProcessLookupError:
        return None
    except OSError:
        return ""
    return None if fields[0] == "Z" else fields[19]


def _host() -> str:
    """The machine, and the part of it where process numbers are its own."""
    with contextlib.suppress(OSError):
        return f"{socket.gethostname()} {os.readlink('/proc/self/ns/pid')}"
    return socket.gethostname()


def _who(held: dict[str, Any]) -> str:
    return f"process {held.get('pid', '?')} on {str(held.get('host', '?')).split(' ')[0]}"


def _told(store: Path, lock: Path, held: dict[str, Any]) -> str:
    return (
        f"{store} is being written by another run ({_who(held)}), and two must not write the same rows: wait for it, "
        f"or stop it. Its lock {lock.name} is freed when it ends, and counts no more {STALE:.0f} s after a crash"
    )
