"""A fit that several processes do together: `several_processes.py PROCESSES NUMBER ADDRESS FOLDER DIFFER KIND...`."""

import json
import sys
from pathlib import Path

import jax

processes, number, differ = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[5])
if processes > 1:
    jax.distributed.initialize(sys.argv[3], processes, number)

import suffice as sf  # noqa: E402

folder, logged = Path(sys.argv[4]), []


def losses(kind, **options):
    fit = sf.fit(
        sf.Ratio(sf.networks.Linear(6, 2, key=0), negatives=4, width=16),
        sf.load_simulations(folder / ("sims.zarr" if kind == "stored" else "sims.npz")),
        key=differ,
        batch_size=64,
        max_seconds=600,
        segment=200 if kind == "stored" else None,
        ensemble=2 if kind == "ensemble" else 1,
        progress=False,
        **options,
    )
    on = {len(leaf.devices()) for leaf in jax.tree.leaves(fit.objective) if isinstance(leaf, jax.Array)}
    return [*fit.history["valid_loss"], *fit.history["train_loss"]], max(on)


said = {"devices": len(jax.devices()), "losses": {}}
try:
    for kind in sys.argv[6:]:
        if kind == "memory" and processes > 1:  # in two parts, the second going on from the first one's file
            own = folder / f"files{number}"
            own.mkdir(exist_ok=True)
            losses(kind, checkpoint=own / "memory", max_epochs=2)
            options = {"checkpoint": own / "memory", "loggers": [logged.append]}
            said["losses"][kind], said["on"] = losses(kind, max_epochs=5, **options)
        else:
            said["losses"][kind], said["on"] = losses(kind, max_epochs=5 if kind == "memory" else 2)
    said["files"] = sorted(path.name for path in (folder / "files0").glob("*"))
except ValueError as error:
    said["refused"] = str(error)
print(json.dumps(said | {"logged": len(logged)}))
