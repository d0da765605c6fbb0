"""A study does what is missing, and only that."""

import warnings
from pathlib import Path

import numpy as np
import pytest

from suffice.report import Stages


class Counter:
    """A computation that counts how often it is done."""

    def __init__(self, result):
        self.result, self.calls = result, 0

    def __call__(self):
        self.calls += 1
        return self.result


def test_result_is_kept_for_the_next_process(tmp_path: Path):
    first = Counter({"a": np.arange(3)})
    Stages(tmp_path).run("one", "basis", first)
    second = Counter(None)
    kept = Stages(tmp_path).run("one", "basis", second)
    assert (first.calls, second.calls) == (1, 0)
    np.testing.assert_array_equal(kept["a"], np.arange(3))


@pytest.mark.parametrize("before, after", [("basis", "other"), (np.zeros(2), np.array([0.0, 1e-12])), (1, 1.0)])
def test_stage_is_done_again_when_what_it_depends_on_changes(tmp_path: Path, before, after):
    stages = Stages(tmp_path)
    stages.run("one", before, Counter(1))
    assert stages.run("one", after, Counter(2)) == 2
    assert stages.run("one", after, Counter(3)) == 2


def test_stage_that_failed_is_done_next_time_and_the_one_before_is_not(tmp_path: Path):
    first, stages = Counter(1), Stages(tmp_path)

    def killed():
        raise KeyboardInterrupt

    for attempt in (killed, Counter(2)):
        stages.run("first", "basis", first)
        try:
            stages.run("second", "basis", attempt)
        except KeyboardInterrupt:
            assert "second" not in stages.records
    assert first.calls == 1 and stages.load("second") == 2


def test_warnings_of_a_kept_stage_are_shown_again(tmp_path: Path):
    def warned():
        warnings.warn("half of it is missing", UserWarning, stacklevel=1)
        return 0

    for _ in range(2):
        with pytest.warns(UserWarning, match="half of it is missing"):
            Stages(tmp_path).run("one", "basis", warned)
    assert Stages(tmp_path).records["one"]["warnings"] == ["half of it is missing"]


def test_folder_without_a_study_is_a_sentence(tmp_path: Path):
    with pytest.raises(ValueError, match=r"holds no finished study: model\.suffice is missing"):
        Stages(tmp_path).load("model")


def test_broken_record_is_a_sentence(tmp_path: Path):
    (tmp_path / "study.json").write_text('{"model": ')
    with pytest.raises(ValueError, match=r"study\.json is not what suffice wrote"):
        _ = Stages(tmp_path).records
