"""What a long benchmark has measured is kept, so that it goes on where it was interrupted."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any


def kept(path: Path, make: Callable[..., Any], *arguments: Any) -> Any:
    """The JSON that stands in the file, or what is made of the arguments, and put there."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        whole = path.with_name(path.name + ".new")
        whole.write_text(json.dumps(make(*arguments), indent=1))
        whole.replace(path)  # at no moment is it half there
    return json.loads(path.read_text())
