"""All that a finished study found."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..checks import Checks
from ..core import kind_of
from ..posteriors import AbstractDensity
from ..train import Fit
from ._question import Question
from ._stages import Stages


@dataclass(frozen=True)
class Findings:
    """The results of a study's stages; `report` writes them on a page.

    - `question`: what was asked.
    - `fit`, `posterior`: the trained model, and the posterior for the observation.
    - `checks`: of posteriors of simulations that the training did not see, and of the observation.
    - `retained`: how much of the information about each parameter the summary keeps.
    - `records`: of each stage its seconds and warnings.
    """

    question: Question
    fit: Fit
    posterior: AbstractDensity
    checks: Checks
    retained: Any
    records: dict[str, dict[str, Any]]

    @property
    def warnings(self) -> list[str]:
        """What the stages warned of, each once."""
        messages = [message for record in self.records.values() for message in record["warnings"]]
        return list(dict.fromkeys(messages))


def findings(folder: str | Path) -> Findings:
    """The results that a finished study left in `folder`. **Raises** `ValueError` when it is not finished."""
    stages = Stages(Path(folder))
    names = ("question", "model", "posterior", "observed", "retained")
    found = [stages.load(name) for name in names]
    for name, kind, one in (("question", Question, found[0]), ("model", Fit, found[1])):
        if not isinstance(one, kind):
            raise ValueError(f"{stages.path(name)} holds {kind_of(one)}, not the {kind.__name__} of a study")
    return Findings(*found, records=stages.records)
