"""The page of the demo as a browser sees it."""

import io
import os
from pathlib import Path

import matplotlib.image
import numpy as np
import pytest

from suffice.cli import main

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def demo_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    assert main(["demo", "--quick", "--out", str(folder)]) == 0
    return folder / "report.html"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_image_has_loaded_and_no_request_left_the_page(browser, demo_page: Path, scheme: str):
    visit = browser.visit(demo_page, scheme=scheme)
    assert len(visit.images) >= 6
    assert all(image["complete"] and image["width"] > 0 and image["shown"] > 0 for image in visit.images)
    assert all(image["alt"] for image in visit.images)
    asked = [address for address in visit.requests if not address.startswith("data:")]
    assert asked == [demo_page.as_uri()]
    assert visit.messages == []
    scroll, window = visit.widths
    assert scroll <= window  # nothing sticks out to the right
    kept = os.environ.get("SUFFICE_SCREENSHOTS")
    if kept:
        (Path(kept) / f"demo-{scheme}.png").write_bytes(visit.screenshot)
    pixels = matplotlib.image.imread(io.BytesIO(visit.screenshot))[..., :3]
    ground = pixels[3, 3].mean()
    assert ground > 0.9 if scheme == "light" else ground < 0.2
    assert np.ptp(pixels) > 0.8  # and something is written on it


def test_browser_notices_what_the_page_must_not_do(browser, tmp_path: Path):
    """The test above can fail: a page with a broken image and an address outside is seen to have them."""
    bad = tmp_path / "bad.html"
    bad.write_text('<img src="data:image/png;base64,AAAA"><img src="http://suffice.invalid/a.png">')
    visit = browser.visit(bad)
    assert [image["width"] for image in visit.images] == [0, 0]
    assert "http://suffice.invalid/a.png" in visit.requests
