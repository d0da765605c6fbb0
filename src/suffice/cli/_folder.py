"""A folder for results, looked at before anything is computed for it."""

import os
from pathlib import Path


def refuse_folder(folder: Path) -> None:
    """`ValueError` for a folder that cannot be made, or not be written to; nothing is made."""
    there = folder.absolute()
    while not there.exists() and there != there.parent:
        there = there.parent
    if not there.is_dir():
        raise ValueError(f"--out {folder}: {there} is a file; give a folder, which is made when it is missing")
    if not os.access(there, os.W_OK | os.X_OK):
        raise ValueError(f"--out {folder}: nothing can be written to {there}; give another folder")
