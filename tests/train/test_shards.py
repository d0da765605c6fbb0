"""Training from disk: what is read ahead, how well it is mixed, and what happens when it cannot be read."""

import gc
import itertools
import threading
import time
import tracemalloc
from concurrent.futures import Future

import h5py
import jax
import numpy as np
import pytest
import zarr

import suffice as sf
from suffice.train import Shards
from suffice.train._as_source import as_source
from suffice.train._read_ahead import NAME, ReadAhead
from suffice.train._waited import Waited

N = 8192


def reading():
    """Threads that read ahead now."""
    return [thread for thread in threading.enumerate() if thread.name == NAME]


class Zeros:
    """An array that lies nowhere."""

    def __init__(self, rows, numbers, chunk=8):
        self.shape, self.dtype, self.chunks = (rows, numbers), np.dtype(np.float32), (chunk, numbers)

    def __getitem__(self, rows):
        return np.zeros((len(range(*rows.indices(self.shape[0]))), self.shape[1]), self.dtype)


def wait_until(true, seconds=20):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.01)


@pytest.fixture(autouse=True)
def no_thread_is_left():
    yield
    gc.collect()
    wait_until(lambda: not reading())


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """Rows in the order of their parameter, which goes from 0 to 1."""
    theta = np.linspace(0, 1, N, dtype=np.float32)[:, None]
    x = np.repeat(theta, 4, axis=1) + np.random.default_rng(0).normal(size=(N, 4)).astype(np.float32)
    path = tmp_path_factory.mktemp("shards") / "sorted.h5"
    with h5py.File(path, "w") as file:
        for name, values in (("theta", theta), ("x", x)):
            file.create_dataset(name, data=values, chunks=(16, values.shape[1]))
    return sf.load_simulations(path)


def test_items_come_in_order_and_only_so_many_are_made_ahead():
    made = []
    items = ReadAhead((made.append(i) or i for i in range(20)), 3)
    wait_until(lambda: len(made) == 4)  # three wait, and one has no room
    time.sleep(0.3)
    assert len(made) == 4
    assert list(items) == list(range(20)) and next(items, None) is None


def test_what_the_thread_raises_reaches_the_caller():
    def broken():
        yield 1
        raise ValueError("the disk is gone")

    items = ReadAhead(broken(), 2)
    assert next(items) == 1
    with pytest.raises(ValueError, match="the disk is gone"):
        next(items)
    assert next(items, None) is None


def test_a_thread_ends_when_closed_and_when_forgotten():
    closed, forgotten = (ReadAhead(itertools.count(), 2) for _ in range(2))
    assert next(closed) == next(forgotten) == 0 and len(reading()) == 2
    closed.close()
    assert len(reading()) == 1
    del forgotten
    gc.collect()
    wait_until(lambda: not reading())


@pytest.mark.parametrize("segment", [128, 1000, 3000, N])
def test_an_epoch_has_every_row_at_most_once_and_almost_all(segment, stored):
    shards = Shards(stored, np.arange(5, N), batch_size=64, segment=segment)
    seen = [np.asarray(one.data.theta)[:, 0] for one in shards.segments(jax.random.key(3))]
    assert all(len(one) == shards.segment for one in seen)
    rows = np.concatenate(seen)
    assert len(rows) == len(np.unique(rows)) > N - 5 - shards.segment


def test_segments_of_a_sorted_file_are_like_the_whole(stored):
    """Means of 16 blocks of neighbours have a standard deviation of σ / 4, those of the 128 in the pool σ / 11."""
    shards = Shards(stored, np.arange(N), batch_size=64, segment=256)
    means = [float(np.mean(one.data.theta)) for k in range(4) for one in shards.segments(jax.random.key(k))]
    spread = np.std(means) / np.sqrt(1 / 12)
    assert len(means) == 128 and 0.02 < spread < 0.14


def test_the_rows_to_start_from_are_like_the_whole(stored):
    """A sample of 16 places of a sorted file had means with a standard deviation of σ / 4."""
    shards = Shards(stored, np.arange(N), batch_size=64, segment=256)
    means = [float(np.mean(shards.sample(2048, key=jax.random.key(k)).theta)) for k in range(20)]
    assert np.std(means) / np.sqrt(1 / 12) < 0.14


def test_wide_rows_are_read_a_few_at_a_time():
    rows = 10_000
    sims = sf.Simulations(np.linspace(0, 1, rows, dtype=np.float32)[:, None], Zeros(rows, 20_000))  # 800 MB
    tracemalloc.start()
    try:
        source = as_source(sims, batch_size=64)
        train, _, _ = source.divide(0.1, 0.0, key=jax.random.key(0))
        train.sample(16_384, key=jax.random.key(1))
        for one in itertools.islice(train.segments(jax.random.key(2)), 3):
            assert one.steps == 3
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert isinstance(source, Shards) and most < 400 * 2**20


def test_the_pool_keeps_rows_of_x_with_their_parameters(stored):
    rows = stored.rows(np.arange(N))
    known = {float(t): x for t, x in zip(rows.theta[:, 0], rows.x)}
    for one in Shards(stored, np.arange(N), batch_size=64, segment=700).segments(jax.random.key(0)):
        for t, x in zip(np.asarray(one.data.theta)[::50, 0], np.asarray(one.data.x)[::50]):
            np.testing.assert_array_equal(known[float(t)], x)


def test_blocks_are_whole_chunks_of_the_file(tmp_path):
    path = tmp_path / "chunks.zarr"
    group = zarr.open_group(path, mode="w")
    group.create_array("theta", data=np.zeros((N, 1), np.float32), chunks=(N, 1))
    group.create_array("x", data=np.zeros((N, 8), np.float32), chunks=(100, 8))
    sims = sf.load_simulations(path)
    assert sims.chunk == 100
    for segment, size in ((512, 100), (8192, 500), (128, 25)):
        blocks = Shards(sims, np.arange(N), batch_size=16, segment=segment)._blocks(jax.random.key(1))
        assert {len(block) for block in blocks[1:-1]} == {size}
        assert all(block[0] % min(size, 100) == 0 for block in blocks)


@pytest.mark.parametrize(("width", "chunk"), [(1200, 1024), (4096, 512), (16384, 128)])
def test_a_chunk_is_read_little_more_than_once_an_epoch(width, chunk):
    """Chunks of 4 and 8 MB, as a store has them: segments of 16 MB would read each three times."""
    rows = 40 * chunk
    x = Zeros(rows, width, chunk)
    source = as_source(sf.Simulations(np.zeros((rows, 1), np.float32), x, status=np.zeros(rows, np.int8)))
    assert isinstance(source, Shards)
    reads = sum(len(np.unique(piece // chunk)) for piece in source._pieces(jax.random.key(0)))
    assert reads < 1.3 * 40


def run(sims, **options):
    objective = sf.Ratio(sf.networks.MLP(4, 1, width=8, depth=1, key=1))
    return sf.fit(objective, sims, key=0, progress=False, batch_size=64, segment=512, max_epochs=2, **options)


def test_the_time_that_the_device_waits_is_in_the_history(stored):
    history = run(stored).history
    assert (history["waited"] >= 0).all() and (history["waited"] < history["seconds"]).all()


def test_the_clock_of_waiting(monkeypatch):
    now = 0.0

    def slow():
        nonlocal now
        for _ in range(3):
            now += 0.1
            yield 0

    # Time that stands still between the pieces: how late a thread looks at it plays no part.
    monkeypatch.setattr("suffice.train._waited.time.perf_counter", lambda: now)
    waited, pieces = Waited(), slow()
    with waited:
        while waited.next(pieces) is not None:
            waited.busy(jax.numpy.zeros(()))
            assert waited._done.result() == now  # done at once
    assert waited.seconds == pytest.approx(0.3)
    busy, pieces = Waited(), slow()
    with busy:
        for _ in range(3):
            busy._done = Future()
            busy._done.set_result(now + 0.2)  # done a tenth of a second after the next piece is there
            busy.next(pieces)
    assert busy.seconds == 0


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_a_fit_that_ends_early_leaves_no_thread(error, stored):
    def stop(numbers):
        raise error("now")

    if error is KeyboardInterrupt:
        assert run(stored, loggers=[stop]).stopped == "interrupted"
    else:
        with pytest.raises(RuntimeError, match="now"):
            run(stored, loggers=[stop])
    assert not reading()


def test_a_file_that_breaks_while_it_is_read(stored, tmp_path):
    path = tmp_path / "sims.zarr"
    stored.load().save(path)
    sims = sf.load_simulations(path)

    def damage(numbers):
        for chunk in (path / "x" / "c").rglob("*"):
            if chunk.is_file():
                chunk.write_bytes(b"nonsense")

    with pytest.raises(ValueError, match=r"rows of x cannot be read .*corrupt or truncated"):
        run(sims, loggers=[damage])
    assert not reading()
