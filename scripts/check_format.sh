#!/usr/bin/env bash
# Every C++ file of the repository is written as .clang-format says, every Python file of the package and the scripts as
# pyproject.toml says. `--fix` writes them so.
set -euo pipefail
cd "$(dirname "$0")/.."
mode=(--dry-run -Werror)
if [ "${1:-}" = --fix ]; then mode=(-i); fi
git ls-files -z '*.cpp' '*.h' | xargs -0 -r -n 24 -P "$(nproc)" clang-format-19 "${mode[@]}"

ruff=build/python/bin/ruff
python=(apps/python scripts tests)
if [ ! -x "$ruff" ]; then
  echo "check_format: no environment for Python (scripts/make_python_env.sh): PYTHON FILES ARE NOT CHECKED" >&2
elif [ "${1:-}" = --fix ]; then
  "$ruff" check -q --fix "${python[@]}"
  "$ruff" format -q "${python[@]}"
else
  "$ruff" check -q --no-cache "${python[@]}"
  "$ruff" format -q --check --no-cache "${python[@]}"
fi
