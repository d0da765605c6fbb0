"""What latents mean, on latents whose meaning is known."""

import numpy as np
import pytest
import sympy

import suffice as sf
from suffice.interpret import dci, evaluated, formula, information, Latents, mutual_information_gap, relevance, rotate

RNG = np.random.default_rng(0)
ALPHA, D = RNG.uniform(0.2, 1.8, 6000), np.exp(RNG.uniform(np.log(1e-5), np.log(1e-2), 6000))
THETA = np.stack([ALPHA, D], axis=1)
NAMES = ("alpha", "D")
T = 400
ONE = np.log(ALPHA * D) + (ALPHA - 1) * np.log(T)
OTHER = np.log(ALPHA * D) - (ALPHA - 1) * np.log(T)


def latents(*columns, noise=0.02):
    """Latents that are those numbers, standardised, and one that sleeps in front of them."""
    awake = np.stack([(c - c.mean()) / c.std() for c in columns], axis=1)
    mean = np.column_stack([np.zeros(len(awake)), awake])
    mean = mean + noise * RNG.normal(size=mean.shape) * (mean.std(axis=0) > 0)
    log_variance = np.column_stack([np.zeros(len(awake)), np.full(awake.shape, np.log(noise**2))])
    return Latents(mean, log_variance, THETA, NAMES)


def test_a_latent_sleeps_or_not():
    found = latents(ONE, OTHER)
    assert sorted(found.active) == [1, 2]
    table = found.activity()
    assert table["active"].tolist() == [False, True, True] and table["kl"][0] == 0
    assert table["var_mu"][1] == pytest.approx(1, abs=0.01)
    assert {"mu_1", "log_sigma2_2", "kl_0", "alpha", "D"} <= set(found.table().columns)
    np.testing.assert_allclose(found.kl[:, 1], 0.5 * (found.mean[:, 1] ** 2 + 4e-4 - 1 - np.log(4e-4)))


def test_the_formula_of_scaled_motion_is_found():
    """log(α D T^(α-1)) is log α + log D + 5.99 α, up to what an invertible map makes of it."""
    twisted = np.tanh(0.3 * (ONE - ONE.mean())) + 0.002 * RNG.normal(size=len(ONE))
    found = formula(twisted, THETA, NAMES)
    assert max(found.r2) > 0.99
    exact = found.expressions[int(np.argmax(found.r2))]
    alpha, d = sympy.symbols("alpha D", real=True)
    slope = [float(exact.subs({alpha: a, d: b})) for a, b in ((1.0, 1e-3), (1.0, 1e-2), (1.5, 1e-3))]
    per_log_d = (slope[1] - slope[0]) / np.log(10)
    wanted = (np.log(1.5) + 0.5 * np.log(T)) / 1.0
    assert (slope[2] - slope[0]) / per_log_d == pytest.approx(wanted, rel=0.03)
    assert list(found.complexity) == sorted(found.complexity) and list(found.r2) == sorted(found.r2)
    assert "expression" in found.table() and str(found)


@pytest.mark.parametrize(("values", "expected"), [(ALPHA, "alpha"), (-np.sqrt(D), "D")])
def test_a_latent_that_is_a_parameter_has_its_name(values, expected):
    noisy = values + 0.01 * values.std() * RNG.normal(size=len(values))
    best = formula(noisy, THETA, NAMES).best
    assert {symbol.name for symbol in best.free_symbols} == {expected}


def test_noise_is_explained_by_nothing():
    found = formula(RNG.normal(size=len(ALPHA)), THETA, NAMES)
    assert max(found.r2) < 0.02 and max(np.abs(found.spearman)) < 0.06


def test_an_expression_along_a_curve_is_found():
    """The second latent is bent by the first: no direction follows it, a polynomial does."""
    log_d = np.log(THETA[:, 1])
    u, v = (log_d - log_d.mean()) / log_d.std(), THETA[:, 0] - THETA[:, 0].mean()
    found = latents(u, v + 0.5 * u**2 - 0.2 * u**3, noise=0.002)
    straight, bent = (rotate(found, "alpha", degree=degree) for degree in (1, 3))
    assert straight.r2 < 0.6 and bent.r2 > 0.99
    z = found.means / found.means.std(axis=0)
    again = sum(w * (z**own).prod(axis=1) for w, own in zip(bent.weights, bent.powers))
    np.testing.assert_allclose(again, bent.along, rtol=1e-6, atol=1e-6)
    with pytest.raises(ValueError, match="degree must be"):
        rotate(found, "alpha", degree=0)


def test_latents_that_were_rotated_are_turned_back():
    c, s = np.cos(0.7), np.sin(0.7)
    one, other = ((v - v.mean()) / v.std() for v in (np.log(D), ALPHA))
    found = latents(c * one + s * other, c * other - s * one)
    for expression, values in (("log(D)", np.log(D)), (sympy.Symbol("alpha"), ALPHA), (lambda t: t[:, 0] ** 2, ALPHA)):
        turned = rotate(found, expression)
        assert turned.r2 > 0.99 and turned.spearman > 0.99
        assert turned.direction[0] == 0 and np.linalg.norm(turned.direction) == pytest.approx(1)
        assert np.corrcoef(turned.along, values)[0, 1] > 0.99
    np.testing.assert_allclose(rotate(found, "log(D)").direction[1:], [c, -s], atol=0.03)
    assert rotate(found, RNG.normal(size=len(D))).r2 < 0.02


@pytest.mark.parametrize(
    ("names", "text", "values"),
    [
        (("gamma", "E"), "log(gamma * E)", np.log(ALPHA * D)),
        (("beta", "I"), "-beta + 2 * sqrt(I) ** 2", 2 * D - ALPHA),
        (("z[0]", "lambda"), "tanh(z[0]) / lambda", np.tanh(ALPHA) / D),
        (("z[0]", "lambda"), "z_0 * 1E3 + lambda", 1e3 * ALPHA + D),
        (("log", "x[0,1]"), "log(log) + pi * x[0,1]", np.log(ALPHA) + np.pi * D),
        (("alpha", "D"), " abs(alpha-1)**(+2) ", (ALPHA - 1) ** 2),
        (("alpha", "D"), 2 * sympy.Symbol("alpha"), 2 * ALPHA),
    ],
)
def test_expressions_are_read_whatever_parameters_are_called(names, text, values):
    np.testing.assert_allclose(evaluated(text, THETA, names), values)


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ('(__import__("pathlib").Path("pwned").write_text("x"), alpha)[1]', "is not understood. Write it of"),
        ("alpha.__class__", "'alpha.__class__' is not understood"),
        ("(lambda: alpha)()", "is not understood"),
        ("[alpha for _ in range(3)]", "the expression has _; the parameters"),
        ("f'{alpha}'", "is not understood"),
        ("eval(alpha)", r"'eval\(alpha\)' is not understood. Write it of numbers"),
        ("log(alpha, 10)", "is not understood"),
        ("alpha if alpha else D", "is not understood"),
        ("True * alpha", "'True' is not understood"),
        ("3", "has no parameter; the parameters are alpha, D"),
        ("9**9**9**9", "has no parameter"),
        (sympy.Integer(3), "has no parameter"),
        ("", "cannot be read"),
        ("alpha" + "+alpha" * 900, "2000 characters"),
        ("-" * 1900 + "alpha", "cannot be read: it is nested too deeply"),
        ("alpha^2", r"a power is written with \*\*, such as alpha\*\*2"),
        ("alpha * I", "the expression has I; the parameters are alpha, D"),
        ("alpha + 9**9**9**9", "not finite for 6000 of 6000 rows"),
        ("log(alpha - 1)", r"not finite for .* of 6000 rows, the first of alpha = "),
        ("alpha - alpha", "is 0 for all series"),
        (lambda theta: theta, r"must give 6000 numbers, one a row of theta, but \(6000, 2\)"),
    ],
)
def test_an_expression_is_read_and_never_executed(expression, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=words):
        rotate(latents(ONE), expression)
    assert not list(tmp_path.iterdir())


def test_too_few_series_to_rotate_and_names_that_come_twice():
    found = latents(ONE, OTHER)
    few = Latents(found.mean[:3], found.log_variance[:3], THETA[:3], NAMES)
    with pytest.raises(ValueError, match=r"at least 40 series .* but 3 came"):
        rotate(few, "alpha")
    with pytest.raises(ValueError, match="name of its own, but a came more than once among a, a"):
        formula(ONE, THETA, ("a", "a"))
    with pytest.raises(TypeError, match="nonsense: options are those of backend='pysr'"):
        formula(ONE, THETA, NAMES, nonsense=3)
    with pytest.raises(ValueError, match=r"z\[0\], z_0 came more than once"):
        evaluated("z_0", THETA, ("z[0]", "z_0"))
    same = Latents(found.mean[:, [0, 1, 1]], found.log_variance, THETA, NAMES)
    with pytest.raises(ValueError, match="linear combinations of one another"):
        rotate(same, "alpha")


def test_relevance_is_the_mutual_information():
    """A latent that is a parameter plus noise, both normal, says ½ log(1 + variance / noise²) of it."""
    a, b = RNG.normal(size=(2, 4000))
    mean = np.stack([a + 0.5 * RNG.normal(size=4000), np.zeros(4000) + 1e-3 * RNG.normal(size=4000)], axis=1)
    found = Latents(mean, np.array([[-1.5, 0.0]] * 4000), np.stack([a, b], axis=1), ("a", "b"))
    options = {"folds": 2, "hidden": (16,), "max_epochs": 25, "progress": False}
    table = relevance(found, **options)
    assert table["active"].tolist() == [True, True, False, False]
    exact = 0.5 * np.log(5)
    told = table.set_index(["latent", "parameter"])["value"]
    assert exact - 0.08 < told[0, "a"] < exact + 0.03
    assert told.drop((0, "a")).abs().max() < 0.03
    joint = information(found, estimator="js", **options)
    assert exact - 0.1 < joint.value < exact + 0.03


@pytest.mark.parametrize("each", [8, 200])
def test_relevance_on_a_grid_needs_no_training(each):
    """Latents that are log D and alpha plus normal noise: exact by quadrature over the grid."""
    alphas, sizes = np.linspace(0.2, 1.8, 9), np.geomspace(1e-5, 1e-2, 7)
    theta = np.repeat([[a, d] for a in alphas for d in sizes], each, axis=0)
    centres = (np.log(theta[:, 1]) / 2.3, 4 * (theta[:, 0] - 1))
    rng = np.random.default_rng(1)
    awake = np.stack([c + 0.3 * rng.normal(size=len(theta)) for c in centres], axis=1)
    mean = np.column_stack([awake, 1e-3 * rng.normal(size=len(theta))])
    found = Latents(mean, np.tile([-2.4, -2.4, 0.0], (len(theta), 1)), theta, NAMES)
    table = relevance(found).set_index(["latent", "parameter"])["value"]
    exact = [exactly_told(np.log(sizes) / 2.3), exactly_told(4 * (alphas - 1))]
    below = 0.25 if each == 8 else 0.05
    assert exact[0] - below < table[0, "D"] < exact[0] + 0.05
    assert exact[1] - below < table[1, "alpha"] < exact[1] + 0.05
    assert table[[(0, "alpha"), (1, "D"), (2, "alpha"), (2, "D")]].abs().max() < 0.03
    joint = information(found)
    assert str(joint).startswith("I(z; theta) >= ")
    assert sum(exact) - 2 * below < joint.value < sum(exact) + 0.05


def exactly_told(centres, noise=0.3):
    """I(c; z) of classes of equal weight, z = centre + noise."""
    z = np.linspace(centres.min() - 3, centres.max() + 3, 20_001)
    p = np.exp(-0.5 * ((z - centres[:, None]) / noise) ** 2) / noise / np.sqrt(2 * np.pi)
    whole = p.mean(axis=0)
    entropy = -(whole * np.log(np.maximum(whole, 1e-300))).sum() * (z[1] - z[0])
    return entropy - 0.5 * np.log(2 * np.pi * np.e * noise**2)


def test_disentanglement_of_one_each_and_of_mixtures():
    apart, mixed = latents(ALPHA, np.log(D)), latents(ONE + OTHER, ONE - OTHER + 3 * np.log(D))
    assert mutual_information_gap(apart) > 0.7 > 0.5 > mutual_information_gap(mixed)
    clean, muddled = dci(apart), dci(mixed)
    assert clean["disentanglement"] > 0.95 and clean["completeness"] > 0.95 and clean["informativeness"] > 0.98
    assert muddled["disentanglement"] < 0.6


def test_what_makes_no_sense_is_refused(monkeypatch):
    asleep = Latents(np.zeros((100, 2)), np.zeros((100, 2)), THETA[:100], NAMES)
    for call in (lambda: rotate(asleep, "alpha"), lambda: information(asleep)):
        with pytest.raises(ValueError, match="no latent is active"):
            call()
    with pytest.raises(ValueError, match="sleeps"):
        formula(np.zeros(100), THETA[:100], NAMES)
    with pytest.raises(ValueError, match="nothing of a latent"):  # a parameter grid with one value
        formula(RNG.normal(size=100), np.ones((100, 2)), NAMES)
    one_value = Latents(latents(ONE).mean[:100], np.zeros((100, 2)), np.tile([0.5, 1.0], (100, 1)), NAMES)
    for score in (mutual_information_gap, dci):
        with pytest.raises(ValueError, match="all series have the same alpha, D, of which no latent"):
            score(one_value)
    with pytest.raises(ValueError, match="the expression has kappa; the parameters are alpha, D"):
        rotate(latents(ONE), "alpha * kappa")
    with pytest.raises(ValueError, match="cannot be read"):
        rotate(latents(ONE), "log(alpha")
    with pytest.raises(TypeError, match="Bottleneck"):
        sf.interpret.latents(sf.Ratio(sf.networks.Linear(3, 2, key=0)), None)
    monkeypatch.setitem(__import__("sys").modules, "pysr", None)
    with pytest.raises(ImportError, match=r"pip install 'suffice\[pysr\]'"):
        formula(ONE, THETA, NAMES, backend="pysr")


def test_pysr_brings_its_front(monkeypatch):
    """Its expressions are scored as ours are; PySR itself needs Julia, so a stand-in answers here."""
    import types

    import pandas as pd

    seen = {}

    class PySRRegressor:
        def __init__(self, **options):
            seen.update(options)

        def fit(self, x, y, variable_names):
            a, d = (sympy.Symbol(name, real=True) for name in variable_names)
            front = [sympy.Float(1.0), sympy.log(d), sympy.log(a * d) + 6 * a]
            self.equations_ = pd.DataFrame({"complexity": [1, 2, 7], "sympy_format": front})

    monkeypatch.setitem(__import__("sys").modules, "pysr", types.SimpleNamespace(PySRRegressor=PySRRegressor))
    found = formula(ONE, THETA, NAMES, backend="pysr", niterations=3)
    assert seen["niterations"] == 3 and found.complexity == (2, 7) and found.r2[1] > 0.999
