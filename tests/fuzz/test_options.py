"""YAML files with options for `suffice mi`: used or refused by a sentence."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import yaml
from hypothesis import strategies as st
from tests.fuzz.readers import reads_or_refuses
from tests.fuzz.strategies import few_and_many

_VALUES = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.binary(max_size=4), st.dates()
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=4), inner, max_size=3)),
    max_leaves=5,
)
_NAMES = st.one_of(
    st.sampled_from(["x", "y", "folds", "bits", "hidden", "max-epochs", "seed", "estimator", "lower", "out", "json"]),
    st.text(max_size=6),
)


def _read(text: str) -> bool:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "options.yaml"
        path.write_text(text, encoding="utf-8")
        return reads_or_refuses("options.yaml", path)


def _options(options):
    _read(yaml.safe_dump(options, allow_unicode=True))


NASTY = {
    "code": "!!python/object/apply:os.system ['touch owned']",
    "name": "x: !!python/name:os.system",
    "laughs": "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nhidden: [*c, *c]",
    "itself": "hidden: &a [*a]",
    "deep": "[" * 5000 + "]" * 5000,
    "date": "x: 2026-99-99",
    "digits": "folds: " + "9" * 5000,
    "list": "- x\n- y",
    "key": "[a, b]: 1",
    "unknown": "colour: red",
    "mapping": "folds: {a: 1}",
    "empty": "",
}


@pytest.mark.parametrize("name", NASTY)
def test_nasty_files_are_refused(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert not _read(NASTY[name])
    assert list(tmp_path.iterdir()) == []


test_options, test_many_options = few_and_many(
    _options, st.dictionaries(_NAMES, _VALUES, min_size=1, max_size=4), few=40
)
