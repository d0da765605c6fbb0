"""Every benchmark by name: what it measures, what it runs, which peer it is compared with, and how long it takes."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Benchmark:
    """One program that writes one section, or a few.

    - `name`: what `python -m benchmarks run` calls it.
    - `told`: what it measures.
    - `minutes`: about how long it takes on two cores, without and with its peer.
    - `arguments`: of the module; `{kept}` becomes a folder in which it keeps what it need not make again.
    - `module`: below `benchmarks`; the name unless told.
    - `sections`: of RESULTS.md; the name unless told.
    - `peer`: the environment it is compared with, a name of `benchmarks.peers.PEERS`.
    - `with_peer`: arguments where there is a peer; `{python}` becomes its Python.
    - `needs_peer`: whether it cannot run without.
    """

    name: str
    told: str
    minutes: tuple[float, float]
    arguments: tuple[str, ...] = ()
    module: str = ""
    sections: tuple[str, ...] = ()
    peer: str | None = None
    with_peer: tuple[str, ...] = ("--peer", "{python}")
    needs_peer: bool = False

    def __post_init__(self):
        object.__setattr__(self, "module", self.module or f"benchmarks.{self.name}")
        object.__setattr__(self, "sections", self.sections or (self.name,))

    def command(self, python: str | None, cache: Path) -> list[str]:
        """Module and arguments, with the peer's Python where there is one."""
        words = [self.module, *self.arguments, *(self.with_peer if python else ())]
        return [word.format(python=python, kept=cache / self.name) for word in words]


def _minutes(alone: float, with_peer: float | None = None) -> tuple[float, float]:
    return alone, alone if with_peer is None else with_peer


_SEEDS_OF = ("1v1-bimodal-0.75", "multinormal-dense-25-25-0.5", "multinormal-sparse-3-3-2-2.0")
_SEEDS_OF += ("spiral-multinormal-sparse-3-3-2-2.0", "student-identity-2-2-1", "wiggly-1v1-normal-0.75")

BENCHMARKS = {
    entry.name: entry
    for entry in (
        Benchmark(
            "regression",
            "linear regression: accuracy against the exact marginals, and time, five seeds, beside swyft",
            _minutes(2, 17),
            ("--seeds", "5"),
            peer="swyft",
            # On networks this small the peer's threads mostly wait for each other: one gives it fewer CPU seconds.
            with_peer=("--peer", "{python}", "--peer-args=--threads 1"),
        ),
        Benchmark("epoch", "one epoch of swyft's own network in both loops", _minutes(0.5, 2), peer="swyft"),
        Benchmark("outliers", "outliers: a linear summary must lose to a perceptron", _minutes(1)),
        Benchmark("demo", "`suffice demo` in a fresh process", _minutes(1)),
        Benchmark("start", "the demo's first epoch, with and without what was compiled before", _minutes(2)),
        Benchmark("truncation", "rounds of truncation: the final box beside the exact one, and its cost", _minutes(10)),
        Benchmark("lynx_hare", "real data: marginals beside the reference posterior", _minutes(10)),
        Benchmark("files", "the same posterior from npz, Zarr and HDF5; a million simulations on disk", _minutes(6)),
        Benchmark("shards", "a store larger than memory: how long the device waits, and the loss", _minutes(8)),
        Benchmark(
            "fisher",
            "ten Gaussian draws: Fisher information kept, seconds an iteration beside imnn, what chunks save",
            _minutes(5, 8),
            ("--seeds", "5", "--repeats", "3"),
            peer="imnn",
        ),
        Benchmark("fisher_known", "learned summaries against known Fisher matrices", _minutes(12)),
        Benchmark(
            "likelihood_free",
            "rejection and population Monte Carlo beside the exact posterior",
            _minutes(6),
            ("--observations", "5"),
        ),
        Benchmark(
            "mutual_information",
            "seven estimators on a bivariate normal: accuracy, intervals, CPU seconds beside torch_mist",
            _minutes(6, 18),
            ("--seeds", "3", "--coverage", "20"),
            peer="torch_mist",
        ),
        Benchmark(
            "beyond_normal",
            "`auto` on the 40 tasks of Beyond Normal: how many are right, whether one claims too much",
            _minutes(25),
            ("{kept}",),
            peer="bmi",
            needs_peer=True,
        ),
        Benchmark(
            "beyond_normal_seeds",
            "six of these tasks over 20 seeds: whether a lower limit lies above the truth",
            _minutes(60),
            ("{kept}", "--section", "beyond_normal_seeds", "--seeds", "20", "--tasks", *_SEEDS_OF),
            module="benchmarks.beyond_normal",
            peer="bmi",
            needs_peer=True,
        ),
        Benchmark("infomax", "InfoMax and bottlenecks: what three numbers keep of the data", _minutes(2)),
        Benchmark(
            "compare",
            "summaries of five objectives beside linear ones and exact information",
            _minutes(40),
            ("--keep", "{kept}"),
            sections=("compare", "compare_line"),
        ),
        Benchmark("missing", "how often sf.missing errs, and how often it finds", _minutes(15), ("--keep", "{kept}")),
        Benchmark("real_tables", "iris and wine through the shell, beside binned plug-in values", _minutes(5)),
        Benchmark(
            "trajectories",
            "bottlenecks of trajectories beside exact likelihoods and SPIVAE; what their latents mean",
            _minutes(120),
            ("sbm", "fbm", "--seeds", "3", "--keep", "{kept}"),
            peer="spivae",
        ),
        Benchmark("tracks", "500 tracks: exponents beside the estimator that knows the noise", _minutes(3)),
        Benchmark("starts", "held-out information of flow posteriors before training and after", _minutes(12)),
        Benchmark(
            "decay",
            "held-out loss of flows with weight decay that follows the overfitting, and with a constant one",
            _minutes(20),
            ("--keep", "{kept}"),
        ),
        Benchmark(
            "sbibm",
            "flow posteriors of the ten tasks of sbibm, two seeds",
            _minutes(420),
            ("--keep", "{kept}"),
        ),
        Benchmark(
            "calibration",
            "joint coverage of ensembles on the linear regression, two moons and SLCP",
            _minutes(130),
            ("--seeds", "3", "--keep", "{kept}"),
        ),
        Benchmark(
            "calibration_exact",
            "how much of the exact posteriors the regions of those ensembles hold",
            _minutes(65),
            ("--keep", "{kept}"),
        ),
        Benchmark(
            "fuzz",
            "coverage-guided fuzzing of every reader by atheris",
            _minutes(11),
            peer="atheris",
            with_peer=("--python", "{python}"),
            needs_peer=True,
        ),
        Benchmark(
            "sbi_time",
            "two moons at 10,000 simulations: CPU seconds and C2ST of a flow posterior, beside sbi",
            _minutes(10, 25),
            ("--seeds", "3", "--keep", "{kept}"),
            peer="sbi",
        ),
        Benchmark("profiling", "what a training step waits for: operations and bytes against the machine", _minutes(3)),
        Benchmark("growth", "time and memory against simulations, parameters and data size", _minutes(9)),
    )
}
