#!/usr/bin/env bash
# Make the environment of the peer SPIVAE 0.1.0, and print its Python, to be given to `--peer`:
#
#     benchmarks/peer_spivae.sh [FOLDER]          # default benchmarks/.envs/spivae; PYTHON=python3.11 by default
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
folder=${1:-$here/.envs/spivae}
"${PYTHON:-python3.11}" -m venv "$folder"
pip=("$folder/bin/pip" --disable-pip-version-check --quiet --no-input)
"${pip[@]}" install torch==2.13.0 || "${pip[@]}" install torch==2.13.0 --index-url https://download.pytorch.org/whl/cpu
"${pip[@]}" install SPIVAE==0.1.0 torch==2.13.0
echo "$folder/bin/python"
