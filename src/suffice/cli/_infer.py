"""`suffice infer`: from a file of simulations and an observation to a checked posterior."""

from typing import Any

from ..report import report, Study
from ..simulate import load_simulations, Simulations
from ._observation import read_observation
from ._options import Infer, Train
from ._outcome import print_outcome


def run(options: Infer) -> None:
    """Read both files, walk the path, write the folder."""
    sims = _simulations(options)
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


def _simulations(options: Infer | Train) -> Simulations:
    sims = load_simulations(options.sims)
    if options.x:
        sims = sims.select(x=options.x[0] if len(options.x) == 1 else list(options.x))
    if options.names:
        names = tuple(name.strip() for name in options.names.split(","))
        sims = Simulations(sims.theta, sims.x, names=names, status=sims.status)
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
