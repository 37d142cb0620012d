#!/usr/bin/env bash
# Static analysis (.clang-tidy) of the sources given, or of all sources of the library and the apps but tests.
set -euo pipefail
cd "$(dirname "$0")/.."
if [ $# -gt 0 ]; then
  printf '%s\0' "$@"
else
  git ls-files -z 'everyml/*.cpp' 'apps/*.cpp' | grep -zv '_test\.cpp$'
fi | xargs -0 -r -n 1 -P "$(nproc)" clang-tidy-19 -p build/dev --quiet --warnings-as-errors='*' 2>/dev/null
