"""The shell: parses, calls the library, prints. Nothing heavy is imported before the arguments are understood."""

from ._main import main as main
