"""Threads that share NumPy's own generator."""

import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from suffice.simulate._turns import Turns


def _seed(shared=True):
    """As a row's own: what is drawn alone from NumPy's generator afterwards is known."""
    if shared:
        np.random.seed(7)  # noqa: NPY002


def test_a_simulator_that_leaves_it_alone_runs_side_by_side():
    turns, both = Turns(), threading.Barrier(2)
    turns.take(_seed, lambda rng: random.random())  # others draw from Python's own meanwhile
    with ThreadPoolExecutor(2) as pool:
        found = [pool.submit(turns.take, _seed, lambda rng: both.wait(timeout=20)) for _ in range(2)]
        assert sorted(one.result() for one in found) == [0, 1]


def test_those_that_waited_for_the_first_row_go_on_side_by_side():
    turns, both, first = Turns(), threading.Barrier(2), threading.Event()

    def simulate(rng):
        if not first.is_set():
            first.set()
            return -1
        return both.wait(timeout=20)

    with ThreadPoolExecutor(3) as pool:
        found = [pool.submit(turns.take, _seed, simulate) for _ in range(3)]
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
        assert all(pool.map(lambda _: turns.take(_seed, simulate), range(200)))


def test_one_that_draws_from_it_only_now_and_then_goes_alone_from_the_first_time_on():
    turns, alone = Turns(), np.random.RandomState(7).normal()

    def simulate(row):
        time.sleep(2e-4)
        return np.random.normal() if row % 5 == 3 else alone  # noqa: NPY002

    def take(row):
        return turns.take(_seed, lambda rng: simulate(row))

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(take, range(200))) == [alone] * 200


def test_a_draw_of_the_number_that_was_kept_is_seen():
    """Normal numbers are made in pairs: the second one is drawn without a step of the generator."""
    turns, alone = Turns(), np.random.RandomState(7).normal()
    turns.take(_seed, lambda rng: 0)
    np.random.normal()  # noqa: NPY002
    assert turns.take(_seed, lambda rng: np.random.normal()) == alone  # noqa: NPY002


def test_an_error_side_by_side_is_that_of_its_row():
    turns = Turns()
    turns.take(_seed, lambda rng: 0)
    with pytest.raises(ValueError, match="too small"):
        turns.take(_seed, lambda rng: (_ for _ in ()).throw(ValueError("too small")))
    assert turns.take(_seed, lambda rng: 3) == 3


def test_who_waits_to_be_alone_is_not_kept_waiting():
    """Rows of another simulator, side by side, without an end."""
    one, other, stop = Turns(), Turns(), threading.Event()
    one.take(_seed, lambda rng: 0)

    def forever():
        while not stop.is_set():
            one.take(_seed, lambda rng: time.sleep(0.01))

    with ThreadPoolExecutor(3) as pool:
        busy = [pool.submit(forever) for _ in range(2)]
        try:
            assert pool.submit(other.take, _seed, lambda rng: np.random.normal()).result(timeout=20)  # noqa: NPY002
        finally:
            stop.set()
        assert [one.result() for one in busy] == [None, None]
