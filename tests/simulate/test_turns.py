"""Threads that share NumPy's own generator."""

import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from suffice.simulate._turns import Turns


def test_a_simulator_that_leaves_it_alone_runs_side_by_side():
    turns, both = Turns(), threading.Barrier(2)
    turns.take(lambda: None, lambda rng: random.random())  # others draw from Python's own meanwhile
    with ThreadPoolExecutor(2) as pool:
        found = [pool.submit(turns.take, lambda: None, lambda rng: both.wait(timeout=20)) for _ in range(2)]
        assert sorted(one.result() for one in found) == [0, 1]


def test_those_that_waited_for_the_first_row_go_on_side_by_side():
    turns, both, first = Turns(), threading.Barrier(2), threading.Event()

    def simulate(rng):
        if not first.is_set():
            first.set()
            return -1
        return both.wait(timeout=20)

    with ThreadPoolExecutor(3) as pool:
        found = [pool.submit(turns.take, lambda: None, simulate) for _ in range(3)]
        assert sorted(one.result() for one in found) == [-1, 0, 1]


def test_a_simulator_that_draws_from_it_goes_alone_from_then_on():
    turns, inside = Turns(), []

    def simulate(rng):
        inside.append(1)
        time.sleep(5e-4)  # another thread may come in here
        alone = len(inside) == 1
        np.random.normal()  # noqa: NPY002
        inside.pop()
        return alone

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(lambda _: turns.take(lambda: None, simulate), range(200)))
