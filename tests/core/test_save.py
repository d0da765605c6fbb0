"""Saving and loading: what goes in comes out, and a file cannot make code run."""

import errno
import json
import os
import zipfile

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import numpyro.distributions as dist
import pandas as pd
import pytest

import suffice as sf


class Mine(eqx.Module):
    weight: jax.Array

    def __call__(self, x):
        return self.weight * x


def test_round_trip_of_every_kind_of_part(tmp_path):
    thing = {
        "network": sf.networks.MLP(4, 2, key=0),
        "frame": pd.DataFrame({"a": [1.0, 2.0]}),
        "key": jax.random.key(3),
        ("tuple", 1): (1, 2.5, float("nan"), None, True, "text"),
        "array": np.arange(3, dtype=np.int8),
        "struct": jax.ShapeDtypeStruct((2,), jnp.float32),
    }
    back = sf.load(sf.save(thing, tmp_path / "thing.suffice"))
    x = jnp.arange(4.0)
    np.testing.assert_array_equal(back["network"](x), thing["network"](x))
    assert back["frame"].equals(thing["frame"])
    assert bool(back["key"] == thing["key"])
    assert back[("tuple", 1)][:2] == (1, 2.5)
    assert np.isnan(back[("tuple", 1)][2])
    assert back["array"].dtype == np.int8
    assert back["struct"] == thing["struct"]


def test_a_prior_comes_back_with_its_density(tmp_path):
    prior = sf.Prior(z=dist.Uniform(-1, 1).expand([2]), t=dist.LogNormal(0, 1)).truncate(
        np.array([-0.5, -1, 0.1]), np.array([0.5, 1, 2.0])
    )
    back = sf.load(sf.save(prior, tmp_path / "prior.suffice"))
    theta = prior.sample(20, key=0)
    np.testing.assert_allclose(back.log_prob(theta), prior.log_prob(theta))
    np.testing.assert_allclose(back.sample(3, key=1), prior.sample(3, key=1))


def test_own_classes_must_be_named(tmp_path):
    path = sf.save(Mine(jnp.ones(2)), tmp_path / "mine.suffice")
    with pytest.raises(ValueError, match="classes="):
        sf.load(path)
    assert sf.load(path, classes=[Mine])(2.0).tolist() == [2.0, 2.0]


@pytest.mark.parametrize("name", ["os:system", "subprocess:Popen", "builtins:eval"])
def test_a_file_cannot_name_code_to_run(tmp_path, name):
    path = tmp_path / "evil.suffice"
    for tag in ("$object", "$function", "$class"):
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("tree.json", json.dumps({"format": 1, "tree": {tag: name, "fields": {}}}))
        with pytest.raises(ValueError, match="not part of suffice"):
            sf.load(path)


def test_broken_files_are_refused(tmp_path):
    path = sf.save({"a": jnp.ones(100)}, tmp_path / "whole.suffice")
    cut = tmp_path / "cut.suffice"
    cut.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ValueError, match="not a whole file"):
        sf.load(cut)
    with pytest.raises(FileNotFoundError):
        sf.load(tmp_path / "none.suffice")


def test_a_lambda_has_no_stored_form(tmp_path):
    with pytest.raises(TypeError, match="lambda"):
        sf.save({"f": lambda x: x}, tmp_path / "f.suffice")
    assert not list(tmp_path.iterdir())


def test_a_prior_that_has_been_used_is_saved(tmp_path):
    """Its transforms hold weak references to their inverses by then."""
    import numpyro.distributions as dist

    prior = sf.Prior(t=dist.LogNormal(0, 1), u=dist.Uniform(0, 1))
    prior.from_unconstrained(prior.to_unconstrained(prior.sample(5, key=0)))
    prior.truncate(np.array([0.1, 0.2]), np.array([3.0, 0.9]))
    sf.save(prior, tmp_path / "prior.suffice")
    again = sf.load(tmp_path / "prior.suffice")
    np.testing.assert_allclose(again.log_prob(prior.sample(5, key=1)), prior.log_prob(prior.sample(5, key=1)))


def test_a_file_of_another_format_is_told_of_in_one_short_sentence(tmp_path):
    path = tmp_path / "other.suffice"
    for written in (2, {"a long": ["text"] * 1000}):
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("tree.json", json.dumps({"format": written, "tree": {}}))
        with pytest.raises(ValueError, match=r"has format .*; this version reads format 1") as told:
            sf.load(path)
        assert len(str(told.value)) < 200 + len(str(path))


def test_a_full_disk_is_said_with_the_name_of_the_file(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(zipfile.ZipFile, "writestr", full)
    with pytest.raises(OSError, match="No space left on device") as caught:
        sf.save({"a": 1}, tmp_path / "model.suffice")
    assert caught.value.filename == str(tmp_path / "model.suffice") and not list(tmp_path.iterdir())
