#include <utf8proc.h>
#include <xxhash.h>

#include <algorithm>

#include "everyml/foundation/base/parallel.h"
#include "everyml/workflow/encode/encoder_impl.h"
#include "everyml/workflow/encode/source_impl.h"

namespace everyml::encode_detail {
namespace {

// One code point becomes at most 18 by compatibility decomposition (U+FDFA).
constexpr std::size_t kExpansion = 18;

bool ascii(char c) { return static_cast<unsigned char>(c) < 0x80; }

/// The lower-case form of an ASCII letter or digit, 0 for anything else.
char ascii_word(char c) {
  if (c >= 'A' && c <= 'Z') return static_cast<char>(c - 'A' + 'a');
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ? c : '\0';
}

/// Scripts written without spaces: each sign is a word of its own, and the pairs do the rest.
bool stands_alone(std::int32_t point) {
  return (point >= 0x3040 && point <= 0x30ff) || (point >= 0x3400 && point <= 0x9fff) ||
         (point >= 0xf900 && point <= 0xfaff) || (point >= 0x20000 && point <= 0x3ffff);
}

bool in_word(std::int32_t point) {
  const auto category = utf8proc_category(point);
  return (category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO) ||
         (category >= UTF8PROC_CATEGORY_MN && category <= UTF8PROC_CATEGORY_ME) ||
         (category >= UTF8PROC_CATEGORY_ND && category <= UTF8PROC_CATEGORY_NO);
}

}  // namespace

WordHasher::WordHasher() : word_(kLongestWord), before_(kLongestWord), points_(kLongestPiece * kExpansion) {}

void WordHasher::begin_word() {
  std::swap(word_, before_);
  before_size_ = word_size_;
  word_size_ = 0;
  open_ = true;
}

/// Appends a code point in UTF-8. False when the word is as long as it may be; what follows is left out.
bool WordHasher::push(std::int32_t point) {
  if (word_size_ + 4 > kLongestWord) return false;
  word_size_ += static_cast<std::size_t>(
      utf8proc_encode_char(point, reinterpret_cast<utf8proc_uint8_t*>(word_.data() + word_size_)));
  return true;
}

/// Collects the next word of the normalised piece; false at its end.
bool WordHasher::next_normalised() {
  open_ = false;
  while (points_at_ < points_size_) {
    const std::int32_t point = points_[points_at_];
    if (stands_alone(point) && in_word(point)) {
      if (open_) return true;
      ++points_at_;
      begin_word();
      push(point);
      return true;
    }
    ++points_at_;
    if (in_word(point)) {
      if (!open_) begin_word();
      push(point);
    } else if (open_) {
      return true;
    }
  }
  return open_;
}

/// NFKC with case folding of one piece; bytes that are not UTF-8 separate words.
void WordHasher::normalise(std::string_view piece) {
  points_size_ = points_at_ = 0;
  constexpr auto kOptions = static_cast<utf8proc_option_t>(
      UTF8PROC_STABLE | UTF8PROC_COMPAT | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE);
  while (!piece.empty()) {
    std::size_t good = 0;
    while (good < piece.size()) {
      std::int32_t point = 0;
      const auto taken = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(piece.data() + good),
                                          static_cast<utf8proc_ssize_t>(piece.size() - good), &point);
      if (taken <= 0) break;
      good += static_cast<std::size_t>(taken);
    }
    if (good > 0) {
      std::int32_t* out = points_.data() + points_size_;
      const auto room = static_cast<utf8proc_ssize_t>(points_.size() - points_size_);
      auto count = utf8proc_decompose(reinterpret_cast<const utf8proc_uint8_t*>(piece.data()),
                                      static_cast<utf8proc_ssize_t>(good), out, room, kOptions);
      if (count > 0 && count <= room) count = utf8proc_normalize_utf32(out, count, kOptions);
      if (count > 0 && count <= room) points_size_ += static_cast<std::size_t>(count);
    }
    const std::size_t rest = std::min(piece.size(), good + 1);
    if (good < piece.size() && points_size_ < points_.size()) points_[points_size_++] = ' ';
    piece.remove_prefix(rest);
  }
}

/// Collects the next word of `text` from `at` on; false at its end. Text between ASCII separators that is
/// ASCII alone takes the short way: there NFKC with case folding is the lower case.
bool WordHasher::next(std::string_view text, std::size_t& at) {
  while (true) {
    if (points_at_ < points_size_ && next_normalised()) {
      ++words_;
      return true;
    }
    while (at < text.size() && ascii(text[at]) && ascii_word(text[at]) == 0) ++at;
    if (at >= text.size()) return false;
    std::size_t end = at;
    bool plain = true;
    while (end < text.size() && end - at < kLongestPiece &&
           (!ascii(text[end]) || ascii_word(text[end]) != 0)) {
      plain = plain && ascii(text[end]);
      ++end;
    }
    if (plain) {
      begin_word();
      word_size_ = std::min(end - at, kLongestWord);
      std::transform(text.data() + at, text.data() + at + word_size_, word_.data(), ascii_word);
      at = end;
      ++words_;
      return true;
    }
    // A piece is not cut inside a code point.
    while (end < text.size() && end - at > kLongestPiece - 4 &&
           (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) {
      --end;
    }
    normalise(text.substr(at, end - at));
    at = end;
  }
}

std::uint64_t WordHasher::hash_word() const { return XXH3_64bits(word_.data(), word_size_); }

std::uint64_t WordHasher::hash_pair() const {
  std::array<char, 2 * kLongestWord + 1> pair;
  std::copy_n(before_.data(), before_size_, pair.data());
  pair[before_size_] = ' ';
  std::copy_n(word_.data(), word_size_, pair.data() + before_size_ + 1);
  return XXH3_64bits(pair.data(), before_size_ + 1 + word_size_);
}

TextRow::TextRow(std::size_t buckets) : counts_(buckets), touched_((buckets + 63) / 64) {}

double TextRow::length(std::span<const float> idf) const {
  double squares = 0;
  for (std::size_t w = 0; w < touched_.size(); ++w) {
    for (std::uint64_t left = touched_[w]; left != 0; left &= left - 1) {
      const std::size_t bucket = w * 64 + static_cast<std::size_t>(__builtin_ctzll(left));
      const double weight = counts_[bucket] * static_cast<double>(idf[bucket]);
      squares += weight * weight;
    }
  }
  return std::sqrt(squares);
}

void learn_idf(Encoder::Data& data, const Table& table, std::span<const double> weights,
               const Context& context) {
  const auto buckets = static_cast<std::size_t>(data.settings.text_features);
  const std::vector<float> ones(buckets, 1.0F);
  for (Plan& plan : data.plans) {
    if (plan.way != Way::text) continue;
    const Column& column = table.column(plan.column.name);
    struct Part {
      std::vector<double> rows_with;
      double rows = 0;
    };
    // A part holds a figure per bucket, so there are few of them.
    const Part all = parallel_reduce<Part>(
        context, column.size(), std::max<std::size_t>(4096, column.size() / 32 + 1),
        [&](std::size_t begin, std::size_t end) {
          Part part{std::vector<double>(buckets), 0};
          WordHasher hasher;
          TextRow row(buckets);
          for (std::size_t i = begin; i < end; ++i) {
            const double weight = weights.empty() ? 1.0 : weights[i];
            if (column.missing(i) || weight <= 0) continue;
            part.rows += weight;
            row.read(hasher, column.text(i), ones,
                     [&](std::size_t bucket, float) { part.rows_with[bucket] += weight; });
          }
          return part;
        },
        [](Part& into, Part&& part) {
          into.rows += part.rows;
          for (std::size_t b = 0; b < into.rows_with.size(); ++b) into.rows_with[b] += part.rows_with[b];
        });
    plan.idf.resize(buckets);
    for (std::size_t b = 0; b < buckets; ++b) {
      plan.idf[b] = static_cast<float>(std::log((1 + all.rows) / (1 + all.rows_with[b])) + 1);
    }
  }
}

}  // namespace everyml::encode_detail
