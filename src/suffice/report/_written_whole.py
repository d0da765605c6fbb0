"""Text files that are never half written."""

from pathlib import Path


def written_whole(path: Path, text: str) -> Path:
    """Write `text` to `path` under another name, then rename it into place; makes the folder.

    >>> import tempfile
    >>> written_whole(Path(tempfile.mkdtemp()) / "new" / "a.txt", "text").read_text()
    'text'
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    try:
        # Names of files that are no UTF-8 come as lone surrogates; they are shown as question marks.
        partial.write_text(text, encoding="utf-8", errors="replace")
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    return path
