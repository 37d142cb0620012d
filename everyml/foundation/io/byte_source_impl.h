#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "everyml/foundation/base/memory.h"

namespace everyml::csv {

/// Bytes in order, as from a pipe. Not thread-safe.
class ByteStream {
 public:
  virtual ~ByteStream() = default;
  /// Up to `size` bytes; 0 only at the end. REQUIRES: size > 0.
  /// Throws ResourceError "io.read", FormatError "gzip.broken".
  virtual std::size_t read(char* out, std::size_t size) = 0;
};

/// Bytes of known size at any place. Thread-safe.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  virtual std::uint64_t size() const = 0;
  /// Copies [offset, offset + size). REQUIRES: that lies inside.
  /// Throws ResourceError "io.read", also when the file has become shorter.
  virtual void read(std::uint64_t offset, std::size_t size, char* out) const = 0;
};

/// What was done to bring the bytes to UTF-8 without a byte order mark.
struct TextOrigin {
  bool bom = false;
  bool gzip = false;
  std::string encoding = "utf-8";
  std::uint64_t broken_units = 0;  ///< UTF-16 units that were no character; final at the end of the stream
};

/// Plain, gzip, UTF-8 with or without mark, UTF-16: comes as UTF-8 without a mark. "-" is standard input.
/// `origin` must outlive the stream. Throws ResourceError "io.open"; FormatError "csv.binary" for UTF-32.
std::unique_ptr<ByteStream> open_text_stream(const std::string& path, TextOrigin& origin);
std::unique_ptr<ByteStream> text_stream_over(std::string_view bytes, const std::string& name,
                                             TextOrigin& origin);

/// Gives back bytes that were read ahead, then the rest.
std::unique_ptr<ByteStream> prefixed_stream(std::string head, std::unique_ptr<ByteStream> rest);

/// open_text_stream and text_stream_over as a whole. A plain regular file is read in place, everything else
/// is held in memory.
std::unique_ptr<ByteSource> open_text_source(const std::string& path, TextOrigin& origin);
/// Borrows `bytes` when they need no conversion.
std::unique_ptr<ByteSource> text_source_over(std::string_view bytes, const std::string& name,
                                             TextOrigin& origin);

/// Bytes that grow by doubling, charged to the memory budget.
class GrowingBytes {
 public:
  char* data() { return buffer_.data(); }
  const char* data() const { return buffer_.data(); }
  std::size_t size() const { return size_; }
  std::string_view view() const { return {buffer_.data(), size_}; }
  /// Room for `more` bytes after the end; commit() makes them part.
  char* reserve_more(std::size_t more);
  void commit(std::size_t bytes) { size_ += bytes; }
  void append(std::string_view bytes);
  void clear() { size_ = 0; }
  /// Drops the first bytes and moves the rest to the front.
  void drop_front(std::size_t bytes);
  /// Gives back the room beyond the end.
  void trim();
  void release() {
    buffer_ = {};
    size_ = 0;
  }

 private:
  Buffer<char> buffer_;
  std::size_t size_ = 0;
};

}  // namespace everyml::csv
