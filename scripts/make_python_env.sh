#!/usr/bin/env bash
# Makes the environments in which the Python package is built and tested: build/python with the newest peers and
# build/python-oldest with the oldest that are claimed. Does nothing when both are as their lists say. Where there is no
# Python, or its packages cannot be had, it says so and succeeds: the rest of everyml needs none of it.
set -uo pipefail
cd "$(dirname "$0")/.."

make_env() {
  local env=$1 list=$2 stamp
  stamp="$("$python" --version) $(sha256sum <"$list")"
  if [ -f "$env/made" ] && [ "$(cat "$env/made")" = "$stamp" ]; then return; fi
  echo "make_python_env: $env" >&2
  rm -rf "$env"
  "$python" -m venv "$env" && "$env/bin/python" -m pip install -q --disable-pip-version-check -r "$list" &&
    echo "$stamp" >"$env/made"
}

python=$(command -v python3 || true)
if [ -z "$python" ] || ! "$python" -c 'import sys, venv; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; then
  echo "make_python_env: no Python 3.10 or later with venv: THE PYTHON PACKAGE IS NEITHER BUILT NOR TESTED" >&2
  exit 0
fi
for kind in "" -oldest; do
  if ! make_env "build/python$kind" "apps/python/tests/requirements$kind.txt"; then
    rm -rf "build/python$kind"
    echo "make_python_env: the packages of requirements$kind.txt could not be installed:" \
      "THE PYTHON PACKAGE IS NOT TESTED${kind:+ WITH THE OLDEST PEERS}" >&2
  fi
done
