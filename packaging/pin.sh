#!/usr/bin/env bash
# Writes the pinned, hashed requirement files again, from pyproject.toml. Needs `uv`. `pin.sh --upgrade` moves every
# pin to the newest release allowed; without it only what pyproject.toml demands changes.
#
# The files hold no address of a package index: where packages come from is the machine's own business (pip's
# configuration), and the hashes make sure that it does not matter.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$here/.."
uv=$(command -v uv || echo .venv/bin/uv)

pin() { # pin OUTPUT ARGUMENTS...: one file for Linux and Windows, for every Python from 3.12
    local out=$1
    shift
    echo "pinning $out"
    "$uv" pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --no-annotate \
        --python-version 3.12 -o "packaging/$out" "$@"
}

pin requirements.txt "$@" --group build pyproject.toml
pin requirements-web.txt "$@" -c packaging/requirements.txt --extra web --group build pyproject.toml
pin requirements-plates.txt "$@" -c packaging/requirements.txt --extra plates --group build pyproject.toml
pin requirements-test.txt "$@" -c packaging/requirements.txt --group build --group test pyproject.toml
pin requirements-tools.txt "$@" packaging/requirements-tools.in
