#include <zlib.h>

#include <vector>

#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/text.h"
#include "everyml/foundation/io/gzip_impl.h"

namespace everyml::csv {
namespace {

constexpr std::size_t kInputBlock = std::size_t{1} << 16;
constexpr int kGzipOnly = 15 + 16;  ///< largest window, gzip wrapper (zlib manual, inflateInit2)

class GunzipStream final : public ByteStream {
 public:
  GunzipStream(std::unique_ptr<ByteStream> packed, const std::string& name)
      : packed_(std::move(packed)), name_(name), input_(kInputBlock) {
    if (inflateInit2(&state_, kGzipOnly) != Z_OK) fail_memory();  // GCOVR_EXCL_BR_LINE: no input does that
  }
  GunzipStream(const GunzipStream&) = delete;
  GunzipStream& operator=(const GunzipStream&) = delete;
  ~GunzipStream() override { inflateEnd(&state_); }

  std::size_t read(char* out, std::size_t size) override {
    state_.next_out = reinterpret_cast<Bytef*>(out);
    // Nobody asks for a GiB at once.
    state_.avail_out = static_cast<uInt>(std::min<std::size_t>(size, 1u << 30));  // GCOVR_EXCL_BR_LINE
    const uInt room = state_.avail_out;
    while (state_.avail_out == room && !end_) step();
    return room - state_.avail_out;
  }

 private:
  void step() {
    if (state_.avail_in == 0 && !refill()) {
      if (inside_) fail("it ends in the middle");
      end_ = true;
      return;
    }
    if (!inside_) {
      // Zero bytes after the last member are padding of tapes and disks; anything else must be a new member.
      if (*state_.next_in == 0) {
        ++state_.next_in;
        --state_.avail_in;
        return;
      }
      inflateReset(&state_);
      inside_ = true;
    }
    const int result = inflate(&state_, Z_NO_FLUSH);
    if (result == Z_STREAM_END) {
      inside_ = false;
    } else if (result == Z_MEM_ERROR) {  // GCOVR_EXCL_BR_LINE: no input does that
      fail_memory();                     // GCOVR_EXCL_LINE
    } else if (result != Z_OK && result != Z_BUF_ERROR) {
      // Damage always comes with a message; the other results belong to misuse.
      fail(state_.msg != nullptr ? state_.msg : "bad data");  // GCOVR_EXCL_BR_LINE
    }
  }

  bool refill() {
    const std::size_t got = packed_->read(input_.data(), input_.size());
    state_.next_in = reinterpret_cast<Bytef*>(input_.data());
    state_.avail_in = static_cast<uInt>(got);
    taken_ += got;
    return got > 0;
  }

  // GCOVR_EXCL_START: needs a machine without memory
  [[noreturn]] void fail_memory() const {
    throw ResourceError("resource.memory", "no memory left to unpack " + printable(name_, 200));
  }
  // GCOVR_EXCL_STOP
  [[noreturn]] void fail(const std::string& reason) const {
    throw FormatError("gzip.broken", printable(name_, 200) + " is a damaged gzip file (" + reason +
                                         ", near byte " + std::to_string(taken_ - state_.avail_in) +
                                         "); fetch or pack it again");
  }

  std::unique_ptr<ByteStream> packed_;
  std::string name_;
  std::vector<char> input_;
  z_stream state_{};
  std::uint64_t taken_ = 0;
  bool inside_ = true;
  bool end_ = false;
};

}  // namespace

bool is_gzip(std::string_view head) {
  return head.size() >= 3 && head[0] == '\x1F' && head[1] == '\x8B' && head[2] == '\x08';
}

std::unique_ptr<ByteStream> gunzip_stream(std::unique_ptr<ByteStream> packed, const std::string& name) {
  return std::make_unique<GunzipStream>(std::move(packed), name);
}

}  // namespace everyml::csv
