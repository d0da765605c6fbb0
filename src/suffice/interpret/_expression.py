"""Numbers from an expression of the parameters that somebody typed.

Nothing of the text is executed: Python's grammar takes it apart, and what is not a number, a parameter, an operation or
a function of the list below is refused.
"""

import ast
import keyword
import operator
import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float

_LONGEST = 2000
_OPERATIONS: dict[type, Callable[..., Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
    ast.UAdd: operator.pos,
    ast.USub: operator.neg,
}
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    **{name: getattr(np, name) for name in ("abs", "exp", "expm1", "log", "log1p", "log2", "log10", "sqrt", "sign")},
    **{name: getattr(np, name) for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh")},
    **{f"a{name}": getattr(np, f"arc{name}") for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh")},
    "Abs": np.abs,
}


def safe_names(names: Sequence[str]) -> tuple[str, ...]:
    """Names as symbols have them: brackets and other signs become underscores.

    **Raises:** `ValueError` where two parameters have one name.

    >>> safe_names(["alpha", "z[0]", "z[0,1]"])
    ('alpha', 'z_0', 'z_0_1')
    """
    safe = tuple(re.sub(r"\W+", "_", name).rstrip("_") or "_" for name in names)
    twice = sorted({name for name, own in zip(names, safe) if safe.count(own) > 1})
    if twice:
        raise ValueError(
            f"every parameter must have a name of its own, but {', '.join(twice)} came more than once among "
            f"{', '.join(names)} (brackets count as underscores); give other names"
        )
    return safe


def read_expression(
    text: str, theta: Float[np.ndarray, "n p"], names: Sequence[str]
) -> Float[np.ndarray, "n"] | np.float64:
    """Values of the expression; a parameter is written as it is called, or with underscores in place of brackets.

    >>> read_expression("log(z[0]) + lambda**2", np.array([[1.0, 3.0]]), ["z[0]", "lambda"]).tolist()
    [9.0]
    """
    columns = dict(zip(safe_names(names), theta.T))
    places = {f"_parameter_{i}_": column for i, column in enumerate(theta.T)}
    odd = {name: place for name, place in zip(names, places) if not name.isidentifier() or keyword.iskeyword(name)}
    tree = _tree(_with_places(text, odd), text, names)
    known = {**columns, **dict(zip(names, theta.T)), **places}
    found = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    functions = {node.func for node in ast.walk(tree) if isinstance(node, ast.Call)}
    called = {node.id for node in functions if isinstance(node, ast.Name)}
    foreign = sorted(found - set(known) - called - {"pi"})
    if foreign:
        raise ValueError(f"the expression has {', '.join(foreign)}; the parameters are {', '.join(names)}")
    if not (found & set(known)):
        raise ValueError(f"the expression {text!r} has no parameter; the parameters are {', '.join(names)}")
    try:
        with np.errstate(all="ignore"):
            return _value(tree, {"pi": np.float64(np.pi)} | known, text, names)
    except RecursionError:
        raise ValueError(f"the expression {text[:60]!r} cannot be read: it is nested too deeply") from None


def _with_places(text: str, odd: dict[str, str]) -> str:
    """Names that Python's grammar would not read as one, such as `z[0]` and `lambda`, replaced."""
    if not odd:
        return text
    one_of = "|".join(re.escape(name) for name in sorted(odd, key=len, reverse=True))
    return re.sub(rf"(?<!\w)(?:{one_of})(?!\w)", lambda found: odd[found.group()], text)


def _tree(text: str, written: str, names: Sequence[str]) -> ast.expr:
    if len(text) > _LONGEST:
        raise ValueError(f"an expression may have {_LONGEST} characters, but one of {len(text)} came")
    try:
        return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as fault:
        deep = isinstance(fault, RecursionError | MemoryError)
        why = "it is nested too deeply" if deep else str(getattr(fault, "msg", fault))
        raise ValueError(f"the expression {written!r} cannot be read: {why}. {_how(names)}") from None


def _value(node: ast.expr, known: dict[str, Any], text: str, names: Sequence[str]) -> Any:
    def of(part: ast.expr) -> Any:
        return _value(part, known, text, names)

    match node:
        case ast.Constant(value=bool()):
            pass
        case ast.Constant(value=int() | float() as value):
            return np.float64(value)
        case ast.Name(id=name):
            return known[name]
        case ast.UnaryOp(op=op, operand=operand) if type(op) in _OPERATIONS:
            return _OPERATIONS[type(op)](of(operand))
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATIONS:
            return _OPERATIONS[type(op)](of(left), of(right))
        case ast.BinOp(op=ast.BitXor()):
            raise ValueError(f"the expression {text!r} has ^; a power is written with **, such as {names[0]}**2")
        case ast.Call(func=ast.Name(id=name), args=[argument], keywords=[]) if name in _FUNCTIONS:
            return _FUNCTIONS[name](of(argument))
    part = ast.unparse(node)
    raise ValueError(f"in the expression {text!r}, {part!r} is not understood. {_how(names)}")


def _how(names: Sequence[str]) -> str:
    return (
        f"Write it of numbers, the parameters as they are called ({', '.join(names)}), + - * / **, parentheses, pi, "
        f"and functions of one argument: {', '.join(sorted(_FUNCTIONS))}"
    )
