#!/usr/bin/env bash
# Installs the Debian packages that a build (or, with "test", the tests and checks too) needs, and only those that are
# missing. Does nothing, and asks for no password, when all are there.
set -euo pipefail

build=(g++ cmake ninja-build ccache mold python3 libopenblas-pthread-dev libhwy-dev libfmt-dev libcli11-dev
       nlohmann-json3-dev libsimdjson-dev libfast-float-dev zlib1g-dev libxxhash-dev libutf8proc-dev libboost1.81-dev
       libgtest-dev libgmock-dev)
test=(python3-dev python3-venv clang-19 clang-format-19 clang-tidy-19 libclang-rt-19-dev lld-19 gcovr)
# Without these the report has no interactive charts; everything else works.
optional=(nodejs npm)

wanted=("${build[@]}")
if [ "${1:-build}" = test ]; then wanted+=("${test[@]}"); fi

if ! command -v dpkg-query >/dev/null; then
  echo "install_packages: this is not a Debian system; please see that these are installed: ${wanted[*]}" >&2
  exit 0
fi

installed() { [ "$(dpkg-query -W -f='${db:Status-Abbrev}' "$1" 2>/dev/null)" = "ii " ]; }
missing=()
for package in "${wanted[@]}"; do installed "$package" || missing+=("$package"); done
for tool in "${optional[@]}"; do
  command -v "${tool/nodejs/node}" >/dev/null || missing_tools="${missing_tools:-} $tool"
done
if [ -n "${missing_tools:-}" ]; then
  echo "install_packages:$missing_tools not found: reports are built without interactive charts" >&2
fi
[ ${#missing[@]} -gt 0 ] || exit 0

echo "install_packages: installing ${missing[*]}" >&2
as_root=()
if [ "$(id -u)" -ne 0 ]; then as_root=(sudo); fi
export DEBIAN_FRONTEND=noninteractive
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
