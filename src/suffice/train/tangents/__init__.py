"""Simulations at a fiducial parameter with their derivatives, as sources of the training loop."""

from ._batch import (
    AbstractTangentBatch as AbstractTangentBatch,
    AbstractTangents as AbstractTangents,
    Rows as Rows,
    Summarised as Summarised,
)
from ._derivative import flat_summary as flat_summary
from ._given import GivenTangents as GivenTangents
from ._simulated import SimulatedTangents as SimulatedTangents
from ._store import save_tangents as save_tangents
from ._streamed import StreamedTangents as StreamedTangents
from ._tangents import Tangents as Tangents
