"""Stages of a study on disk: what is done is kept, what changed is done again.

Every stage has a fingerprint of what it depends on. Its result lies in `NAME.suffice`, its record
(fingerprint, seconds, warnings) in `study.json`; both are written whole and renamed into place, so a killed
study goes on with the first stage that was not finished.
"""

import json
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from ..core import load, save
from ._fingerprint import fingerprint
from ._written_whole import written_whole

T = TypeVar("T")


@dataclass(frozen=True)
class Stages:
    """The stages kept in a folder.

    - `folder`: of the study; made when missing.

    >>> import tempfile
    >>> stages = Stages(Path(tempfile.mkdtemp()))
    >>> stages.run("sum", ("data", 1), lambda: 1 + 1), stages.run("sum", ("data", 1), lambda: 1 + 2)
    (2, 2)
    >>> stages.run("sum", ("other data", 1), lambda: 1 + 2)
    3
    """

    folder: Path

    def run(self, name: str, depends_on: Any, compute: Callable[[], T]) -> T:
        """The kept result of stage `name`, or that of `compute()`, which is then kept.

        - `depends_on`: all that the result depends on, as for `fingerprint`; when it is not what it was,
          the stage is done again.

        Warnings of the stage are shown again when its result is taken from the folder.
        """
        wanted = fingerprint(depends_on)
        if (record := self.records.get(name)) and record["fingerprint"] == wanted and self.path(name).exists():
            for message in record["warnings"]:
                warnings.warn(message, UserWarning, stacklevel=2)
            return self.load(name)
        start = time.perf_counter()
        with _recorded() as messages:
            result = compute()
        self.folder.mkdir(parents=True, exist_ok=True)
        save(result, self.path(name))
        seconds = time.perf_counter() - start
        self._record(name, {"fingerprint": wanted, "seconds": seconds, "warnings": messages})
        return result

    def load(self, name: str) -> Any:
        """The kept result of a stage. **Raises** `ValueError` when there is none."""
        if not self.path(name).exists():
            raise ValueError(
                f"{self.folder} holds no finished study: {self.path(name).name} is missing; "
                f"give the folder that `suffice demo` or `suffice infer` wrote, or run that again to finish it"
            )
        return load(self.path(name))

    def path(self, name: str) -> Path:
        """Where the result of a stage lies."""
        return self.folder / f"{name}.suffice"

    @property
    def records(self) -> dict[str, dict[str, Any]]:
        """What `study.json` says of each stage: fingerprint, seconds, warnings."""
        path = self.folder / "study.json"
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except (ValueError, RecursionError) as error:
            raise ValueError(f"{path} is not what suffice wrote: {error}") from None
        if not (isinstance(found, dict) and all(map(_is_record, found.values()))):
            raise ValueError(f"{path} is not what suffice wrote: it holds no records of stages")
        return found

    def note(self, **seconds: float) -> None:
        """Keep numbers about the program that runs the study, such as when it had its first epoch, in `start.json`."""
        self.folder.mkdir(parents=True, exist_ok=True)
        written_whole(self.folder / "start.json", json.dumps(seconds))

    def _record(self, name: str, record: dict[str, Any]) -> None:
        text = json.dumps({**self.records, name: record}, indent=1)
        written_whole(self.folder / "study.json", text)


def _is_record(record: Any) -> bool:
    kinds = {"fingerprint": str, "seconds": int | float, "warnings": list}
    return isinstance(record, dict) and all(isinstance(record.get(name), kind) for name, kind in kinds.items())


@contextmanager
def _recorded() -> Iterator[list[str]]:
    """Warnings of suffice, kept as text and still shown (each once)."""
    messages: list[str] = []
    with warnings.catch_warnings(record=True) as caught:
        # Only the record is needed from `catch_warnings`; what is an error for the caller stays one.
        yield messages
    for warning in caught:
        if issubclass(warning.category, UserWarning) and str(warning.message) not in messages:
            messages.append(str(warning.message))
        warnings.warn_explicit(warning.message, warning.category, warning.filename, warning.lineno)
