#!/usr/bin/env bash
# Puts DuckDB's library, which reads Parquet, into a folder: scripts/fetch_duckdb.sh [FOLDER]
# The folder is .cache of the repository unless given. The library comes out of an npm package, by name and version.
set -euo pipefail
version=1.5.6-r.1
root="$(cd "$(dirname "$0")/.." && pwd)"
folder="${1:-$root/.cache}"
case "$(uname -m)" in
  x86_64) package=@duckdb/node-bindings-linux-x64 ;;
  aarch64) package=@duckdb/node-bindings-linux-arm64 ;;
  *)
    echo "fetch_duckdb.sh: no package for $(uname -m)" >&2
    exit 1
    ;;
esac
mkdir -p "$folder"
folder="$(cd "$folder" && pwd)"
if [ -f "$folder/libduckdb.so" ]; then
  echo "$folder/libduckdb.so is there already"
  exit 0
fi
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
(cd "$work" && npm pack --silent "$package@$version" >/dev/null && tar -xzf ./*.tgz)
library="$(find "$work" -name 'libduckdb.so' | head -n 1)"
if [ -z "$library" ]; then
  echo "fetch_duckdb.sh: the package holds no libduckdb.so" >&2
  exit 1
fi
mv "$library" "$folder/libduckdb.so"
echo "$folder/libduckdb.so"
