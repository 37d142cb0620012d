#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/text.h"
#include "everyml/foundation/io/byte_source_impl.h"
#include "everyml/foundation/io/gzip_impl.h"
#include "everyml/foundation/io/text_encoding_impl.h"

namespace everyml::csv {
namespace {

constexpr std::size_t kHead = 4096;  ///< bytes looked at to tell gzip and encodings apart

class File {
 public:
  explicit File(const std::string& path) : path_(path == "-" ? "standard input" : path) {
    // Standard input itself, not a copy: whoever wants to end a read that waits can put another file in its
    // place.
    descriptor_ = path == "-" ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor_ < 0) fail("io.open", "cannot open ");
    struct stat status{};
    if (::fstat(descriptor_, &status) != 0) fail("io.open", "cannot look at ");
    if (S_ISDIR(status.st_mode)) {
      if (descriptor_ != STDIN_FILENO) ::close(descriptor_);
      throw ResourceError("io.open", printable(path_, 200) + " is a folder; a file is needed");
    }
    regular_ = S_ISREG(status.st_mode) && path != "-";
    size_ = regular_ ? static_cast<std::uint64_t>(status.st_size) : 0;
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() {
    if (descriptor_ > STDIN_FILENO) ::close(descriptor_);
  }

  bool regular() const { return regular_; }
  std::uint64_t size() const { return size_; }
  const std::string& path() const { return path_; }

  std::size_t read(char* out, std::size_t size) const {
    return insist([&] { return ::read(descriptor_, out, size); });
  }
  std::size_t read_at(std::uint64_t offset, char* out, std::size_t size) const {
    return insist([&] { return ::pread(descriptor_, out, size, static_cast<off_t>(offset)); });
  }

 private:
  /// A signal that was dealt with is no reason to stop reading.
  template <class Call>
  std::size_t insist(Call&& call) const {
    for (;;) {
      const ssize_t got = call();
      if (got >= 0) return static_cast<std::size_t>(got);
      if (errno != EINTR) fail_read();
    }
  }
  [[noreturn]] void fail_read() const {
    throw ResourceError("io.read", "reading " + printable(path_, 200) + " failed: " + std::strerror(errno));
  }
  [[noreturn]] void fail(std::string_view code, const char* what) {
    const int reason = errno;
    // Of what can be opened the status can be had; only standard input may be closed when we come.
    if (descriptor_ > STDIN_FILENO) ::close(descriptor_);  // GCOVR_EXCL_BR_LINE
    throw ResourceError(code, what + printable(path_, 200) + ": " + std::strerror(reason));
  }

  std::string path_;
  int descriptor_ = -1;
  bool regular_ = false;
  std::uint64_t size_ = 0;
};

class FileStream final : public ByteStream {
 public:
  explicit FileStream(const std::string& path) : file_(path) {}
  std::size_t read(char* out, std::size_t size) override { return file_.read(out, size); }

 private:
  File file_;
};

class ViewStream final : public ByteStream {
 public:
  explicit ViewStream(std::string_view bytes) : bytes_(bytes) {}
  std::size_t read(char* out, std::size_t size) override {
    const std::size_t count = std::min(size, bytes_.size());
    if (count > 0) std::memcpy(out, bytes_.data(), count);
    bytes_.remove_prefix(count);
    return count;
  }

 private:
  std::string_view bytes_;
};

class PrefixedStream final : public ByteStream {
 public:
  PrefixedStream(std::string head, std::unique_ptr<ByteStream> rest)
      : head_(std::move(head)), rest_(std::move(rest)) {}
  std::size_t read(char* out, std::size_t size) override {
    if (at_ == head_.size()) return rest_->read(out, size);
    const std::size_t count = std::min(size, head_.size() - at_);
    std::memcpy(out, head_.data() + at_, count);
    at_ += count;
    return count;
  }

 private:
  std::string head_;
  std::size_t at_ = 0;
  std::unique_ptr<ByteStream> rest_;
};

class Utf16Stream final : public ByteStream {
 public:
  Utf16Stream(std::unique_ptr<ByteStream> bytes, bool big_endian, TextOrigin& origin)
      : bytes_(std::move(bytes)), decoder_(big_endian), origin_(origin) {}
  std::size_t read(char* out, std::size_t size) override {
    while (at_ == text_.size() && !end_) {
      text_.clear();
      at_ = 0;
      char block[kHead];
      const std::size_t got = bytes_->read(block, sizeof(block));
      if (got == 0) {
        end_ = true;
        decoder_.finish(text_);
      } else {
        decoder_.decode({block, got}, text_);
      }
      origin_.broken_units = decoder_.broken();
    }
    const std::size_t count = std::min(size, text_.size() - at_);
    if (count > 0) std::memcpy(out, text_.data() + at_, count);
    at_ += count;
    return count;
  }

 private:
  std::unique_ptr<ByteStream> bytes_;
  Utf16Decoder decoder_;
  TextOrigin& origin_;
  std::string text_;
  std::size_t at_ = 0;
  bool end_ = false;
};

std::string read_head(ByteStream& stream, std::size_t size) {
  std::string head(size, '\0');
  std::size_t used = 0;
  while (used < size) {
    const std::size_t got = stream.read(head.data() + used, size - used);
    if (got == 0) break;
    used += got;
  }
  head.resize(used);
  return head;
}

/// Undoes gzip and UTF-16 and takes the mark off, and notes each in `origin`.
std::unique_ptr<ByteStream> decode(std::unique_ptr<ByteStream> stream, const std::string& name,
                                   TextOrigin& origin) {
  std::string head = read_head(*stream, kHead);
  if (is_gzip(head)) {
    origin.gzip = true;
    stream = gunzip_stream(prefixed_stream(std::move(head), std::move(stream)), name);
    head = read_head(*stream, kHead);
  }
  const EncodingGuess guess = guess_encoding(head);
  if (guess.encoding == Encoding::utf32) {
    throw FormatError("csv.binary", printable(name, 200) + " is UTF-32 text; save it as UTF-8");
  }
  origin.bom = guess.bom_size > 0;
  head.erase(0, guess.bom_size);
  stream = prefixed_stream(std::move(head), std::move(stream));
  if (guess.encoding == Encoding::utf16_le || guess.encoding == Encoding::utf16_be) {
    const bool big_endian = guess.encoding == Encoding::utf16_be;
    origin.encoding = big_endian ? "utf-16be" : "utf-16le";
    stream = std::make_unique<Utf16Stream>(std::move(stream), big_endian, origin);
  }
  return stream;
}

class FileSource final : public ByteSource {
 public:
  FileSource(const std::string& path, std::uint64_t skip) : file_(path), skip_(skip) {}
  std::uint64_t size() const override { return file_.size() - skip_; }
  void read(std::uint64_t offset, std::size_t size, char* out) const override {
    while (size > 0) {
      const std::size_t got = file_.read_at(skip_ + offset, out, size);
      if (got == 0) {
        throw ResourceError("io.read", printable(file_.path(), 200) + " became shorter while it was read");
      }
      offset += got;
      out += got;
      size -= got;
    }
  }

 private:
  File file_;
  std::uint64_t skip_;
};

class ViewSource final : public ByteSource {
 public:
  explicit ViewSource(std::string_view bytes) : bytes_(bytes) {}
  std::uint64_t size() const override { return bytes_.size(); }
  void read(std::uint64_t offset, std::size_t size, char* out) const override {
    if (size > 0) std::memcpy(out, bytes_.data() + offset, size);
  }

 private:
  std::string_view bytes_;
};

class HeldSource final : public ByteSource {
 public:
  explicit HeldSource(GrowingBytes bytes) : bytes_(std::move(bytes)) {}
  std::uint64_t size() const override { return bytes_.size(); }
  void read(std::uint64_t offset, std::size_t size, char* out) const override {
    if (size > 0) std::memcpy(out, bytes_.data() + offset, size);
  }

 private:
  GrowingBytes bytes_;
};

std::unique_ptr<ByteSource> hold(ByteStream& stream) {
  constexpr std::size_t kBlock = std::size_t{1} << 20;
  GrowingBytes bytes;
  for (;;) {
    const std::size_t got = stream.read(bytes.reserve_more(kBlock), kBlock);
    if (got == 0) break;
    bytes.commit(got);
  }
  return std::make_unique<HeldSource>(std::move(bytes));
}

bool plain(std::string_view head, EncodingGuess guess) {
  return !is_gzip(head) && (guess.encoding == Encoding::utf8 || guess.encoding == Encoding::utf8_bom);
}

}  // namespace

char* GrowingBytes::reserve_more(std::size_t more) {
  if (buffer_.size() - size_ < more) {
    auto larger = Buffer<char>::uninitialized(std::max(size_ + more, buffer_.size() * 2));
    if (size_ > 0) std::memcpy(larger.data(), buffer_.data(), size_);
    buffer_ = std::move(larger);
  }
  return buffer_.data() + size_;
}

void GrowingBytes::append(std::string_view bytes) {
  if (bytes.empty()) return;
  std::memcpy(reserve_more(bytes.size()), bytes.data(), bytes.size());
  commit(bytes.size());
}

void GrowingBytes::trim() {
  if (size_ == buffer_.size()) return;
  auto smaller = Buffer<char>::uninitialized(size_);
  if (size_ > 0) std::memcpy(smaller.data(), buffer_.data(), size_);
  buffer_ = std::move(smaller);
}

void GrowingBytes::drop_front(std::size_t bytes) {
  size_ -= bytes;
  if (size_ > 0) std::memmove(buffer_.data(), buffer_.data() + bytes, size_);
}

std::unique_ptr<ByteStream> prefixed_stream(std::string head, std::unique_ptr<ByteStream> rest) {
  return std::make_unique<PrefixedStream>(std::move(head), std::move(rest));
}

std::unique_ptr<ByteStream> open_text_stream(const std::string& path, TextOrigin& origin) {
  return decode(std::make_unique<FileStream>(path), path, origin);
}

std::unique_ptr<ByteStream> text_stream_over(std::string_view bytes, const std::string& name,
                                             TextOrigin& origin) {
  return decode(std::make_unique<ViewStream>(bytes), name, origin);
}

std::unique_ptr<ByteSource> open_text_source(const std::string& path, TextOrigin& origin) {
  {
    const File file(path);
    if (file.regular()) {
      std::string head(static_cast<std::size_t>(std::min<std::uint64_t>(kHead, file.size())), '\0');
      head.resize(file.read_at(0, head.data(), head.size()));
      const EncodingGuess guess = guess_encoding(head);
      if (plain(head, guess)) {
        origin.bom = guess.bom_size > 0;
        return std::make_unique<FileSource>(path, guess.bom_size);
      }
    }
  }
  return hold(*open_text_stream(path, origin));
}

std::unique_ptr<ByteSource> text_source_over(std::string_view bytes, const std::string& name,
                                             TextOrigin& origin) {
  const std::string_view head = bytes.substr(0, kHead);
  const EncodingGuess guess = guess_encoding(head);
  if (plain(head, guess)) {
    origin.bom = guess.bom_size > 0;
    return std::make_unique<ViewSource>(bytes.substr(guess.bom_size));
  }
  return hold(*text_stream_over(bytes, name, origin));
}

}  // namespace everyml::csv
