"""Conditional normalising flows: y as an invertible map of normal noise, with x as condition.

    log q(y | x) = log N(T(y; x); 0, 1) + log |det ∂T/∂y|,

T a stack of shifts and scales, each followed by a rational-quadratic spline (Durkan et al. 2019, arXiv:1906.04032),
either autoregressive (Papamakarios et al. 2017, arXiv:1705.07057) or by coupling (Dinh et al. 2017, arXiv:1605.08803).
The flows themselves are flowjax's. A module here holds nothing but their weights, so that two of them have the same
structure, and that they can be saved; what is fixed is made anew from the sizes.
"""

import functools
import math
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import equinox as eqx
import jax
from jaxtyping import Array, Float

from ..core import as_key, check_whole, initial_normal, KeyLike


class _Sizes(NamedTuple):
    n_x: int
    n_y: int
    kind: str
    layers: int
    knots: int
    width: int
    depth: int
    reach: float


class ConditionalFlow(eqx.Module):
    """log q(y | x) for one pair, and draws of it; with `n_x=0`, a density of y alone.

    **Arguments:**

    - `n_x`, `n_y`: numbers of the condition and of y.
    - `kind`: `"autoregressive"` is the more accurate, `"coupling"` draws faster where y has many numbers.
    - `layers`, `knots`: splines one after the other, and pieces of each.
    - `width`, `depth`: of the perceptron that gives their knots.
    - `reach`: the splines bend between `-reach` and `reach`; further out y is only shifted and scaled, so y should be
      standardised.

    >>> import jax.numpy as jnp
    >>> flow = ConditionalFlow(2, 3, layers=2, width=8, key=0)
    >>> flow.log_prob(jnp.ones(3), jnp.ones(2)).shape, flow.sample(jnp.ones(2), key=1).shape
    ((), (3,))
    """

    weights: tuple[Array, ...]
    sizes: _Sizes = eqx.field(static=True)

    def __init__(
        self,
        n_x: int,
        n_y: int,
        *,
        kind: str = "autoregressive",
        layers: int = 4,
        knots: int = 8,
        width: int = 64,
        depth: int = 1,
        reach: float = 5.0,
        key: KeyLike,
    ):
        self.sizes = ConditionalFlow.checked(n_x, n_y, kind, layers, knots, width, depth, reach)
        self.weights = _initial(self.sizes, as_key(key))

    @staticmethod
    def checked(
        n_x: int, n_y: int, kind: str, layers: int, knots: int, width: int, depth: int, reach: float = 5.0
    ) -> _Sizes:
        """The sizes of a flow. **Raises** `ValueError` for sizes that no flow can have."""
        if kind not in ("autoregressive", "coupling"):
            raise ValueError(f"kind must be 'autoregressive' or 'coupling', but {kind!r} came")
        check_whole(n_y=n_y, layers=layers, knots=knots, width=width, depth=depth)
        check_whole(0, n_x=n_x)
        if not 0 < reach < math.inf:
            raise ValueError(f"reach must be a positive number, but {reach!r} came")
        kind = "autoregressive" if n_y == 1 else kind  # one number has no other half to couple with
        return _Sizes(n_x, n_y, kind, layers, knots, width, depth, reach)

    @property
    def _flow(self) -> Any:
        skeleton = _skeleton(self.sizes)
        return eqx.combine(jax.tree.unflatten(skeleton.structure, self.weights), skeleton.fixed)

    def _condition(self, x: Array | None) -> Array | None:
        n = 0 if x is None else x.shape[-1]
        if n != self.sizes.n_x:
            raise ValueError(f"this flow is conditioned on {self.sizes.n_x} numbers, but {n} came")
        return x if n else None

    def log_prob(self, y: Float[Array, " n_y"], x: Float[Array, " n_x"] | None = None) -> Float[Array, ""]:
        """log q(y | x)."""
        return self._flow.log_prob(y, self._condition(x))

    def sample(self, x: Float[Array, " n_x"] | None = None, *, key: KeyLike) -> Float[Array, " n_y"]:
        """One draw of y given x."""
        return self._flow.sample(as_key(key), condition=self._condition(x))

    def sample_and_log_prob(
        self, x: Float[Array, " n_x"] | None = None, *, key: KeyLike
    ) -> tuple[Float[Array, " n_y"], Float[Array, ""]]:
        """One draw of y given x, and log q(y | x) of it, for the price of the draw."""
        return self._flow.sample_and_log_prob(as_key(key), condition=self._condition(x))

    def transform(self, noise: Float[Array, " n_y"], x: Float[Array, " n_x"] | None = None) -> Float[Array, " n_y"]:
        """What normal noise becomes, given x; of one number, that of the same quantile."""
        return self._flow.bijection.transform(noise, self._condition(x))

    def parameters(self, x: Float[Array, " n_x"]) -> Any:
        """What `given` needs to know of x."""
        return x

    def given(self, parameters: Any, y: Float[Array, " n_y"]) -> Float[Array, ""]:
        """log q(y | x) from the parameters."""
        return self.log_prob(y, parameters)


def _transformer(sizes: _Sizes) -> Any:
    from flowjax.bijections import Affine, Chain, RationalQuadraticSpline

    return Chain([Affine(), RationalQuadraticSpline(knots=sizes.knots, interval=sizes.reach)])


def _made(sizes: _Sizes, transformer: Any, key: Array) -> Any:
    from flowjax.distributions import StandardNormal
    from flowjax.flows import coupling_flow

    from ._autoregressive import autoregressive_flow

    make = autoregressive_flow if sizes.kind == "autoregressive" else coupling_flow
    return make(
        key,
        base_dist=StandardNormal((sizes.n_y,)),
        transformer=transformer,
        cond_dim=sizes.n_x or None,
        flow_layers=sizes.layers,
        nn_width=sizes.width,
        nn_depth=sizes.depth,
        nn_activation=jax.nn.silu,
    )


def _parts(flow: Any) -> tuple[Any, Any]:
    """What is learned, and what is not."""
    from paramax import NonTrainable

    return eqx.partition(flow, eqx.is_inexact_array, is_leaf=lambda leaf: isinstance(leaf, NonTrainable))


class _Skeleton(NamedTuple):
    structure: Any
    fixed: Any
    shapes: tuple[tuple[int, ...], ...]


@functools.lru_cache(maxsize=32)
def _skeleton(sizes: _Sizes) -> _Skeleton:
    """Structure and shapes of the weights, and all that is fixed, permutations included."""
    with ThreadPoolExecutor(1) as outside:  # of whatever is being traced: that is each thread's own
        return outside.submit(_traced_skeleton, sizes).result()


def _traced_skeleton(sizes: _Sizes) -> _Skeleton:
    """The flow is traced, and what is fixed alone computed: drawing weights that nobody asks for takes seconds."""
    transformer, traced = _transformer(sizes), {}

    def fixed_arrays(key: Array) -> Any:
        learned, fixed = _parts(_made(sizes, transformer, key))
        arrays, traced["others"] = eqx.partition(fixed, eqx.is_array)
        leaves, traced["structure"] = jax.tree.flatten(learned)
        traced["shapes"] = tuple(leaf.shape for leaf in leaves)
        return arrays

    fixed = eqx.combine(jax.jit(fixed_arrays)(jax.random.key(0)), _untraced(traced["others"], transformer))
    return _Skeleton(traced["structure"], fixed, traced["shapes"])


def _untraced(others: Any, transformer: Any) -> Any:
    """What makes a transformer of a network's numbers holds those that it begins from: with them as numbers."""
    from flowjax.utils import get_ravelled_pytree_constructor
    from paramax import NonTrainable

    def fixed(leaf: Any) -> bool:
        return isinstance(leaf, NonTrainable)

    constructor, _ = get_ravelled_pytree_constructor(transformer, filter_spec=eqx.is_inexact_array, is_leaf=fixed)
    name = constructor.__qualname__
    return jax.tree.map(lambda leaf: constructor if getattr(leaf, "__qualname__", "") == name else leaf, others)


def _initial(sizes: _Sizes, key: Array) -> tuple[Array, ...]:
    """Normal weights of each layer's size, those of the last a hundredth of it, and no biases: nearly the identity.

    They come from one draw, for compiling one for each shape takes seconds.
    """
    shapes = _skeleton(sizes).shapes
    draws = initial_normal(key, (sum(map(math.prod, shapes)),))
    weights, start = [], 0
    for i, shape in enumerate(shapes):
        size = math.prod(shape)
        last = i >= len(shapes) - 2
        gain = (0.01 if last else math.sqrt(2.0)) / math.sqrt(shape[-1]) if len(shape) == 3 else 0.0
        weights.append(gain * draws[start : start + size].reshape(shape))
        start += size
    return tuple(weights)
