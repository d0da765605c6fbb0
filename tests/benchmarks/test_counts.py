"""What profiling and growth count, against answers known beforehand."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from benchmarks import growth, profiling, profiling_tasks, sbi_time


def test_products_counted_by_hand_are_those_that_xla_counts():
    sizes, rows = (10, 128, 64, 2), 500
    weights = [jnp.ones((a, b)) for a, b in itertools.pairwise(sizes)]

    def loss(weights, x):
        for weight in weights:
            x = x @ weight
        return x.sum()

    # The gradient of a linear network needs no value of the loss: the last product forward is left out.
    counted = jax.jit(jax.grad(loss)).lower(weights, jnp.ones((rows, 10))).compile().cost_analysis()["flops"]
    assert profiling_tasks.dense(rows, *sizes) == pytest.approx(counted + 2 * rows * 64 * 2, rel=0.02)


PROGRAM = """
%fused_computation.1 (param_0: f32[4,4]) -> f32[4,4] {
  %param_0 = f32[4,4]{1,0} parameter(0)
  ROOT %dot.1 = f32[4,4]{1,0} dot(%param_0, %param_0), lhs_contracting_dims={1}
}

ENTRY %main.3 (p: f32[4,4]) -> f32[4,4] {
  %p = f32[4,4]{1,0} parameter(0)
  %ynn_fusion.1 = f32[4,4]{1,0} fusion(%p), kind=kCustom, calls=%fused_computation.1
  %sort.0 = (f32[4]{0}, s32[4]{0}) sort(%a, %b), dimensions={0}
  ROOT %add.2 = f32[4,4]{1,0} add(%ynn_fusion.1, %p)
}
"""


def test_a_fused_product_counts_as_one():
    holds = profiling.contents(PROGRAM)
    kinds = [profiling.kind_of(holds[name]) for name in ("ynn_fusion.1", "sort.0", "add.2")]
    assert kinds == ["matrix products and what is fused with them", "sorting", "element by element"]


def test_the_exponent_is_that_of_the_last_two_points():
    sizes = (10, 100, 1000)
    assert growth.exponent(sizes, [5.0, 5.0 + 100**1.5, 1000**1.5 + 0.0]) < 1.5
    assert growth.exponent(sizes, [0.0, 2 * 100**0.7, 2 * 1000**0.7]) == pytest.approx(0.7)


def test_growth_says_where_it_is_not_linear():
    def points(power):
        return [dict.fromkeys((*growth.TIMES, "memory"), float(n) ** power) for n in growth.AXES["data"]]

    assert "**not reached**" not in growth.body({"data/Ratio": points(1.0)})
    assert "**not reached**; the largest is 1.30" in growth.body({"data/Ratio": points(1.3)})


def test_the_comparison_with_sbi_needs_both_a_third_of_the_seconds_and_no_worse_a_test():
    def run(cpu):
        return dict.fromkeys(("wall", "epochs", "first", "gigabytes"), 1.0) | {"cpu": cpu, "second": 0.5}

    runs = {"suffice": [run(10.0)], "nsf": [run(31.0)], "maf": [run(29.0)]}
    told = sbi_time.verdicts(list(runs), runs, {"suffice": [[0.55]], "nsf": [[0.54]], "maf": [[0.6]]}).split("\n\n")
    assert "3.1 times our CPU seconds, compiling included (to reach 3: reached)" in told[0]
    assert "C2ST 0.540 and ours 0.550 (the same or better: **not reached**)" in told[0]
    assert "(to reach 3: **not reached**)" in told[1] and "(the same or better: reached)" in told[1]
    assert "at most 0.50 s (under 1 s: reached)" in told[2]


def test_the_figure_of_growth_is_drawn(tmp_path):
    found = {
        f"{axis}/{objective}": [
            dict.fromkeys((*growth.TIMES, "memory"), 1e-3 * float(np.sqrt(n))) for n in growth.AXES[axis]
        ]
        for axis, objective in growth.LINES
    }
    growth.draw(found, tmp_path / "growth.png")
    assert (tmp_path / "growth.png").stat().st_size > 10_000
