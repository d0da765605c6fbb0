"""What a study ran with."""

import platform
from importlib.metadata import PackageNotFoundError, version

_PACKAGES = ("suffice", "jax", "equinox", "optax", "numpyro", "numpy", "scipy", "zarr")


def versions() -> dict[str, str]:
    """Python, the packages that numbers depend on, and the kind of machine.

    >>> list(versions())[:2]
    ['Python', 'suffice']
    """
    machine = {"machine": f"{platform.system()} {platform.machine()}"}
    return {"Python": platform.python_version()} | {name: _version(name) for name in _PACKAGES} | machine


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed as a package"
