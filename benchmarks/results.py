"""`benchmarks/RESULTS.md`: each script replaces its own section and leaves the others."""

import os
import re
from collections.abc import Sequence
from pathlib import Path

from benchmarks import measure
from benchmarks.registry import BENCHMARKS

# What `python -m benchmarks run` tells the scripts it runs: another page to write, and itself.
PAGE, COMMAND = "SUFFICE_BENCHMARKS_PAGE", "SUFFICE_BENCHMARKS_COMMAND"
TARGET = Path(os.environ.get(PAGE, Path(__file__).parent / "RESULTS.md"))
# In the order in which they stand on the page.
SECTIONS = {
    "regression": "Linear regression: accuracy and time against swyft",
    "epoch": "One epoch of the same network",
    "outliers": "Linear regression with outliers",
    "demo": "The demo, cold",
    "start": "The demo's first epoch, with and without what was compiled before",
    "truncation": "Truncation",
    "lynx_hare": "Lynx and hare",
    "files": "A user's file",
    "shards": "A store larger than memory",
    "fisher": "Fisher information: ten Gaussian draws",
    "fisher_known": "Fisher information: fields, noise with a nuisance, exponential and gamma draws",
    "likelihood_free": "Likelihood-free posteriors",
    "mutual_information": "Mutual information: a bivariate normal, beside torch_mist",
    "beyond_normal": "Mutual information: the 40 tasks of Beyond Normal",
    "beyond_normal_seeds": "Mutual information: lower limits over 20 seeds",
    "infomax": "InfoMax and bottlenecks: what three numbers keep",
    "compare": "Comparison of summaries: five objectives on the mean and variance of draws, where all is known",
    "compare_line": "Comparison of summaries: the same on a linear regression",
    "missing": "What a summary misses: how often it is claimed, and found",
    "real_tables": "Mutual information of real tables: iris and wine",
    "trajectories": "Trajectories: a bottleneck beside exact likelihoods and SPIVAE",
    "tracks": "Tracks: exponents of 500 tracks with localisation noise",
    "starts": "Flow posteriors: before training and after",
    "decay": "Flow posteriors: weight decay that follows the overfitting",
    "sbibm": "Flow posteriors: the ten tasks of sbibm",
    "calibration": "Calibration: joint coverage of ensembles",
    "calibration_exact": "Calibration: what regions hold of exact posteriors",
    "fuzz": "Fuzzing: ten minutes over every reader",
    "sbi_time": "Flow posteriors: time beside sbi",
    "profiling": "What a training step waits for",
    "growth": "Growth: time and memory against size",
}
HEAD = """# Measured

Beneath each section stands the one command that measures it again, then what wrote it last: the script, the day, the
machine and the versions. `benchmarks/README.md` says what each measures. CPU seconds are those of all threads of a
fresh process, imports and compilation included unless said otherwise.
"""


def write(name: str, command: str, body: str, *more: str) -> None:
    """Replace one section.

    Args:
        name: which, one of `SECTIONS`.
        command: the command that gives it.
        body: Markdown.
        more: packages whose versions count here besides the usual ones.
    """
    by = " by ".join(["last", *([f"`{os.environ[COMMAND]}`"] if COMMAND in os.environ else []), f"`{command}`"])
    told = [f"`{again(name)}`", by, measure.today(), measure.machine(), measure.versions(*more)]
    text = TARGET.read_text() if TARGET.exists() else ""
    kept = {key: section(text, key) for key in SECTIONS}
    kept[name] = f"{body.strip()}\n\n{' · '.join(told)}"
    parts = [f"## {title}\n\n<!-- {key} -->\n{kept[key]}\n<!-- /{key} -->\n" for key, title in SECTIONS.items()]
    whole = TARGET.with_name(TARGET.name + ".new")
    whole.write_text(HEAD + "\n" + "\n".join(parts))
    whole.replace(TARGET)  # at no moment is the page half there
    print(body.strip())


def again(name: str) -> str:
    """The command that measures a section again, beside its peer where it has one."""
    entry = next(entry for entry in BENCHMARKS.values() if name in entry.sections)
    return f"python -m benchmarks run {entry.name}" + (" --peers" if entry.peer else "")


def section(text: str, name: str) -> str:
    """What stands in the section now."""
    found = re.search(rf"<!-- {name} -->\n(.*?)\n<!-- /{name} -->", text, re.DOTALL)
    return found[1] if found else "Not measured yet."


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table, text to the left in the first column and numbers to the right in the others."""
    lines = [
        " | ".join(cell.replace("|", "\\|") for cell in head),
        " | ".join(["---", *["---:"] * (len(head) - 1)]),
        *(" | ".join(cell.replace("|", "\\|") for cell in row) for row in rows),
    ]
    return "\n".join(f"| {line} |" for line in lines)


def verdict(reached: bool) -> str:
    """How a limit that was set beforehand is said to be kept or not."""
    return "reached" if reached else "**not reached**"
