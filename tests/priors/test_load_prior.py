"""Priors from files: names and numbers, and one clear sentence for everything else."""

import jax.numpy as jnp
import numpy as np
import numpyro.distributions as dist
import pytest

import suffice as sf
from suffice.priors._load_prior import _KNOWN

TEXT = """
z: {distribution: Uniform, low: -1, high: 1, shape: 2}
tau: {distribution: LogNormal, loc: 0, scale: 5e-1}   # YAML takes 5e-1 for text
pair: {distribution: MultivariateNormal, loc: [0, 1], covariance_matrix: [[2, 1], [1, 2]]}
sides: {distribution: Normal, loc: [0, 10], scale: 1}
"""
VALUES = {"probs": [0.3, 0.7], "low": 1, "high": 3, "loc": 0, "covariance_matrix": [[1, 0.5], [0.5, 1]]}


def written(tmp_path, text):
    path = tmp_path / "prior.yaml"
    path.write_text(text)
    return path


def test_the_same_prior_as_in_python(tmp_path):
    found = sf.load_prior(written(tmp_path, TEXT))
    same = sf.Prior(
        z=dist.Uniform(-1, 1).expand([2]),
        tau=dist.LogNormal(0, 0.5),
        pair=dist.MultivariateNormal(jnp.array([0.0, 1.0]), jnp.array([[2.0, 1.0], [1.0, 2.0]])),
        sides=dist.Normal(jnp.array([0.0, 10.0]), 1.0),
    )
    assert found.names == same.names
    theta = same.sample(50, key=0)
    np.testing.assert_array_equal(found.sample(50, key=0), theta)
    np.testing.assert_allclose(found.log_prob(theta), same.log_prob(theta), rtol=1e-6)


@pytest.mark.parametrize("kind", _KNOWN)
def test_every_known_distribution_makes_a_prior(kind, tmp_path):
    arguments = {name: VALUES.get(name, 1.5) for name in _KNOWN[kind][1]}
    if kind in ("Dirichlet", "MultivariateNormal"):
        arguments |= {name: [1.5, 2.5] for name in ("concentration", "loc") if name in arguments}
    lines = "".join(f", {name}: {value}" for name, value in arguments.items())
    prior = sf.load_prior(written(tmp_path, f"a: {{distribution: {kind}{lines}}}"))
    theta = prior.sample(20, key=0)
    assert np.isfinite(prior.log_prob(theta)).all()
    assert kind in prior.describe() or kind == "TruncatedNormal"  # numpyro has no class of that name


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "must name parameters"),
        ("- a\n- b", "must name parameters"),
        ("a: [", "not a prior in YAML"),
        (
            "a: {distribution: Normal, loc: 0, scale: 1}\na: {distribution: Normal, loc: 5, scale: 1}",
            "'a' stands twice",
        ),
        ("a: &b {distribution: Normal, loc: 0, scale: 1}\nc: *b", "references"),
        ("a: !!python/object/apply:os.system ['true']", "not a prior in YAML"),
        ("[" * 5000, "not a prior in YAML"),
        ("on: {distribution: Normal, loc: 0, scale: 1}", "must be text, but True came"),
        ("a: 3", "'a': needs 'distribution: NAME'"),
        ("a: {distribution: Norml, loc: 0, scale: 1}", "'Norml' is not known, perhaps Normal; known are Beta"),
        ("a: {distribution: __import__, loc: 0}", "is not known"),
        ("a: {distribution: Normal, loc: 0}", "Normal needs loc, scale, and scale is missing"),
        ("a: {distribution: Normal, loc: 0, scale: 1, low: 3}", "and low is not known"),
        ("a: {distribution: Normal, loc: 0, scale: wide}", "scale must be a finite number.*'wide' came"),
        ("a: {distribution: Normal, loc: 0, scale: .inf}", "scale must be a finite number"),
        ("a: {distribution: Normal, loc: 0, scale: true}", "scale must be a finite number"),
        ("a: {distribution: Normal, loc: [0, [1, 2]], scale: 1}", "same length"),
        ("a: {distribution: Normal, loc: 0, scale: -1}", "'a': .*scale"),
        ("a: {distribution: Uniform, low: 2, high: 1}", "low must be below high, but 2 and 1 came"),
        ("a: {distribution: Uniform, low: 0, high: 1, shape: -2}", "shape must be a whole number"),
    ],
)
def test_what_is_no_prior_is_one_sentence(text, words, tmp_path):
    with pytest.raises(ValueError, match=words) as error:
        sf.load_prior(written(tmp_path, text))
    assert "prior.yaml" in str(error.value)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(FileNotFoundError):
        sf.load_prior(tmp_path / "none.yaml")
