"""Help that teaches, and starts without waiting for JAX."""

import subprocess
import sys

import jax
import pytest

from suffice.cli import main


@pytest.mark.parametrize("command", ["demo", "infer", "train", "report"])
def test_help_of_a_command_has_examples(command, capsys):
    with pytest.raises(SystemExit) as stopped:
        main([command, "--help"])
    assert stopped.value.code == 0
    out = capsys.readouterr().out
    assert "examples:" in out and f"suffice {command}" in out


def test_help_alone_names_all_commands(capsys):
    with pytest.raises(SystemExit):
        main([])
    out = capsys.readouterr().out
    assert all(word in out for word in ("demo", "infer", "report", "suffice demo"))


def test_an_unknown_option_is_exit_status_two(capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["infer", "a.npz", "b.npy", "--nonsense"])
    assert stopped.value.code == 2


def test_help_does_not_import_jax():
    call = "try: main(['--help'])\nexcept SystemExit: print('jax' in sys.modules)"
    code = f"import sys; from suffice.cli import main\n{call}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "False"


@pytest.mark.parametrize(
    "error", [MemoryError("Unable to allocate 9 TiB"), jax.errors.JaxRuntimeError("RESOURCE_EXHAUSTED: Out of memory")]
)
def test_too_little_memory_is_one_sentence(capsys, monkeypatch, error):
    from suffice.cli import _report

    def too_much(options):
        raise error

    monkeypatch.setattr(_report, "run", too_much)
    assert main(["report", "folder"]) == 2
    said = f"suffice: error: this machine has too little memory for that. {error}\n"
    assert capsys.readouterr().err == said
