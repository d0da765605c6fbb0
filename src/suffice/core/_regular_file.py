"""Files that can be read to their end without waiting for somebody."""

from pathlib import Path


def refuse_pipe(path: Path) -> None:
    """`ValueError` for what is neither a file nor a folder: to read a named pipe is to wait for whoever writes it."""
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise ValueError(f"{path} is a pipe or a device, no file; write what comes out of it to a file first")
