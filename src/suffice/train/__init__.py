"""The one training loop, and where its batches come from."""

from ._arrays import Arrays as Arrays
from ._ensemble import Ensemble as Ensemble
from ._extent import Extent as Extent
from ._fit import Fit as Fit, fit as fit
from ._fit_members import fit_members as fit_members, Fits as Fits
from ._fresh import Fresh as Fresh
from ._loggers import tensorboard as tensorboard, wandb as wandb
from ._objective import AbstractObjective as AbstractObjective
from ._reach import Reach as Reach
from ._renoised import Renoised as Renoised
from ._retained_files import remove_checkpoint as remove_checkpoint
from ._shards import Shards as Shards
from ._source import AbstractSource as AbstractSource, Split as Split
from ._views import Lagged as Lagged, lagged as lagged, views as views
from .tangents import (
    AbstractTangentBatch as AbstractTangentBatch,
    AbstractTangents as AbstractTangents,
    flat_summary as flat_summary,
    Rows as Rows,
    save_tangents as save_tangents,
    Summarised as Summarised,
    Tangents as Tangents,
)
