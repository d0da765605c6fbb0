"""One process of the pool. It runs as a script of its own, so nothing of the parent's program is imported
again and nothing is forked: JAX in the parent has threads, which a fork would break."""

import contextlib
import os
import random
import signal
import sys
import threading
import traceback
from multiprocessing.connection import Client
from typing import Any


def plain(x: Any) -> Any:
    """An array of numbers, or a dict of them."""
    import numpy as np

    if isinstance(x, dict):
        if not x:
            raise TypeError("the simulator returned an empty dict; return an array or a dict of named arrays")
        return {str(name): plain(part) for name, part in x.items()}
    array = np.asarray(x)
    if array.dtype.kind not in "buifc" or isinstance(x, tuple):
        raise TypeError(f"the simulator returned {type(x).__name__}; return an array or a dict of named arrays")
    return array


def generator(entropy: Any, row: int, attempt: int, *, shared: bool = True) -> Any:
    """The randomness of one row. NumPy's and Python's global generators are set too, for code that uses
    them; not where several rows share the process (`shared=False`).
    """
    import numpy as np

    seeds = np.random.SeedSequence(entropy, spawn_key=(row, attempt))
    if shared:
        np.random.seed(seeds.generate_state(4))  # noqa: NPY002
        random.seed(int(seeds.generate_state(1)[0]))
    return np.random.default_rng(seeds)


def message(error: BaseException) -> str:
    """The error, and the last line of it that is not of this package."""
    here = os.path.dirname(__file__)
    every = traceback.extract_tb(error.__traceback__)
    frames = [frame for frame in every if os.path.dirname(frame.filename) != here]
    place = f" ({os.path.basename(frames[-1].filename)}, line {frames[-1].lineno})" if frames else ""
    return f"{type(error).__name__}: {error}{place}"


def end_with_parent() -> None:
    """Standard input closes when the parent ends, however it ends; then this process, and what it started,
    ends.
    """
    sys.stdin.buffer.read()
    if hasattr(os, "killpg"):
        os.killpg(0, signal.SIGKILL)
    os._exit(1)


def work(connection: Any) -> None:
    """Answer rows with results until there are no more."""
    path, payload = connection.recv()
    sys.path[:] = path
    try:
        import cloudpickle

        simulator, given, entropy = cloudpickle.loads(payload)
    except BaseException as error:
        connection.send(("broken", message(error)))
        return
    connection.send(("ready", ""))
    while True:
        row, attempt, theta = connection.recv()
        try:
            extra = {"given": given} if given else {}
            answer = (row, plain(simulator(generator(entropy, row, attempt), theta, **extra)), "")
        except (Exception, SystemExit) as error:
            answer = (row, None, message(error))
        connection.send(answer)


def main() -> None:
    """Connect to the parent named on the command line; the secret comes on standard input."""
    secret = sys.stdin.buffer.read(32)
    connection = Client(sys.argv[1], authkey=secret)
    connection.send(os.getpid())
    threading.Thread(target=end_with_parent, daemon=True).start()
    with contextlib.suppress(EOFError, ConnectionError, KeyboardInterrupt):
        work(connection)


if __name__ == "__main__":
    main()
