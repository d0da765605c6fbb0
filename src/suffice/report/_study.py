"""The whole path as one resumable study in a folder."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jax
import numpy as np
from jaxtyping import Array, Float, PyTree

from ..checks import coverage, sbc
from ..core import as_key, KeyLike, since_start
from ..information import Retained, retained
from ..objectives import Ratio
from ..posteriors import posterior
from ..priors import AbstractPrior, EmpiricalPrior
from ..simulate import Simulations
from ..train import Fit, fit, remove_checkpoint
from ._exact import Exact
from ._findings import Findings
from ._fingerprint import fingerprint
from ._question import band, data_in_words, Question
from ._stages import Stages
from ._summaries import summary_network
from ._versions import versions

_CHECKED = 2000  # held-out simulations that the checks look at: their intervals are then about 2 % wide


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
    - `marginals`: groups of parameters, by name or index, whose joint posterior is wanted; by default each
      parameter alone.
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
        simulations.
        """
        stages, prior = Stages(Path(self.folder)), self._prior()
        training, inference, checking, sharing = jax.random.split(as_key(self.key), 4)
        basis = self._basis(prior)
        shown = (basis, self.title, self.about, self.observation, self.truth, self.exact)
        question = stages.run("question", shown, lambda: self._question(prior))
        stages.run("prior", basis, lambda: prior)
        trained = stages.run("model", basis, lambda: self._fit(training, progress, stages))
        remove_checkpoint(self._checkpoint)  # the model stands in its own file from here on
        answer = stages.run(
            "posterior",
            (basis, self.observation),
            lambda: posterior(trained, prior, self.observation, key=inference),
        )
        held_out = _some(self.simulations, trained, _CHECKED)
        covered = stages.run("coverage", basis, lambda: coverage(trained, prior, held_out, key=checking))
        ranks = stages.run("ranks", basis, lambda: sbc(trained, prior, held_out, key=checking))
        kept = stages.run("retained", basis, lambda: self._retained(trained, sharing, progress))
        return Findings(question, trained, answer, covered, ranks, kept, stages.records)

    def _prior(self) -> AbstractPrior:
        if self.prior is not None:
            return self.prior
        return EmpiricalPrior(self.simulations.theta, self.simulations.names)

    def _basis(self, prior: AbstractPrior) -> str:
        """What training and everything after it depends on. Of large data, the parameters stand for the rest."""
        sims = self.simulations
        ends = sims.rows(np.array([0, len(sims) // 2, len(sims) - 1])).x
        data = (sims.theta, sims.names, ends, sims.example)
        return fingerprint((data, prior.describe(), self.summary, self.marginals, self.key, self.settings))

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
            observation=self.observation,
            band=band(sims),
            truth=None if self.truth is None else np.asarray(self.truth),
            exact=self.exact,
            versions=versions(),
        )

    def _fit(self, key: Array, progress: bool, stages: Stages) -> Fit:
        for_network, for_fit = jax.random.split(key)
        objective = Ratio(self._network(for_network), marginals=self.marginals)
        settings = {"test": 0.1, "checkpoint": self._checkpoint, "progress": progress} | self.settings

        def note_start(row: Mapping[str, float]) -> None:
            if row["epoch"] == 1:
                stages.note(first_epoch_after=since_start(), cpu=time.process_time())

        settings["loggers"] = [*settings.get("loggers", ()), note_start]
        return fit(objective, self.simulations, key=for_fit, **settings)

    def _retained(self, trained: Fit, key: Array, progress: bool) -> Retained:
        return retained(trained, self.simulations, key=key, progress=progress, **self.settings)

    @property
    def _checkpoint(self) -> Path:
        return Path(self.folder) / "training.checkpoint"


def _some(sims: Simulations, trained: Fit, most: int) -> Simulations:
    """At most `most` of the simulations that the fit kept apart."""
    return sims[trained.split.test[:most]]
