#!/usr/bin/env bash
# Make the environment of the peer, swyft 0.4.5 on the CPU build of torch 2.13.0, apart from that of suffice:
#
#     benchmarks/peers.sh [FOLDER]          # default benchmarks/.envs/swyft; PYTHON=python3.11 by default
#
# Prints the path of its Python, to be given to `--peer`. Versions: benchmarks/requirements-swyft.txt.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
folder=${1:-$here/.envs/swyft}
pins=$here/requirements-swyft.txt

"${PYTHON:-python3.11}" -m venv "$folder"
pip=("$folder/bin/pip" --disable-pip-version-check --quiet --no-input)
# torch first, by itself: where its index is not the default one (CPU builds), only this line needs to know.
torch=$(grep '^torch==' "$pins")
"${pip[@]}" install "$torch" || "${pip[@]}" install "$torch" --index-url https://download.pytorch.org/whl/cpu
"${pip[@]}" install --requirement "$pins"
"${pip[@]}" check >&2
"$folder/bin/python" -W ignore -c 'import importlib.metadata as m, swyft, torch
print("swyft", m.version("swyft"), "torch", torch.__version__)' >&2
echo "$folder/bin/python"
