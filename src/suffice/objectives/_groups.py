"""Which parameters a ratio is about: groups, by index or by name."""

from collections.abc import Sequence

Member = int | str
Marginals = Sequence[Member | Sequence[Member]] | str | None


def resolve_groups(marginals: Marginals, names: Sequence[str]) -> tuple[tuple[int, ...], ...]:
    """Groups of column numbers.

    `None` and `"autoregressive"` give one group for each parameter, `"joint"` one group of
    all. A name that stands for several columns (`"z"` for `z[0]`, `z[1]`) gives all of them.

    >>> resolve_groups([(0, 1), "c"], ("a", "b", "c"))
    ((0, 1), (2,))
    >>> resolve_groups(["z"], ("z[0]", "z[1]", "t"))
    ((0, 1),)
    """
    if marginals is None or (isinstance(marginals, str) and marginals == "autoregressive"):
        return tuple((i,) for i in range(len(names)))
    if isinstance(marginals, str) and marginals == "joint":
        return (tuple(range(len(names))),)
    if isinstance(marginals, str):
        raise ValueError(f"marginals must be a list of groups, 'joint' or 'autoregressive', but {marginals!r} came")
    groups = []
    for group in marginals:
        members = [group] if isinstance(group, int | str) else list(group)
        columns = tuple(column for member in members for column in _columns(member, names))
        if not columns or len(set(columns)) < len(columns):
            raise ValueError(f"marginals: {group!r} is empty or names a parameter twice")
        groups.append(columns)
    if not groups:
        raise ValueError("marginals is empty; leave it out for one head per parameter")
    return tuple(groups)


def _columns(member: Member, names: Sequence[str]) -> tuple[int, ...]:
    if isinstance(member, str):
        found = tuple(i for i, name in enumerate(names) if name == member or name.startswith(member + "["))
        if not found:
            raise ValueError(f"marginals: no parameter is called {member!r}; known: {', '.join(names)}")
        return found
    if not 0 <= member < len(names):
        raise ValueError(f"marginals: there is no parameter {member}; there are {len(names)}, counted from 0")
    return (member,)
