#!/usr/bin/env bash
# The benchmark "Beyond Normal" (benchmark-mi) in an environment of its own: it makes samples and knows the truth.
#     benchmarks/peer_bmi.sh FOLDER    then    FOLDER/bin/python benchmarks/bmi_samples.py OUT
set -euo pipefail
folder=${1:?usage: benchmarks/peer_bmi.sh FOLDER}
"${PYTHON:-python3}" -m venv "$folder"
# Its pinned equinox needs jax.core.pp_eqn_rules, which later versions of jax took away.
"$folder/bin/pip" install --quiet 'benchmark-mi==0.1.3' 'jax==0.4.33' 'jaxlib==0.4.33'
