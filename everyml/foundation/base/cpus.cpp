#include <algorithm>
#include <charconv>
#include <cmath>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <thread>

#include "everyml/foundation/base/text.h"
#include "everyml/foundation/base/thread_pool_impl.h"

#if defined(__linux__)
#include <sched.h>
#endif

namespace everyml {
namespace {

namespace fs = std::filesystem;

std::optional<std::string> small_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  std::string text(64 * 1024, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  return text;
}

std::optional<double> number_in(std::string_view text) {
  const std::string_view trimmed = trim(text);
  double value = 0;
  const auto end = trimmed.data() + trimmed.size();
  const auto [stop, error] = std::from_chars(trimmed.data(), end, value);
  if (error != std::errc() || stop != end) return std::nullopt;
  return value;
}

// The smallest quota on the way from a group up to the root holds. Inside a container the group's own path
// may not be visible, which leaves the root.
template <class Read>
std::optional<double> smallest_upwards(const fs::path& root, std::string_view group, Read read) {
  std::optional<double> smallest;
  fs::path inner = fs::path(std::string(group)).relative_path();
  while (true) {
    if (const auto cpus = read(root / inner); cpus && (!smallest || *cpus < *smallest)) smallest = cpus;
    if (inner.empty()) return smallest;
    inner = inner.parent_path();
  }
}

std::optional<double> quota(std::optional<double> per_period, std::optional<double> period) {
  if (!per_period || !period || *per_period <= 0 || *period <= 0) return std::nullopt;
  return *per_period / *period;
}

// "max 100000" or "150000 100000".
std::optional<double> version_2(const fs::path& folder) {
  const auto text = small_file(folder / "cpu.max");
  if (!text) return std::nullopt;
  const auto words = split(trim(*text), ' ');
  if (words.size() != 2) return std::nullopt;
  return quota(number_in(words[0]), number_in(words[1]));
}

std::optional<double> version_1(const fs::path& folder) {
  const auto per_period = small_file(folder / "cpu.cfs_quota_us");
  const auto period = small_file(folder / "cpu.cfs_period_us");
  if (!per_period || !period) return std::nullopt;
  return quota(number_in(*per_period), number_in(*period));
}

}  // namespace

int cgroup_cpus(std::string_view membership, const fs::path& root) {
  std::optional<double> smallest;
  const auto take = [&](std::optional<double> cpus) {
    if (cpus && (!smallest || *cpus < *smallest)) smallest = cpus;
  };
  for (const std::string_view line : split(membership, '\n')) {
    // number:controllers:path
    const std::size_t first = line.find(':');
    const std::size_t second = first == line.npos ? line.npos : line.find(':', first + 1);
    if (second == line.npos) continue;
    const std::string_view controllers = line.substr(first + 1, second - first - 1);
    const std::string_view group = line.substr(second + 1);
    if (controllers.empty()) {
      take(smallest_upwards(root, group, version_2));
      continue;
    }
    for (const std::string_view controller : split(controllers, ',')) {
      if (controller != "cpu") continue;
      take(smallest_upwards(root / "cpu", group, version_1));
      take(smallest_upwards(root / std::string(controllers), group, version_1));
    }
  }
  if (!smallest) return 0;
  return static_cast<int>(std::clamp(std::floor(*smallest), 1.0, 1e6));
}

int available_threads() {
  // Asked once: a worker per change of quota would be no gain.
  static const int threads = [] {
    int cpus = static_cast<int>(std::thread::hardware_concurrency());
#if defined(__linux__)
    // The kernel refuses a mask smaller than its own, so grow until it fits.
    for (int most = 1024; most <= 1 << 20; most *= 2) {
      cpu_set_t* mask = CPU_ALLOC(most);
      if (mask == nullptr) break;
      const bool known = sched_getaffinity(0, CPU_ALLOC_SIZE(most), mask) == 0;
      if (known) cpus = CPU_COUNT_S(CPU_ALLOC_SIZE(most), mask);
      CPU_FREE(mask);
      if (known) break;
    }
    if (const auto membership = small_file("/proc/self/cgroup")) {
      if (const int granted = cgroup_cpus(*membership, "/sys/fs/cgroup"); granted > 0) {
        cpus = std::min(cpus, granted);
      }
    }
#endif
    return std::max(1, cpus);
  }();
  return threads;
}

}  // namespace everyml
