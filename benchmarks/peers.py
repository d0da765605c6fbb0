"""The peers that suffice is compared with: each in a virtual environment of its own, made once.

A peer's packages want other versions than suffice does, so that neither ever sees the other. An environment is whole
when its last step has written down what was installed; one that is not whole, or was made from other pins, is made
again.
"""

import glob
import json
import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
MARK = "made.json"
CPU_INDEX = ("--index-url", "https://download.pytorch.org/whl/cpu")
TORCH = ("torch==2.13.0",)


class NotMadeError(Exception):
    """A peer that cannot be installed here; the message is one sentence."""


@dataclass(frozen=True)
class Peer:
    """What to install, in which order, by which Python, and a line that must run when all is there."""

    name: str
    python: str
    installs: tuple[tuple[str, ...], ...]
    proof: str


_SUFFICE = f"{HERE.parent}[test]"
_SWYFT, _IMNN = (str(HERE / f"requirements-{name}.txt") for name in ("swyft", "imnn"))
# torch stands first and by itself: where the default index has no build of it, only that line needs another.
PEERS = {
    peer.name: peer
    for peer in (
        Peer("swyft", "3.11", (TORCH, ("--requirement", _SWYFT)), "import swyft"),
        # imnn asks for tensorflow, which only its TFRecords need.
        Peer("imnn", "3.9", (("--requirement", _IMNN), ("--no-deps", "imnn==0.3.2")), "import jax, tqdm"),
        Peer(
            "torch_mist",
            "3.11",
            (TORCH, ("torch_mist==0.2.17", "pandas<3", "tqdm", "scikit-learn")),
            "import torch_mist.utils",
        ),
        Peer("spivae", "3.11", (TORCH, ("SPIVAE==0.1.0", *TORCH)), "import torch"),
        Peer("sbi", "3.11", (TORCH, ("sbi==0.27.*", *TORCH)), "import sbi.inference"),
        # The equinox it pins needs jax.core.pp_eqn_rules, which later versions of jax took away.
        Peer("bmi", "3.11", (("benchmark-mi==0.1.3", "jax==0.4.33", "jaxlib==0.4.33"),), "import bmi.benchmark"),
        # No peer, but it has builds for few versions of Python: beside suffice itself, as it stands in this folder.
        Peer("atheris", "3.11", (("--editable", _SUFFICE, "atheris==3.*"),), "import atheris, suffice"),
    )
}


def made(peer: Peer, folder: Path, tell: Callable[[str], None] = print) -> Path:
    """The Python of the peer's environment, which is made if it is not there.

    Args:
        peer: which.
        folder: of all environments; this one is `folder / peer.name`.
        tell: is told when something is made.

    Raises:
        NotMadeError: if it cannot be installed.
    """
    own = folder.absolute() / peer.name
    python, mark, wanted = own / "bin" / "python", own / MARK, json.dumps(_wanted(peer), indent=2)
    if mark.exists() and mark.read_text() == wanted:
        return python
    tell(f"making the environment of {peer.name} in {own}")
    base = find_python(peer)
    shutil.rmtree(own, ignore_errors=True)
    _call(peer, [base, "-m", "venv", *([] if peer.installs else ["--without-pip"]), str(own)])
    pip = [str(python), "-m", "pip", "--disable-pip-version-check", "--quiet", "--no-input", "install"]
    for packages in peer.installs:
        try:
            _call(peer, [*pip, *packages])
        except NotMadeError:
            if packages != TORCH:
                raise
            _call(peer, [*pip, *packages, *CPU_INDEX])
    _call(peer, [str(python), "-W", "ignore", "-c", peer.proof])
    mark.write_text(wanted)
    return python


def _wanted(peer: Peer) -> list[list[str]]:
    """What the environment is made from, the lines of requirement files included."""
    told = []
    for packages in peer.installs:
        files = [Path(word).read_text() for word in packages if word.endswith(".txt")]
        told.append([word for word in packages if not word.endswith(".txt")] + files)
    return told


def find_python(peer: Peer) -> str:
    """A Python of the version that the peer needs: on the path, of pyenv, or of uv."""
    name = f"python{peer.python}"
    homes = os.environ.get("PYENV_ROOT", str(Path.home() / ".pyenv")), str(Path.home() / ".local/share/uv/python")
    found = [glob.glob(f"{home}/*{peer.python}.*/bin/{name}") for home in (f"{homes[0]}/versions", homes[1])]
    for candidate in (shutil.which(name), *sorted(found[0]), *sorted(found[1])):
        # A shim of pyenv is on the path also for versions that are not chosen, and then refuses to run.
        if candidate and subprocess.run([candidate, "-c", "import venv"], capture_output=True).returncode == 0:
            return candidate
    raise NotMadeError(f"{peer.name} needs {name}, and none was found on the path")


def _call(peer: Peer, command: list[str]) -> None:
    ran = subprocess.run(command, capture_output=True, text=True)
    if ran.returncode:
        lines = [line.strip() for line in ran.stderr.splitlines() if line.strip()]
        why = next((line for line in lines if line.startswith("ERROR")), lines[-1] if lines else "no message")
        raise NotMadeError(f"{peer.name} cannot be installed here: {' '.join(command[1:])} says {why!r}")
