#pragma once

#include <chrono>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <span>
#include <string>

namespace everyml::bench {

/// Least wall and CPU seconds of several runs; the two minima are taken apart, since load moves them
/// differently.
struct Seconds {
  double wall = 1e30;
  double cpu = 1e30;
};

template <class F>
Seconds least_of(int runs, const F& body) {
  Seconds least;
  for (int i = 0; i < runs; ++i) {
    const auto cpu = std::clock();
    const auto wall = std::chrono::steady_clock::now();
    body();
    const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - wall;
    least.wall = std::min(least.wall, passed.count());
    least.cpu = std::min(least.cpu, static_cast<double>(std::clock() - cpu) / CLOCKS_PER_SEC);
  }
  return least;
}

/// Raw little-endian float32 for the peers, which must read the same numbers.
inline void write_raw(const std::string& path, std::span<const float> values) {
  std::ofstream out(path, std::ios::binary);
  out.write(reinterpret_cast<const char*>(values.data()), static_cast<std::streamsize>(values.size_bytes()));
}

}  // namespace everyml::bench
