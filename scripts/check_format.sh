#!/usr/bin/env bash
# Every C++ file of the repository is written as .clang-format says. `--fix` writes it so.
set -euo pipefail
cd "$(dirname "$0")/.."
mode=(--dry-run -Werror)
if [ "${1:-}" = --fix ]; then mode=(-i); fi
git ls-files -z '*.cpp' '*.h' | xargs -0 -r -n 24 -P "$(nproc)" clang-format-19 "${mode[@]}"
