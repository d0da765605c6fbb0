"""The whole path as one resumable study in a folder."""

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jax
import numpy as np
from jaxtyping import Array, Float, PyTree

from ..checks import all as all_checks, Checks, of_observation
from ..core import as_key, KeyLike, since_start
from ..objectives import Gaussian
from ..posteriors import posterior
from ..priors import AbstractPrior, EmpiricalPrior
from ..simulate import Simulations, Status
from ..train import AbstractObjective, Fit, fit, remove_checkpoint
from ._allowance import LOCAL, together
from ._exact import Exact
from ._findings import Findings
from ._fingerprint import fingerprint
from ._kept import kept
from ._methods import check_method, CHECKED, learns_summary, METHODS
from ._question import band, data_in_words, Question
from ._stages import Stages
from ._summaries import summary_network
from ._versions import versions

_CHECKED = 2000  # held-out simulations that the checks look at: their intervals are then about 2 % wide
_TEST, _FEWEST = 0.1, 100  # the share that is kept apart, and how many rows that must be
_CROWD = 200  # so many at least tell what distances from other simulations are usual


@dataclass(frozen=True)
class Study:
    """From simulations and an observation to a checked posterior, kept in a folder stage by stage.

    `run()` does what is missing: a study that was killed goes on where it stopped (training from its last
    epoch), another observation reuses the training and its checks.

    - `folder`: where the results lie; made when missing.
    - `simulations`: parameters and data.
    - `observation`: the observed data, shaped as one simulation.
    - `prior`: that the simulations were drawn from; by default estimated from their parameters.
    - `summary`: name of a network (see `summary_network`), or any `x -> s` for one example.
    - `method`: how the posterior is learned: `"ratio"`, `"flow"`, `"gaussian"` or `"likelihood"`.
    - `marginals`: groups of parameters, by name or index, whose joint posterior is wanted; by default each
      parameter alone. For ratios; the others are always of all parameters together.
    - `key`: an int or a JAX key; the same key gives the same results.
    - `title`, `about`: heading and first sentence of the page.
    - `truth`, `exact`: the parameters behind the observation `(p,)` and its exact posterior, where they are known;
      they are shown beside the posterior and used nowhere else.
    - `settings`: passed on to `sf.fit`, such as `max_epochs`.
    """

    folder: str | Path
    simulations: Simulations
    observation: PyTree
    prior: AbstractPrior | None = None
    summary: str | Callable[[Any], Any] = "mlp"
    method: str = "ratio"
    marginals: Any = None
    key: KeyLike = 0
    title: str = "Posterior from simulations"
    about: str = ""
    truth: Float[Array | np.ndarray, "p"] | None = None
    exact: Exact | None = None
    settings: dict[str, Any] = field(default_factory=dict)

    def run(self, *, progress: bool = True) -> Findings:
        """Do all stages that are not done yet. `progress`: show bars on standard error.

        **Raises** `ValueError` before any training when observation, summary or marginals do not fit the
        simulations, and for fewer of them than the checks need.
        """
        stages, prior = Stages(Path(self.folder)), self._prior()
        check_method(self.method, self.marginals, prior)
        if not stages.path("model").exists():
            self._refuse_few()
        training, inference, checking, sharing = jax.random.split(as_key(self.key), 4)
        basis = self._basis(prior)
        # First, since what cannot be trained on is refused there: a folder is made for what can.
        trained = self._trained(stages, basis, prior, training, progress)
        shown = (basis, self.title, self.about, self.observation, self.truth, self.exact)
        question = stages.run("question", shown, lambda: self._question(prior))
        stages.run("prior", basis, lambda: prior)
        asked = (basis, self.observation)
        answer = stages.run("posterior", asked, lambda: posterior(trained, prior, self.observation, key=inference))
        held_out = self.simulations[trained.split.test[: CHECKED.get(self.method, _CHECKED)]]
        checks = stages.run("checks", basis, lambda: all_checks(trained, prior, held_out, key=checking))
        # Summaries of rows that were trained on may lie closer together than those of new ones.
        crowd = held_out if len(held_out) >= _CROWD else self.simulations

        def observed() -> Checks:
            seen = (prior, crowd, self.observation)
            return together(of_observation(checks, trained, *seen, confidence=LOCAL, key=checking))

        allowed = stages.run("observed", asked, observed)
        settings = {"progress": progress, "settings": self.settings}
        share = stages.run("retained", basis, lambda: kept(trained, self.simulations, key=sharing, **settings))
        return Findings(question, trained, answer, allowed, share, stages.records)

    def _prior(self) -> AbstractPrior:
        if self.prior is not None:
            return self.prior
        return EmpiricalPrior(self.simulations.theta, self.simulations.names)

    def _refuse_few(self) -> None:
        """Before anything is trained: what the summary keeps is measured on rows that nothing was learned from."""
        share, usable = self.settings.get("test", _TEST), int((self.simulations.status == Status.OK).sum())
        if share * usable < _FEWEST and 2 * usable >= len(self.simulations):  # of more failures the fit tells
            raise ValueError(
                f"{usable} usable simulations came, but at least {math.ceil(_FEWEST / max(share, 1e-9))} are needed: "
                f"{_FEWEST} of them, a share of {share:g}, are kept apart for the checks; make more"
            )

    def _basis(self, prior: AbstractPrior) -> str:
        """What training and everything after it depends on. Of large data, the parameters stand for the rest."""
        sims = self.simulations
        ends = sims.rows(np.array([0, len(sims) // 2, len(sims) - 1])).x
        data = (sims.theta, sims.names, ends, sims.example)
        choices = (self.summary, self.method, self.marginals, self.key, self.settings)
        return fingerprint((data, prior.describe(), choices))

    def _network(self, key: Array) -> Callable[[Any], Any]:
        if callable(self.summary):
            return self.summary
        return summary_network(self.summary, self.simulations.example, len(self.simulations.names), key=key)

    def _question(self, prior: AbstractPrior) -> Question:
        sims = self.simulations
        summary = self.summary if isinstance(self.summary, str) else type(self.summary).__name__
        return Question(
            title=self.title,
            about=self.about,
            names=tuple(sims.names),
            prior=prior.describe(),
            simulations=len(sims),
            failed=len(sims.failures),
            data=data_in_words(sims.example),
            summary=summary,
            method=self.method,
            observation=self.observation,
            band=band(sims),
            truth=None if self.truth is None else np.asarray(self.truth),
            exact=self.exact,
            versions=versions(),
        )

    def _trained(self, stages: Stages, basis: str, prior: AbstractPrior, key: Array, progress: bool) -> Fit:
        """The model; for one that takes a trained summary, that is trained first, by a normal posterior."""
        for_network, for_fit = jax.random.split(key)

        def train(objective: AbstractObjective, first: bool) -> Fit:
            name = type(objective).__name__.lower()
            checkpoint = Path(self.folder) / f"training-{name}-{basis[:8]}.checkpoint"
            settings = {"test": _TEST, "checkpoint": checkpoint, "progress": progress} | self.settings
            settings["loggers"] = [*settings.get("loggers", ()), *([_note_start(stages)] if first else [])]
            return fit(objective, self.simulations, key=for_fit, **settings)

        first = learns_summary(self.method)
        if first:
            network = lambda: self._network(for_network)  # noqa: E731
        else:
            learn = lambda: train(Gaussian(self._network(for_network), prior), True)  # noqa: E731
            learned = stages.run("summary", basis, learn)
            network = lambda: learned.objective.summary  # noqa: E731
        objective = METHODS.get(self.method)
        trained = stages.run("model", basis, lambda: train(objective(network(), prior, self.marginals), first))
        for left in Path(self.folder).glob("training-*.checkpoint"):
            remove_checkpoint(left)  # the model stands in its own file from here on
        return trained


def _note_start(stages: Stages) -> Callable[[Mapping[str, float]], None]:
    """A logger that keeps when the program had its first epoch."""

    def note(row: Mapping[str, float]) -> None:
        if row["epoch"] == 1:
            stages.note(first_epoch_after=since_start(), cpu=time.process_time())

    return note
