#!/bin/bash
# Installs the library to a temporary prefix, builds a program against it by find_package and by pkg-config, and runs
# both; then the programs of README and docs. Usage: tests/scripts/consumer.sh BUILD_FOLDER
set -euo pipefail
source_dir=$(cd "$(dirname "$0")/../.." && pwd)
build_dir=$(cd "${1:?the folder of a finished build}" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cmake --install "$build_dir" --prefix "$work/prefix" --component development > "$work/install.log"
data=$source_dir/examples/data/titanic.csv

cmake -S "$source_dir/tests/consumer" -B "$work/build" -DCMAKE_PREFIX_PATH="$work/prefix" \
      -DCMAKE_BUILD_TYPE=Release > "$work/configure.log" || { cat "$work/configure.log"; exit 1; }
cmake --build "$work/build"
cd "$work"
"$work/build/consumer" "$data" > by_cmake.txt
cat by_cmake.txt
# The header line and five answers follow the sentence.
test "$(tail -n 6 by_cmake.txt | head -n 1)" = survived
test "$(wc -l < by_cmake.txt)" -ge 7

export PKG_CONFIG_PATH=$(dirname "$(find "$work/prefix" -name everyml.pc)")
if command -v pkg-config > /dev/null; then
  read -r -a flags <<< "$(pkg-config --cflags everyml)"
  read -r -a libs <<< "$(pkg-config --libs everyml)"
  "${CXX:-c++}" "${flags[@]}" "$source_dir/tests/consumer/main.cpp" -o by_pkg_config "${libs[@]}"
  ./by_pkg_config "$data" > by_pkg_config.txt
  cmp by_cmake.txt by_pkg_config.txt
else
  echo "pkg-config is not installed: that way was not tried"
fi
python3 "$source_dir/scripts/check_prose.py" --build "$build_dir"
echo "consumer: ok"
