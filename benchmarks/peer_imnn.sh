#!/usr/bin/env bash
# Make the environment of the peer imnn 0.3.2, apart from that of suffice:
#
#     benchmarks/peer_imnn.sh [FOLDER]          # default benchmarks/.envs/imnn; PYTHON=python3.9 by default
#
# Prints the path of its Python, to be given to `--peer`. imnn asks for tensorflow, which only its TFRecords need: it is
# installed without its dependencies, and those it needs are in benchmarks/requirements-imnn.txt.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
folder=${1:-$here/.envs/imnn}

"${PYTHON:-python3.9}" -m venv "$folder"
pip=("$folder/bin/pip" --disable-pip-version-check --quiet --no-input)
"${pip[@]}" install --requirement "$here/requirements-imnn.txt"
"${pip[@]}" install --no-deps imnn==0.3.2
echo "$folder/bin/python"
