"""What is no file is refused, not waited for."""

import os

import pytest
from tests.fuzz.readers import READERS, reads_or_refuses


@pytest.mark.parametrize("name", READERS)
def test_a_pipe_that_nobody_writes_to(name, tmp_path):
    os.mkfifo(tmp_path / name)
    assert not reads_or_refuses(name, tmp_path / name)
