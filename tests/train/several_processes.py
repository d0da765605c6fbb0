"""A fit that several processes do together: `several_processes.py PROCESSES NUMBER ADDRESS FOLDER DIFFER KIND...`."""

import json
import sys
from pathlib import Path

import jax


def losses(kind, folder, differ, **options):
    import suffice as sf  # once the processes have found each other

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


def in_two_parts(folder, differ, own, logged):
    """The second part goes on from the first one's file."""
    own.mkdir(exist_ok=True)
    losses("memory", folder, differ, checkpoint=own / "memory", max_epochs=2)
    options = {"checkpoint": own / "memory", "loggers": [logged.append]}
    return losses("memory", folder, differ, max_epochs=5, **options)


def main(processes, number, address, folder, differ, *kinds):
    if processes > 1:
        jax.distributed.initialize(address, processes, number)
    logged, said = [], {"devices": len(jax.devices()), "losses": {}}
    try:
        for kind in kinds:
            if kind == "memory" and processes > 1:
                found = in_two_parts(folder, differ, folder / f"files{number}", logged)
            else:
                found = losses(kind, folder, differ, max_epochs=5 if kind == "memory" else 2)
            said["losses"][kind], said["on"] = found
        said["files"] = sorted(path.name for path in (folder / "files0").glob("*"))
    except ValueError as error:
        said["refused"] = str(error)
    print(json.dumps(said | {"logged": len(logged)}))


if __name__ == "__main__":
    given = sys.argv[1:]
    main(int(given[0]), int(given[1]), given[2], Path(given[3]), int(given[4]), *given[5:])
