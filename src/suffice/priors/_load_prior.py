"""A prior from a file that holds names and numbers only.

mass:                      # a parameter by its name
  distribution: LogNormal  # one of those below, as `numpyro.distributions` call them
  loc: 0
  scale: 0.5
position:
  distribution: Uniform
  low: -1
  high: 1
  shape: 3                 # position[0], position[1], position[2]
"""

import difflib
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpyro.distributions as dist
import yaml

from ..core import refuse_pipe
from ._prior import Prior

# Distributions that may stand in a file, and all of their arguments. No name in a file is looked up anywhere else.
_KNOWN: dict[str, tuple[Callable[..., Any], tuple[str, ...]]] = {
    "Beta": (dist.Beta, ("concentration1", "concentration0")),
    "Categorical": (dist.CategoricalProbs, ("probs",)),
    "Cauchy": (dist.Cauchy, ("loc", "scale")),
    "Dirichlet": (dist.Dirichlet, ("concentration",)),
    "DiscreteUniform": (dist.DiscreteUniform, ("low", "high")),
    "Exponential": (dist.Exponential, ("rate",)),
    "Gamma": (dist.Gamma, ("concentration", "rate")),
    "Gumbel": (dist.Gumbel, ("loc", "scale")),
    "HalfCauchy": (dist.HalfCauchy, ("scale",)),
    "HalfNormal": (dist.HalfNormal, ("scale",)),
    "InverseGamma": (dist.InverseGamma, ("concentration", "rate")),
    "Laplace": (dist.Laplace, ("loc", "scale")),
    "Logistic": (dist.Logistic, ("loc", "scale")),
    "LogNormal": (dist.LogNormal, ("loc", "scale")),
    "LogUniform": (dist.LogUniform, ("low", "high")),
    "MultivariateNormal": (dist.MultivariateNormal, ("loc", "covariance_matrix")),
    "Normal": (dist.Normal, ("loc", "scale")),
    "Pareto": (dist.Pareto, ("scale", "alpha")),
    "StudentT": (dist.StudentT, ("df", "loc", "scale")),
    "TruncatedNormal": (dist.TruncatedNormal, ("loc", "scale", "low", "high")),
    "Uniform": (dist.Uniform, ("low", "high")),
    "Weibull": (dist.Weibull, ("scale", "concentration")),
}
_DEEPEST = 2  # a matrix is a list of lists
_LARGEST = 2**20


def load_prior(path: str | Path) -> Prior:
    """The prior that a YAML file describes: for each parameter a distribution, its arguments, and perhaps a shape.

    No code is run: the file holds names and numbers. A value is a number, a list of numbers for several columns, or a
    list of lists for a matrix; `shape: 3` or `shape: [2, 2]` gives as many columns that are alike.

    **Raises** `ValueError` for a file that is not of this form, a distribution that is not known, and arguments that
    are missing, unknown or not allowed; `FileNotFoundError`.

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "prior.yaml"
    >>> _ = path.write_text("z: {distribution: Uniform, low: -1, high: 1, shape: 2}")
    >>> print(load_prior(path).describe())
    z[0], z[1] ~ Uniform(low=-1, high=1)
    """
    path = Path(path)
    content = _content(path)
    if not isinstance(content, dict) or not content:
        raise ValueError(
            f"{path} must name parameters, each with its distribution, such as "
            "'mass: {distribution: Normal, loc: 0, scale: 1}'"
        )
    found = {}
    for name, entry in content.items():
        if not isinstance(name, str) or not name:
            raise ValueError(f"{path}: a parameter's name must be text, but {name!r} came; put it in quotes")
        try:
            found[name] = _distribution(entry)
        except (ValueError, TypeError) as error:
            raise ValueError(f"{path}, parameter {name!r}: {error}") from None
    return Prior(found)


def _content(path: Path) -> Any:
    refuse_pipe(path)
    if path.is_file() and path.stat().st_size > _LARGEST:
        raise ValueError(f"{path} has {path.stat().st_size} bytes, too many for a description of a prior")
    try:
        text = path.read_text()
        _refuse_double(yaml.compose(text, Loader=yaml.SafeLoader), set())
        return yaml.safe_load(text)
    except (yaml.YAMLError, UnicodeDecodeError, ValueError, RecursionError) as error:
        why = " ".join(str(error).split())[:200] or type(error).__name__
        raise ValueError(f"{path} is not a prior in YAML: {why}") from None


def _refuse_double(node: Any, seen: set[int]) -> None:
    """References, which can make a small file a huge value, and names that stand twice: the first would be lost."""
    if id(node) in seen:
        raise ValueError("references (*name) are not used here")
    seen.add(id(node))
    if isinstance(node, yaml.MappingNode):
        names = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        twice = [name for name in names if names.count(name) > 1]
        if twice:
            raise ValueError(f"{twice[0]!r} stands twice")
    for part in node.value if isinstance(node, yaml.CollectionNode) else ():
        for each in part if isinstance(part, tuple) else (part,):
            _refuse_double(each, seen)


def _distribution(entry: Any) -> Any:
    if not isinstance(entry, dict) or not isinstance(entry.get("distribution"), str):
        raise ValueError("needs 'distribution: NAME' and the arguments of that distribution")
    kind = entry["distribution"]
    if kind not in _KNOWN:
        near = difflib.get_close_matches(kind, _KNOWN, 1)
        meant = f", perhaps {near[0]}" if near else ""
        raise ValueError(f"distribution {kind!r} is not known{meant}; known are {', '.join(_KNOWN)}")
    make, names = _KNOWN[kind]
    values = {str(name): value for name, value in entry.items() if name not in ("distribution", "shape")}
    missing, unknown = [n for n in names if n not in values], [n for n in values if n not in names]
    if missing or unknown:
        told = f"{', '.join(missing)} is missing" if missing else f"{', '.join(unknown)} is not known"
        raise ValueError(f"{kind} needs {', '.join(names)}, and {told}")
    numbers = {name: _numbers(name, values[name]) for name in names}
    if "low" in numbers and not (np.asarray(numbers["low"]) < np.asarray(numbers["high"])).all():
        raise ValueError(f"low must be below high, but {values['low']} and {values['high']} came")
    shape = _shape(entry.get("shape", ()))
    made = make(**numbers, validate_args=True)
    return made.expand(shape) if shape else made


def _numbers(name: str, value: Any) -> Any:
    """A number, or nested lists of them as an array. YAML takes `1e-3` for text, so text that is a number is one."""

    def plain(item: Any, depth: int) -> Any:
        if isinstance(item, list) and depth < _DEEPEST and item:
            return [plain(each, depth + 1) for each in item]
        try:
            number = float(item) if isinstance(item, int | float | str) and not isinstance(item, bool) else math.nan
        except (ValueError, OverflowError):
            number = math.nan
        if not math.isfinite(number):
            raise ValueError(f"{name} must be a finite number or a list of numbers, but {str(item)[:40]!r} came")
        return number

    found = plain(value, 0)
    try:
        return np.asarray(found, float) if isinstance(found, list) else found
    except ValueError:
        raise ValueError(f"the lists in {name} must have the same length") from None


def _shape(value: Any) -> tuple[int, ...]:
    sizes = tuple(value) if isinstance(value, list | tuple) else (value,)
    if not all(isinstance(size, int) and not isinstance(size, bool) and size > 0 for size in sizes):
        raise ValueError(f"shape must be a whole number above 0 or a list of them, but {value!r} came")
    return sizes
