#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <new>
#include <span>
#include <type_traits>
#include <utility>

namespace everyml {

/// Counts the bytes of large arrays against a limit. Thread-safe.
class MemoryBudget {
 public:
  /// `limit` in bytes; 0 means no limit.
  explicit MemoryBudget(std::size_t limit = 0) : limit_(limit) {}
  MemoryBudget(const MemoryBudget&) = delete;
  MemoryBudget& operator=(const MemoryBudget&) = delete;

  /// Throws ResourceError "resource.memory" naming the size asked and the size left.
  void charge(std::size_t bytes);
  void release(std::size_t bytes) noexcept;

  std::size_t limit() const { return limit_; }
  std::size_t used() const { return used_.load(std::memory_order_relaxed); }
  std::size_t peak() const { return peak_.load(std::memory_order_relaxed); }

 private:
  std::size_t limit_;
  std::atomic<std::size_t> used_{0};
  std::atomic<std::size_t> peak_{0};
};

/// Raw storage: 2 MiB aligned and advised to huge pages when large, 64-byte aligned otherwise.
/// Not zeroed. Charged to the budget that was current at the call (see `BudgetScope`).
void* allocate_bytes(std::size_t bytes);
void free_bytes(void* pointer, std::size_t bytes) noexcept;

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
      if (size > SIZE_MAX / sizeof(T)) throw std::bad_alloc();
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
