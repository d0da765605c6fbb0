"""The leaf of the import order: keys, frozen leaves, chunked maps, estimates, registries, saving."""

from ._chunked import chunked_map as chunked_map
from ._chunked_mean import chunked_mean as chunked_mean
from ._compilation_cache import keep_compiled as keep_compiled
from ._decades import log_where as log_where, spans_decades as spans_decades
from ._device_memory import has_own_memory as has_own_memory
from ._estimate import Estimate as Estimate
from ._frames import by_name as by_name, frame_names as frame_names
from ._frozen import Frozen as Frozen, trainable as trainable
from ._in_pieces import in_pieces as in_pieces, is_traced as is_traced
from ._in_short import in_short as in_short, kind_of as kind_of, listed as listed
from ._initial_normal import initial_normal as initial_normal
from ._keys import as_key as as_key, KeyLike as KeyLike
from ._normal_quantile import normal_quantile as normal_quantile
from ._npy import (
    npy_members as npy_members,
    read_header as read_header,
    read_npy as read_npy,
    read_npz as read_npz,
    refuse_beyond_memory as refuse_beyond_memory,
)
from ._options import check_options as check_options
from ._programs import let_programs_go as let_programs_go
from ._progress import bar as bar
from ._registry import Registry as Registry
from ._regular_file import refuse_pipe as refuse_pipe
from ._save import load as load, NewerFormat as NewerFormat, save as save
from ._since_start import since_start as since_start
from ._summary_rows import compiled_rows as compiled_rows, numbers_of as numbers_of, summary_rows as summary_rows
from ._warn import warn as warn
from ._whole import check_whole as check_whole

keep_compiled()
