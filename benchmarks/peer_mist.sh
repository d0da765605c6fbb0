#!/usr/bin/env bash
# Make the environment of the peer torch_mist 0.2.17, and print its Python, to be given to `--peer`:
#
#     benchmarks/peer_mist.sh [FOLDER]          # default benchmarks/.envs/mist; PYTHON=python3.11 by default
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
folder=${1:-$here/.envs/mist}
"${PYTHON:-python3.11}" -m venv "$folder"
pip=("$folder/bin/pip" --disable-pip-version-check --quiet --no-input)
"${pip[@]}" install torch==2.13.0 || "${pip[@]}" install torch==2.13.0 --index-url https://download.pytorch.org/whl/cpu
"${pip[@]}" install torch_mist==0.2.17 'pandas<3' tqdm scikit-learn
echo "$folder/bin/python"
