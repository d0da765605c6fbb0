"""Rows, names, selection and failures, on arrays whose rows tell their number."""

import h5py
import jax.numpy as jnp
import numpy as np
import numpyro.distributions as dist
import pandas as pd
import pytest

import suffice as sf
from suffice.simulate import Batch, Status

N = 200
THETA = np.arange(N * 2, dtype=np.float32).reshape(N, 2)
IMAGE = np.arange(N * 6, dtype=np.float32).reshape(N, 2, 3)
NOISE = np.arange(N, dtype=np.float32)


@pytest.fixture
def sims():
    return sf.Simulations(THETA, {"image": IMAGE, "noise": NOISE}, names=("a", "z[0]"))


def test_rows_come_in_the_order_asked_for(sims):
    index = np.array([7, 3, 3, 199, 0])
    batch = sims.rows(index)
    assert isinstance(batch, Batch)
    np.testing.assert_array_equal(batch.theta, THETA[index])
    np.testing.assert_array_equal(batch.x["image"], IMAGE[index])


@pytest.mark.parametrize("index", [slice(3, 9), np.arange(N) % 3 == 0, [5, 1], np.array([], int), 4], ids=str)
def test_indexing_is_that_of_numpy(sims, index):
    picked = sims[index]
    np.testing.assert_array_equal(picked.theta, np.atleast_2d(THETA[index]))
    np.testing.assert_array_equal(picked.x["noise"], np.atleast_1d(NOISE[index]))
    assert picked.names == sims.names and picked.in_memory


def test_example_is_the_shape_of_one(sims):
    assert sims.example["image"].shape == (2, 3) and sims.example["noise"].shape == ()
    assert sf.Simulations(THETA, jnp.zeros((N, 4))).example.dtype == np.float32


def test_default_names_number_the_columns():
    assert sf.Simulations(THETA, NOISE).names == ("theta[0]", "theta[1]")


def test_columns_of_a_table_are_the_parameters():
    table = pd.DataFrame({"b": [1.0, 2.0], "a": [3.0, 4.0]})
    assert sf.Simulations(table, np.ones((2, 3))).names == ("b", "a")
    np.testing.assert_array_equal(sf.Simulations(table, np.ones((2, 3)), ("a", "b")).theta, [[3, 1], [4, 2]])
    assert sf.Simulations(pd.DataFrame(np.ones((2, 2))), np.ones((2, 3)), ("a", "b")).names == ("a", "b")
    with pytest.raises(ValueError, match="the columns of the table are b, a, but the parameters are a, c"):
        sf.Simulations(table, np.ones((2, 3)), ("a", "c"))
    with pytest.raises(ValueError, match="each parameter needs a name of its own, but these came: a, a"):
        sf.Simulations(pd.DataFrame([[1.0, 2.0]], columns=["a", "a"]), np.ones((1, 3)))


def test_select_data_and_targets(sims):
    assert sims.select(x="noise").x.shape == (N,)
    assert set(sims.select(x=["image"]).x) == {"image"}
    picked = sims.select(x="noise", target=["z", "image"])
    assert picked.names == ("z[0]", *(f"image[{i},{j}]" for i in range(2) for j in range(3)))
    np.testing.assert_array_equal(picked.theta, np.column_stack([THETA[:, 1], IMAGE.reshape(N, 6)]))
    assert sims.select(target="noise").names == ("noise",)
    assert sims.select(target="theta").names == sims.names


def test_a_target_on_disk_is_read_by_rows(tmp_path, sims):
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file["image"] = IMAGE
        lazy = sf.Simulations(THETA, {"image": file["image"]}).select(x="image", target=["theta[1]", "image"])
        index = np.array([150, 2])
        expected = np.column_stack([THETA[:, 1], IMAGE.reshape(N, 6)])
        assert not lazy.in_memory and lazy.theta.shape == (N, 7)
        np.testing.assert_array_equal(lazy.rows(index).theta, expected[index])
        np.testing.assert_array_equal(np.asarray(lazy.theta), expected)


def test_a_memory_map_counts_as_on_disk(tmp_path):
    np.save(tmp_path / "x.npy", IMAGE)
    sims = sf.Simulations(THETA, np.load(tmp_path / "x.npy", mmap_mode="r"))
    assert not sims.in_memory and sims.load().in_memory
    read = sims.rows(np.array([3, 90])).x
    assert type(read) is np.ndarray
    np.testing.assert_array_equal(read, IMAGE[[3, 90]])


def test_concatenate_puts_rows_and_failures_one_after_the_other(sims):
    image = IMAGE.copy()
    image[3] = np.nan
    other = sf.Simulations(THETA, {"image": image, "noise": NOISE}, names=sims.names)
    both = sims.concatenate(other)
    assert len(both) == 2 * N
    np.testing.assert_array_equal(both.theta[N:], THETA)
    assert both.failures.rows.tolist() == [N + 3]


def test_failures_are_counted_and_the_first_is_told():
    noise = NOISE.copy()
    noise[[9, 5]] = np.inf, np.nan
    failures = sf.Simulations(THETA, noise).failures
    assert len(failures) == 2 and failures.counts == {"NONFINITE": 2}
    assert "2 of 200 simulations failed (1 %)" in str(failures)
    assert "row 5 at theta[0]=10, theta[1]=11: gave non-finite numbers" in str(failures)
    status = np.zeros(N, int)
    status[[4, 8]] = Status.TIMEOUT, Status.RAISED
    failures = sf.Simulations(THETA, NOISE, status=status, messages={8: "KeyError: 'b'"}).failures
    assert failures.counts == {"TIMEOUT": 1, "RAISED": 1} and failures.rows.tolist() == [4, 8]
    assert failures.table()["message"].tolist() == ["", "KeyError: 'b'"]
    assert str(sf.Simulations(THETA, NOISE).failures) == "all 200 simulations succeeded"


def test_messages_follow_their_rows():
    status = np.zeros(N, int)
    status[8] = Status.RAISED
    picked = sf.Simulations(THETA, NOISE, status=status, messages={8: "KeyError"})[[2, 8]]
    assert picked.failures.messages == {1: "KeyError"}


def test_whole_numbers_become_floats_as_parameters():
    sims = sf.Simulations(np.arange(4)[:, None], np.zeros((4, 2), int))
    assert sims.theta.dtype == np.float32 and sims.x.dtype.kind == "i"


def test_agreement_with_a_prior():
    prior = sf.Prior(a=dist.Uniform(0, 10), b=dist.Normal(0, 1))
    theta = np.array([[1.0, 0.0], [2.0, 5.0], [11.0, 0.0]])
    x = np.zeros((3, 1))
    sf.Simulations(theta[:2], x[:2], names=("a", "b")).check_prior(prior)
    with pytest.raises(ValueError, match=r"1 of 3 simulations .* row 2: theta = .11.0, 0.0."):
        sf.Simulations(theta, x, names=("a", "b")).check_prior(prior)
    with pytest.raises(ValueError, match="prior is about a, b, the simulations about b, a"):
        sf.Simulations(theta, x, names=("b", "a")).check_prior(prior)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: sf.Simulations(np.zeros(3), np.zeros((3, 1))), r"theta must have shape \(n, p\)"),
        (lambda: sf.Simulations(np.zeros((3, 0)), np.zeros((3, 1))), "no columns"),
        (lambda: sf.Simulations(np.zeros((3, 1)), np.zeros((4, 1))), "theta has 3 rows but x has shape"),
        (lambda: sf.Simulations(np.zeros((3, 1)), {"a": np.zeros(3), "b": np.zeros(2)}), "x/b has shape"),
        (lambda: sf.Simulations(np.zeros((3, 1)), {}), "x holds no array"),
        (lambda: sf.Simulations(np.zeros((3, 1)), [1.0, 2.0, 3.0]), "a list came"),
        (lambda: sf.Simulations(np.zeros((3, 1)), np.array(["a", "b", "c"])), "array of numbers"),
        (lambda: sf.Simulations(np.zeros((3, 2)), np.zeros(3), names=("a",)), "2 columns but 1 names"),
        (lambda: sf.Simulations(np.zeros((3, 2)), np.zeros(3), names=("a", "a")), "a name of its own"),
        (lambda: sf.Simulations(np.zeros((3, 2)), np.zeros(3), names="ab"), "list of 2 names"),
        (lambda: sf.Simulations(np.zeros((3, 1)), np.zeros(3), status=np.zeros(2, int)), r"shape \(3,\)"),
        (lambda: sf.Simulations(np.zeros((3, 1)), np.zeros(3), status=np.full(3, 9)), "0 .OK., 1"),
        (lambda: sf.Simulations(THETA, NOISE).rows(np.array([N])), "from 0 to 199"),
        (lambda: sf.Simulations(THETA, NOISE).rows(np.array([0.5])), "list of row numbers"),
        (lambda: sf.Simulations(THETA, NOISE).select(x="image"), "one array without a name"),
        (lambda: sf.Simulations(THETA, {"a": NOISE}).select(x="b"), "known: a"),
        (lambda: sf.Simulations(THETA, {"a": NOISE}).select(target="b"), r"known: theta\[0\], theta\[1\], a"),
        (lambda: sf.Simulations(THETA, {"a": NOISE}).select(target=[]), "at least one"),
        (lambda: sf.Simulations(THETA, NOISE).concatenate(sf.Simulations(THETA, IMAGE)), "other arrays"),
    ],
)
def test_bad_input_is_refused_with_a_sentence(call, message):
    with pytest.raises((ValueError, TypeError, IndexError), match=message):
        call()
