#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>

namespace everyml {

/// Counts the bytes of large arrays against a limit. Thread-safe.
class MemoryBudget {
 public:
  /// `limit` in bytes; 0 means no limit.
  explicit MemoryBudget(std::size_t limit = 0) : account_(std::make_shared<Account>(limit)) {}
  MemoryBudget(const MemoryBudget&) = delete;
  MemoryBudget& operator=(const MemoryBudget&) = delete;

  /// Throws ResourceError "resource.memory" naming the size asked and the size left.
  void charge(std::size_t bytes) { account_->charge(bytes); }
  void release(std::size_t bytes) noexcept { account_->release(bytes); }

  std::size_t limit() const { return account_->limit; }
  std::size_t used() const { return account_->used.load(std::memory_order_relaxed); }
  std::size_t peak() const { return account_->peak.load(std::memory_order_relaxed); }

  /// The figures themselves. Each charged array holds on to them, so a model may outlive the run that made
  /// it.
  struct Account {
    explicit Account(std::size_t most) : limit(most) {}
    void charge(std::size_t bytes);
    void release(std::size_t bytes) noexcept;

    const std::size_t limit;
    std::atomic<std::size_t> used{0};
    std::atomic<std::size_t> peak{0};
  };

 private:
  friend class BudgetScope;
  std::shared_ptr<Account> account_;
};

/// Makes a budget the current one of this thread until the end of the scope; scopes nest. Large arrays made
/// in the meantime are charged to it and released to it, whenever and on whatever thread they end. A parallel
/// loop hands the caller's current budget to its workers.
class BudgetScope {
 public:
  using Handle = std::shared_ptr<MemoryBudget::Account>;

  explicit BudgetScope(const MemoryBudget& budget) : BudgetScope(budget.account_) {}
  /// An empty handle charges nobody.
  explicit BudgetScope(Handle handle) noexcept;
  ~BudgetScope();
  BudgetScope(const BudgetScope&) = delete;
  BudgetScope& operator=(const BudgetScope&) = delete;

  /// What this thread's large arrays are charged to now; empty when there is no scope.
  static Handle current() noexcept;

 private:
  Handle handle_;
  const BudgetScope* outer_;
};

/// Raw storage: 2 MiB aligned and advised to huge pages from 2 MiB on, 64-byte aligned otherwise. Not zeroed.
/// From 64 KiB on it is charged to the budget current at the call (see `BudgetScope`).
/// Throws ResourceError "resource.memory". Thread-safe. `free_bytes` takes the same number of bytes.
void* allocate_bytes(std::size_t bytes);
void free_bytes(void* pointer, std::size_t bytes) noexcept;
/// Throws the ResourceError "resource.memory" of a size that no machine has.
[[noreturn]] void throw_too_large();

/// A fixed-size array of trivially copyable values from the one allocator.
/// Elements are zero unless made with `uninitialized`.
template <class T>
class Buffer {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  Buffer() = default;
  explicit Buffer(std::size_t size) : Buffer(uninitialized(size)) { std::fill_n(data_, size_, T{}); }
  static Buffer uninitialized(std::size_t size) {
    Buffer buffer;
    if (size > 0) {
      if (size > SIZE_MAX / sizeof(T)) throw_too_large();
      buffer.data_ = static_cast<T*>(allocate_bytes(size * sizeof(T)));
    }
    buffer.size_ = size;
    return buffer;
  }
  Buffer(const Buffer& other) : Buffer(uninitialized(other.size_)) { std::copy_n(other.data_, size_, data_); }
  Buffer(Buffer&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  Buffer& operator=(Buffer other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~Buffer() {
    if (data_) free_bytes(data_, size_ * sizeof(T));
  }

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  T* data() { return data_; }
  const T* data() const { return data_; }
  T& operator[](std::size_t i) { return data_[i]; }
  const T& operator[](std::size_t i) const { return data_[i]; }
  T* begin() { return data_; }
  T* end() { return data_ + size_; }
  const T* begin() const { return data_; }
  const T* end() const { return data_ + size_; }
  std::span<T> span() { return {data_, size_}; }
  std::span<const T> span() const { return {data_, size_}; }
  operator std::span<T>() { return span(); }              // NOLINT: a buffer is a span by nature
  operator std::span<const T>() const { return span(); }  // NOLINT

 private:
  T* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace everyml
