#include "everyml/foundation/base/memory.h"

#include <fmt/format.h>

#include <cstdlib>
#include <new>

#include "everyml/foundation/base/error.h"

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace everyml {
namespace {

using Handle = BudgetScope::Handle;

constexpr std::size_t kLine = 64;
constexpr std::size_t kHugePage = std::size_t{2} << 20;
constexpr std::size_t kCharged = std::size_t{64} << 10;

thread_local const BudgetScope* innermost = nullptr;

constexpr std::size_t round_up(std::size_t bytes, std::size_t to) { return (bytes + to - 1) / to * to; }

// A charged block ends in the handle of the account that pays for it. At the end it costs no alignment, and
// it is found again because the size comes back with the pointer.
std::size_t block_size(std::size_t bytes) {
  return bytes < kCharged ? round_up(bytes, kLine)
                          : round_up(round_up(bytes, alignof(Handle)) + sizeof(Handle), kLine);
}
Handle* handle_of(void* pointer, std::size_t bytes) {
  return reinterpret_cast<Handle*>(static_cast<std::byte*>(pointer) + round_up(bytes, alignof(Handle)));
}

std::string size_text(std::size_t bytes) {
  const char* units[] = {"bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  auto size = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; size >= 1024 && unit + 1 < std::size(units); ++unit) size /= 1024;
  return unit == 0 ? fmt::format("{} bytes", bytes) : fmt::format("{:.1f} {}", size, units[unit]);
}

}  // namespace

void MemoryBudget::Account::charge(std::size_t bytes) {
  std::size_t before = used.load(std::memory_order_relaxed);
  do {
    const std::size_t most = limit == 0 ? SIZE_MAX : limit;
    const std::size_t left = most - std::min(most, before);
    if (bytes > left) {
      throw ResourceError(
          "resource.memory",
          fmt::format("An array of {} does not fit into the memory allowed: {} of {} are left.",
                      size_text(bytes), size_text(left), size_text(most)));
    }
  } while (!used.compare_exchange_weak(before, before + bytes, std::memory_order_relaxed));
  const std::size_t now = before + bytes;
  std::size_t highest = peak.load(std::memory_order_relaxed);
  while (highest < now && !peak.compare_exchange_weak(highest, now, std::memory_order_relaxed)) {
  }
}

void MemoryBudget::Account::release(std::size_t bytes) noexcept {
  used.fetch_sub(bytes, std::memory_order_relaxed);
}

BudgetScope::BudgetScope(Handle handle) noexcept : handle_(std::move(handle)), outer_(innermost) {
  innermost = this;
}
BudgetScope::~BudgetScope() { innermost = outer_; }
BudgetScope::Handle BudgetScope::current() noexcept { return innermost ? innermost->handle_ : nullptr; }

void throw_too_large() {
  throw ResourceError("resource.memory", "An array was asked for that is larger than any machine's memory.");
}

void* allocate_bytes(std::size_t bytes) {
  if (bytes > static_cast<std::size_t>(PTRDIFF_MAX) - 2 * kHugePage) throw_too_large();
  Handle account;
  if (bytes >= kCharged) {
    account = BudgetScope::current();
    if (account) account->charge(bytes);
  }
  const std::size_t size = std::max(block_size(bytes), kLine);
  // Not std::aligned_alloc: it may refuse sizes that are no multiple of the alignment.
  void* pointer = nullptr;
  if (posix_memalign(&pointer, bytes < kHugePage ? kLine : kHugePage, size) != 0) {
    if (account) account->release(bytes);
    throw ResourceError("resource.memory",
                        fmt::format("The system has no memory left for an array of {}.", size_text(bytes)));
  }
#if defined(__linux__) && defined(MADV_HUGEPAGE)
  // Advice only: a kernel without huge pages refuses it and nothing is lost.
  if (bytes >= kHugePage) (void)madvise(pointer, bytes / kHugePage * kHugePage, MADV_HUGEPAGE);
#endif
  if (bytes >= kCharged) new (handle_of(pointer, bytes)) Handle(std::move(account));
  return pointer;
}

void free_bytes(void* pointer, std::size_t bytes) noexcept {
  if (pointer == nullptr) return;
  if (bytes >= kCharged) {
    Handle* account = handle_of(pointer, bytes);
    if (*account) (*account)->release(bytes);
    account->~Handle();
  }
  std::free(pointer);
}

}  // namespace everyml
