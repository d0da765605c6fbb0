"""Information from ratios against known mutual information."""

import numpy as np
import pytest
from scipy import stats

import suffice as sf
from suffice.information._ratio_bound import influences, lower_bound


def exact_pairs(n, rho, rng):
    s = rng.normal(size=n)
    theta = rho * s + np.sqrt(1 - rho**2) * rng.normal(size=n)
    return stats.norm.logpdf(theta[None], rho * s[:, None], np.sqrt(1 - rho**2)) - stats.norm.logpdf(theta)[None]


@pytest.mark.parametrize("rho", [0.0, 0.5, 0.9])
def test_the_interval_covers_the_known_information(rho):
    """With the exact ratio the bound has no slack, so 95 % of intervals hold −½ log(1 − ρ²)."""
    rng, known, held = np.random.default_rng(0), -0.5 * np.log(1 - rho**2), 0
    for _ in range(200):
        found = lower_bound(influences(exact_pairs(300, rho, rng)), "")
        held += found.low - 1e-9 <= known <= found.high + 1e-9
    assert held >= 180


def test_a_wrong_ratio_gives_less():
    rng = np.random.default_rng(1)
    pairs = exact_pairs(2000, 0.9, rng)
    exact = influences(pairs).mean()
    for wrong in (pairs + 0.5, pairs - 0.5, 0.7 * pairs, 1.3 * pairs):
        assert influences(wrong).mean() < exact - 0.02


def test_a_sufficient_summary_keeps_all(regression):
    kept = sf.retained(regression.fit, regression.sims, key=0, max_epochs=6, progress=False)
    exact = regression.process.exact_information(key=1)
    for name, information, share in zip(kept.groups, kept.summary, kept.share):
        assert information.kind == "lower"
        assert information.low < exact[name].value < information.high + 0.05
        assert share.value > 0.98 and share.low > 0.95
        assert share.low < share.value <= share.high <= 1.0
    table = kept.table()
    assert list(table.parameter) == ["z[0]", "z[1]", "z[2]"]


def test_a_poor_summary_is_seen_to_lose(regression):
    """The first half of the bins alone: theta is known less well, by a known factor."""
    objective = sf.Ratio(lambda x: x[:4].mean()[None])
    fit = sf.fit(objective, regression.sims, key=0, test=0.2, max_epochs=10, progress=False)
    kept = sf.retained(fit, regression.sims, key=1, max_epochs=15, progress=False)
    exact = regression.process.exact_information(key=2)
    for share, data, name in zip(kept.share, kept.data, kept.groups):
        assert share.high < 0.5
        assert data.value > exact[name].value - 0.15


def test_without_unseen_rows_it_says_what_to_do(regression):
    fit = sf.fit(sf.Ratio(lambda x: x[:3]), regression.sims, key=0, max_epochs=1, progress=False)
    with pytest.raises(ValueError, match=r"test=0\.1, or pass held_out"):
        sf.retained(fit, regression.sims, key=0, progress=False)
    with pytest.raises(ValueError, match="at least 100"):
        sf.retained(fit, regression.sims, key=0, held_out=regression.fresh[np.arange(50)], max_epochs=1, progress=False)
