"""`python -m benchmarks`: its list, its refusals, what a run writes, and the environments of peers."""

import re
import sys
from pathlib import Path

import pytest

from benchmarks import __main__ as program, peers, registry, results

ROOT = Path(__file__).parents[2]
FAKE = """
from benchmarks import results
results.write("demo", "python -m fake", results.table(["a", "b"], [["1", "2"]]))
"""


@pytest.fixture
def fake(tmp_path, monkeypatch):
    """A benchmark that writes a table at once, in place of the demo; a page and a cache of its own."""
    (tmp_path / "fake_benchmark.py").write_text(FAKE)
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}:{ROOT / 'src'}")
    entry = registry.Benchmark("demo", "a table", (0, 0), module="fake_benchmark")
    monkeypatch.setitem(registry.BENCHMARKS, "demo", entry)
    return tmp_path, ["--results", str(tmp_path / "page.md"), "--cache", str(tmp_path / "cache")]


def test_a_run_writes_its_section_and_leaves_the_others(fake):
    folder, options = fake
    page = folder / "page.md"
    page.write_text("<!-- epoch -->\nmeasured before\n<!-- /epoch -->\n")
    assert program.main(["run", "demo", *options]) == 0
    text = page.read_text()
    assert "| 1 | 2 |" in results.section(text, "demo")
    one = "`python -m benchmarks run demo`"
    assert f"{one} · last by {one} by `python -m fake` · " in results.section(text, "demo")
    assert results.section(text, "epoch") == "measured before"
    assert results.section(text, "files") == "Not measured yet."


def test_what_was_measured_is_put_by_once_a_run_is_whole(fake):
    folder, options = fake
    kept = folder / "cache" / "demo"
    kept.mkdir(parents=True)
    for name in ("sbm-0.json", "sbm-0.sf", "reference.npz"):
        (kept / name).write_text("")
    program.main(["run", "demo", *options])
    assert sorted(str(path.relative_to(kept)) for path in kept.rglob("*.*")) == [
        "last/sbm-0.json",
        "last/sbm-0.sf",
        "reference.npz",
    ]


def test_a_benchmark_that_fails_is_told_and_the_others_run(fake, monkeypatch, capfd):
    _, options = fake
    broken = registry.Benchmark("files", "ends at once", (0, 0), module="no_such_module")
    monkeypatch.setitem(registry.BENCHMARKS, "files", broken)
    assert program.main(["run", "files", "demo", *options]) == 1
    told = capfd.readouterr().out
    assert "=== files failed" in told and "=== demo done" in told and "Not measured: files." in told


def test_list_names_each_benchmark_and_its_peer(capsys):
    assert program.main(["list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(registry.BENCHMARKS)
    assert "(swyft)" in lines[0]


def test_an_unknown_name_is_answered_with_the_known_ones(capsys):
    with pytest.raises(SystemExit) as ended:
        program.main(["run", "regresion"])
    told = capsys.readouterr().err
    assert ended.value.code == 2
    assert "no benchmark is called regresion; known: regression, epoch" in told


def test_every_section_belongs_to_one_benchmark():
    sections = [section for entry in registry.BENCHMARKS.values() for section in entry.sections]
    assert sorted(sections) == sorted(results.SECTIONS)
    page = results.TARGET.read_text()
    assert set(re.findall(r"<!-- (\w+) -->", page)) <= set(results.SECTIONS)
    for name in sections:
        assert f"\n`{results.again(name)}` · last by `python -m benchmarks" in results.section(page, name)


def test_every_script_is_known_to_a_benchmark_and_every_peer_exists():
    for entry in registry.BENCHMARKS.values():
        assert (ROOT / f"{entry.module.replace('.', '/')}.py").exists(), entry.module
        assert entry.peer is None or entry.peer in peers.PEERS
        assert not any("{" in word for word in entry.command("PYTHON", Path("cache")))
    writers = {path.stem for path in (ROOT / "benchmarks").glob("*.py") if "results.write(" in path.read_text()}
    assert writers == {entry.module.removeprefix("benchmarks.") for entry in registry.BENCHMARKS.values()}


def test_an_environment_is_made_once(tmp_path):
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    peer = peers.Peer("nothing", version, (), "import json")
    told = []
    python = peers.made(peer, tmp_path, told.append)
    (tmp_path / "nothing" / "witness").write_text("")
    assert peers.made(peer, tmp_path, told.append) == python
    assert len(told) == 1 and (tmp_path / "nothing" / "witness").exists()
    (tmp_path / "nothing" / peers.MARK).write_text("other pins")
    peers.made(peer, tmp_path, told.append)
    assert len(told) == 2 and not (tmp_path / "nothing" / "witness").exists()


def test_what_cannot_be_installed_is_one_sentence(fake, monkeypatch, capfd):
    folder, options = fake
    monkeypatch.setattr(peers, "_call", _refuses)
    entry = registry.Benchmark("demo", "a table", (0, 0), module="fake_benchmark", peer="sbi")
    monkeypatch.setitem(registry.BENCHMARKS, "demo", entry)
    assert program.main(["run", "demo", "--peers", *options]) == 1
    told = capfd.readouterr().out
    assert "demo is left out: sbi cannot be had.\n" in told
    assert not (folder / "page.md").exists()


def _refuses(peer, command):
    raise peers.NotMadeError(f"{peer.name} cannot be had")


def test_pip_is_quoted_in_its_own_words():
    with pytest.raises(peers.NotMadeError, match=r"sbi cannot be installed here: -c .* says 'ERROR: no such thing'"):
        peers._call(peers.PEERS["sbi"], [sys.executable, "-c", "import sys; sys.exit('noise\\nERROR: no such thing')"])


def test_a_benchmark_of_samples_that_only_a_peer_makes_asks_for_it(fake, capfd):
    _, options = fake
    assert program.main(["run", "beyond_normal", *options]) == 1
    assert "beyond_normal needs the environment of bmi: run it with --peers" in capfd.readouterr().out
