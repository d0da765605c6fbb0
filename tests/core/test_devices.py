"""No source file names a device, so that the same code runs on all."""

import ast
import re
from pathlib import Path

import suffice

SOURCE = Path(suffice.__file__).parent
DEVICE = re.compile(r"(cpu|gpu|cuda|rocm|tpu|metal)(:\d+)?", re.IGNORECASE)
# The processes that run a user's simulator leave the accelerator to the one that trains.
ALLOWED = {"simulate/_processes.py": {"cpu"}}


def named(text):
    """String constants of a program that are the name of a device."""
    constants = [node.value for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Constant)]
    return {value for value in constants if isinstance(value, str) and DEVICE.fullmatch(value)}


def test_no_source_file_names_a_device():
    found = {path.relative_to(SOURCE).as_posix(): named(path.read_text()) for path in SOURCE.rglob("*.py")}
    assert len(found) > 100
    assert {path: names for path, names in found.items() if names} == ALLOWED


def test_a_name_would_be_found():
    assert named('"""On a CPU."""\nx = jax.devices("GPU")[0], torch.zeros(3, device="cuda:0")') == {"GPU", "cuda:0"}
