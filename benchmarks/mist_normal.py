"""torch_mist on the bivariate normal, one thread; prints one line of JSON. By the Python of torch_mist's environment.

PYTHON benchmarks/mist_normal.py --estimator js --seed 0
"""

import argparse
import contextlib
import io
import json
import time

import mi_problem as problem  # pyright: ignore[reportMissingImports]

problem.one_thread()


def main() -> None:
    """One estimate."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--estimator", required=True)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    import torch  # pyright: ignore[reportMissingImports]
    from torch_mist.utils import estimate_mi  # pyright: ignore[reportMissingImports]

    torch.set_num_threads(1)
    torch.manual_seed(args.seed)
    x, y = problem.pairs(args.seed)
    train, valid, test = slice(0, 72_000), slice(72_000, 80_000), slice(80_000, None)
    negatives = problem.NEGATIVES[args.estimator]
    options = {} if args.estimator == "doe" else {"neg_samples": 0 if negatives is None else negatives}
    start = time.process_time()
    with contextlib.redirect_stdout(io.StringIO()):
        found = estimate_mi(
            data=(x[train], y[train]),
            valid_data=(x[valid], y[valid]),
            test_data=(x[test], y[test]),
            estimator=args.estimator,
            hidden_dims=list(problem.HIDDEN),
            max_epochs=problem.EPOCHS,
            batch_size=problem.BATCH,
            optimizer_params={"lr": problem.RATE},
            early_stopping=False,
            verbose=False,
            **options,
        )
    value = found[0] if isinstance(found, tuple) else found
    print(json.dumps({"value": float(value), "cpu": time.process_time() - start}))


if __name__ == "__main__":
    main()
