"""`suffice infer`: from a file of simulations and an observation to a checked posterior."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..report import report, Study
from ..simulate import load_simulations, Simulations
from ._folder import refuse_folder
from ._observation import read_observation
from ._options import Infer
from ._outcome import print_outcome


def run(options: Infer) -> None:
    """Read both files, walk the path, write the folder."""
    refuse_folder(options.out)
    sims = read_simulations(options.sims, options.x, options.names)
    observation = read_observation(options.obs, sims.example)
    study = Study(
        options.out,
        sims,
        observation,
        summary=options.summary,
        method=options.posterior,
        marginals=_groups(options.marginals),
        key=options.seed,
        title=options.title or f"Posterior of {options.obs.name}",
        about=f"Learned from the simulations in {options.sims.name} for the observation in {options.obs.name}.",
        settings={"max_epochs": options.max_epochs},
    )
    found = study.run()
    print_outcome(found, report(found, options.out))


def read_simulations(path: Path, x: tuple[str, ...], names: str) -> Simulations:
    """A file of simulations, with what was typed of its data and of the names of its parameters."""
    sims = load_simulations(path)
    if x:
        if not isinstance(sims.x, Mapping):
            raise ValueError(f"--x {x[0]}: {path.name} holds one array of data, called x; leave --x out")
        sims = sims.select(x=x[0] if len(x) == 1 else list(x))
    if names:
        called = tuple(name.strip() for name in names.split(","))
        sims = Simulations(sims.theta, sims.x, names=called, status=sims.status)
    return sims


def _groups(marginals: tuple[str, ...]) -> Any:
    """What `sf.Ratio` calls marginals, from what was typed.

    >>> _groups(()), _groups(("joint",)), _groups(("mass,age", "z[0]"))
    (None, 'joint', [('mass', 'age'), ('z[0]',)])
    """
    if not marginals:
        return None
    if len(marginals) == 1 and marginals[0] in ("joint", "autoregressive"):
        return marginals[0]
    return [tuple(name.strip() for name in group.split(",")) for group in marginals]
