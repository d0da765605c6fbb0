"""suffice on the bivariate normal, one thread, compiling included; prints one line of JSON.

python -m benchmarks.suffice_normal --estimator js --seed 0
"""

import argparse
import json
import time

from benchmarks import mi_problem as problem


def main() -> None:
    """One estimate, of the same critic, batch and number of epochs as the peer's; or of the defaults."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--estimator", required=True)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    problem.one_thread()
    import jax

    from suffice import estimate_mi

    x, y = problem.pairs(args.seed)
    jax.block_until_ready(jax.numpy.zeros(3) + 1)
    start = time.process_time()
    found = estimate_mi(
        x,
        y,
        args.estimator,
        key=args.seed,
        folds=1,
        hidden=problem.HIDDEN,
        negatives=None if args.estimator == "infonce" else problem.OURS,
        batch_size=problem.BATCH,
        max_epochs=problem.EPOCHS,
        progress=False,
    )
    numbers = {"value": found.value, "low": found.low, "high": found.high, "cpu": time.process_time() - start}
    print(json.dumps(numbers))


if __name__ == "__main__":
    main()
