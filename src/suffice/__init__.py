"""suffice finds the few numbers that suffice: learned summaries, their information, checked posteriors."""

import importlib
from typing import Any, TYPE_CHECKING

if TYPE_CHECKING:  # what editors and type checkers read; at run time see __getattr__
    from . import (
        bounds as bounds,
        checks as checks,
        cli as cli,
        comparison as comparison,
        core as core,
        information as information,
        interpret as interpret,
        networks as networks,
        objectives as objectives,
        plots as plots,
        posteriors as posteriors,
        priors as priors,
        report as report,
        train as train,
    )
    from .comparison import compare as compare, missing as missing, sweep as sweep
    from .core import Estimate as Estimate, load as load, save as save
    from .information import (
        conditional_mi as conditional_mi,
        entropy as entropy,
        estimate_mi as estimate_mi,
        fisher_matrix as fisher_matrix,
        kl_divergence as kl_divergence,
        mi_table as mi_table,
        retained as retained,
        score_compression as score_compression,
    )
    from .objectives import (
        Bottleneck as Bottleneck,
        CEB as CEB,
        Fisher as Fisher,
        Flow as Flow,
        FlowMatching as FlowMatching,
        Gaussian as Gaussian,
        InfoMax as InfoMax,
        Likelihood as Likelihood,
        MIB as MIB,
        Ratio as Ratio,
        Regression as Regression,
        TemporalInfoMax as TemporalInfoMax,
        VIB as VIB,
    )
    from .posteriors import (
        ABC as ABC,
        compare_models as compare_models,
        GaussianApproximation as GaussianApproximation,
        PMC as PMC,
        posterior as posterior,
        reweight as reweight,
        rounds as rounds,
        truncate as truncate,
    )
    from .priors import EmpiricalPrior as EmpiricalPrior, load_prior as load_prior, Prior as Prior
    from .simulate import (
        load_simulations as load_simulations,
        read_tracks as read_tracks,
        simulate as simulate,
        simulate_at as simulate_at,
        Simulations as Simulations,
    )
    from .train import Fit as Fit, fit as fit, Fresh as Fresh, Renoised as Renoised, Tangents as Tangents

__version__ = "0.1.0"

# Every public name and the folder it comes from; imported when first used, so that a
# command line starts without waiting for JAX.
_HOMES = {
    "Prior": "priors",
    "EmpiricalPrior": "priors",
    "load_prior": "priors",
    "Simulations": "simulate",
    "simulate": "simulate",
    "simulate_at": "simulate",
    "load_simulations": "simulate",
    "read_tracks": "simulate",
    "fit": "train",
    "Fit": "train",
    "Fresh": "train",
    "Renoised": "train",
    "Tangents": "train",
    "Ratio": "objectives",
    "Fisher": "objectives",
    "Flow": "objectives",
    "FlowMatching": "objectives",
    "Gaussian": "objectives",
    "Likelihood": "objectives",
    "InfoMax": "objectives",
    "Regression": "objectives",
    "Bottleneck": "objectives",
    "VIB": "objectives",
    "CEB": "objectives",
    "MIB": "objectives",
    "TemporalInfoMax": "objectives",
    "posterior": "posteriors",
    "reweight": "posteriors",
    "GaussianApproximation": "posteriors",
    "ABC": "posteriors",
    "PMC": "posteriors",
    "truncate": "posteriors",
    "rounds": "posteriors",
    "compare_models": "posteriors",
    "compare": "comparison",
    "missing": "comparison",
    "sweep": "comparison",
    "retained": "information",
    "fisher_matrix": "information",
    "estimate_mi": "information",
    "conditional_mi": "information",
    "mi_table": "information",
    "entropy": "information",
    "kl_divergence": "information",
    "score_compression": "information",
    "Estimate": "core",
    "save": "core",
    "load": "core",
}
_FOLDERS = (
    "core",
    "priors",
    "simulate",
    "networks",
    "train",
    "bounds",
    "objectives",
    "information",
    "posteriors",
    "checks",
    "comparison",
    "interpret",
    "plots",
    "report",
    "cli",
)

__all__ = ["__version__", *_HOMES, *_FOLDERS]  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        item = getattr(importlib.import_module(f".{_HOMES[name]}", __name__), name)
    elif name in _FOLDERS:
        item = importlib.import_module(f".{name}", __name__)
    else:
        raise AttributeError(f"suffice has no {name!r}")
    globals()[name] = item
    return item


def __dir__() -> list[str]:
    return sorted(__all__)
