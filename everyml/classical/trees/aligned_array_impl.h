#pragma once

#include <cstddef>
#include <new>

namespace everyml::detail {

/// Zeros at an address that suits every vector.
template <class T>
class AlignedArray {
 public:
  explicit AlignedArray(std::size_t size) : values_(new(std::align_val_t{64}) T[size]()) {}
  ~AlignedArray() { operator delete[](values_, std::align_val_t{64}); }
  AlignedArray(const AlignedArray&) = delete;
  AlignedArray& operator=(const AlignedArray&) = delete;
  T* data() { return values_; }
  const T* data() const { return values_; }
  T& operator[](std::size_t i) { return values_[i]; }

 private:
  T* values_;
};

}  // namespace everyml::detail
