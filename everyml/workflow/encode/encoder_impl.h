#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "everyml/workflow/encode/encoder.h"

namespace everyml {
namespace encode_detail {

inline constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();
inline constexpr std::int32_t kMissingCode = -1;
/// Dates beyond about the years -100,000 and 100,000 are held at these ends.
inline constexpr double kFarthestDate = 3.1e18;

/// How one column becomes features.
enum class Way : std::uint8_t {
  number,   ///< the value, and a flag when missing
  boolean,  ///< 0 or 1, and a flag when missing
  flags,    ///< one flag per level
  targets,  ///< the smoothed mean target of the level
  codes,    ///< the position of the level
  hashed,   ///< one of a fixed number of flags, chosen by the hash of the level
  text,     ///< hashed words and word pairs
  date,     ///< parts of the calendar
};

/// From the text of a level to its position, without allocation, in bounded time whatever the levels are. The
/// levels ascend.
class LevelIndex {
 public:
  LevelIndex() = default;
  explicit LevelIndex(std::span<const std::string> levels);
  /// kMissingCode when it is not there.
  std::int32_t find(std::string_view text, std::span<const std::string> levels) const;
  /// The first level that reads as this very number.
  std::int32_t find(double number) const;

 private:
  std::vector<std::int32_t> slots_;  ///< a power of two, at most half full; -1 is free; empty: no hashing
  std::vector<std::pair<double, std::int32_t>> numbers_;  ///< ascending
};

struct Plan {
  ColumnSchema column;
  Way way = Way::number;
  bool indicator = false;      ///< the last feature is the flag of missing cells
  double fill = 0;             ///< number and boolean: stands in for a missing cell
  double low = 0, high = 0;    ///< number: range at fit
  std::int64_t date_fill = 0;  ///< date: stands in for a missing cell
  std::int64_t earliest = 0;   ///< date: the day from which days are counted, in microseconds
  std::int64_t infinite_at_fit = 0;
  std::vector<double> codes;  ///< targets: [levels + 1, outputs]; the last row is the overall mean
  std::vector<float> idf;     ///< text: [buckets]

  // Derived by Encoder::Data::finish().
  std::size_t first = 0;        ///< its first feature
  std::size_t features = 0;     ///< how many
  std::size_t dense_first = 0;  ///< its first column among those that are not text
  LevelIndex index;
  std::vector<std::int32_t> hashed;  ///< hashed: the flag of each level
};

/// Raw cells of one column over a run of rows, in the terms of its plan. Only the span of its way is filled.
struct Cells {
  std::span<const double> numbers;      ///< number, boolean: NaN is missing
  std::span<const std::int32_t> codes;  ///< position of the level or kMissingCode
  std::span<const std::int64_t> dates;  ///< kMissingDate is missing
};

/// Codes of the training rows: a table per side fold, in which the rows of that fold had no part.
struct SideCodes {
  std::vector<std::int32_t> fold;           ///< [rows]
  std::vector<std::vector<double>> tables;  ///< per plan: [folds, levels + 1, outputs]; empty for other ways
};

struct Scale {
  std::span<const double> mean, scale;  ///< [features]
  std::span<const double> off, on;      ///< [features]: what a flag's 0 and 1 become
};

/// Words and word pairs of a text, each once per occurrence, as 64-bit hashes. Holds its scratch: one per
/// thread. Memory is fixed, whatever the text: see docs/encoding.md for the rules and limits.
class WordHasher {
 public:
  WordHasher();
  /// Calls take(hash) for each word and each pair of neighbours.
  template <class Take>
  void read(std::string_view text, Take&& take) {
    words_ = 0;
    std::size_t at = 0;
    while (next(text, at)) {
      take(hash_word());
      if (words_ > 1) take(hash_pair());
    }
  }

 private:
  static constexpr std::size_t kLongestWord = 256;
  static constexpr std::size_t kLongestPiece = 1024;
  bool next(std::string_view text, std::size_t& at);
  bool next_normalised();
  void normalise(std::string_view piece);
  void begin_word();
  bool push(std::int32_t point);
  std::uint64_t hash_word() const;
  std::uint64_t hash_pair() const;

  std::size_t words_ = 0;
  bool open_ = false;                ///< a word is being collected
  std::vector<char> word_, before_;  ///< [kLongestWord]
  std::size_t word_size_ = 0, before_size_ = 0;
  std::vector<std::int32_t> points_;  ///< a normalised piece
  std::size_t points_size_ = 0, points_at_ = 0;
};

/// The weights of one text over its buckets. Holds its scratch: one per thread.
class TextRow {
 public:
  explicit TextRow(std::size_t buckets);
  /// Calls take(bucket, weight) in ascending order of buckets; the squares of the weights sum to 1 unless
  /// there is no word.
  template <class Take>
  void read(WordHasher& hasher, std::string_view text, std::span<const float> idf, Take&& take) {
    hasher.read(text, [&](std::uint64_t hash) { add(static_cast<std::size_t>(hash % counts_.size())); });
    const double norm = length(idf);
    for (std::size_t w = 0; w < touched_.size(); ++w) {
      while (touched_[w] != 0) {
        const std::size_t bucket = w * 64 + static_cast<std::size_t>(__builtin_ctzll(touched_[w]));
        touched_[w] &= touched_[w] - 1;
        take(bucket, static_cast<float>(counts_[bucket] * static_cast<double>(idf[bucket]) / norm));
        counts_[bucket] = 0;
      }
    }
  }

 private:
  void add(std::size_t bucket) {
    counts_[bucket] += 1;
    touched_[bucket / 64] |= std::uint64_t{1} << (bucket % 64);
  }
  double length(std::span<const float> idf) const;
  std::vector<double> counts_;
  std::vector<std::uint64_t> touched_;
};

/// Features of a run of rows from the cells of one column; row i goes to out[i * stride], scaled.
/// `scale` begins at the plan's first feature. Text is not coded here.
void code_cells(const Plan& plan, const Cells& cells, bool keep_missing, const Scale& scale, double* out,
                std::size_t stride);
/// The same for training rows of a plan coded by the target; `fold` is that of the rows.
void code_targets(const Plan& plan, std::span<const std::int32_t> codes, std::span<const std::int32_t> fold,
                  std::span<const double> tables, bool keep_missing, const Scale& scale, double* out,
                  std::size_t stride);

std::size_t date_features(const ColumnSchema& column, bool parts);
std::vector<std::string> date_names(const ColumnSchema& column, bool parts);

/// Exact readings of a cell written as text; the empty optional is "cannot be read".
std::optional<double> number_of(std::string_view text);
std::optional<double> boolean_of(std::string_view text);
/// ISO 8601: "2024-02-29", "2024-02-29 13:45", "2024-02-29T13:45:00.25Z".
std::optional<std::int64_t> date_of(std::string_view text);

/// The median of finite values with positive weights; `weights` empty is 1 each. Consumes `values`.
double weighted_median(std::vector<double> values, std::vector<double> weights);

/// Learns the plan of one column; `way` is decided here. The empty optional means that the column says
/// nothing: `reason` then tells why.
struct Learned {
  Plan plan;
  std::string dropped;  ///< "constant: always 3"; empty when it is of use
};
Learned learn_column(const Column& column, std::span<const double> weights, bool has_target,
                     const InputNeeds& needs, const EncoderSettings& settings);

}  // namespace encode_detail

struct Encoder::Data {
  EncoderSettings settings;
  InputNeeds needs;
  std::size_t outputs = 1;  ///< codes per level of a category coded by the target
  std::vector<encode_detail::Plan> plans;
  std::vector<double> mean, scale;   ///< [features]
  std::vector<std::string> dropped;  ///< sentences on columns without use

  // Derived by finish().
  Schema schema;
  std::vector<FeatureInfo> info;
  std::vector<double> off, on;
  std::size_t dense_features = 0;
  bool sparse = false;

  bool keep_missing() const { return needs.missing == InputNeeds::Missing::keep; }
  bool any_targets() const;
  /// Lays the features out, names them, and makes all that follows from the plans.
  void finish();
  /// Sets what scaling is derived from; the two must have one entry per feature.
  void set_scale(std::vector<double> means, std::vector<double> scales);
  /// True when the feature is to be centred and scaled.
  bool scaled(const FeatureInfo& feature) const;
  encode_detail::Scale scale_of(const encode_detail::Plan& plan) const;
};

namespace encode_detail {

/// Features of all rows of a table; `side` codes training rows of target-coded columns.
Features encode_table(const Encoder::Data& data, const Table& table, const SideCodes* side,
                      const Context& context, EncodeNotes* notes);
/// Learns codes by target: fills the plans and returns the side folds. Empty when no column is coded so.
std::optional<SideCodes> learn_targets(const Encoder::Data& data, const Table& table, const Target& target,
                                       std::span<const double> weights, const Context& context,
                                       std::vector<std::vector<double>>* whole);
void learn_idf(Encoder::Data& data, const Table& table, std::span<const double> weights,
               const Context& context);
void learn_scale(Encoder::Data& data, const Table& table, const SideCodes* side,
                 std::span<const double> weights, const Context& context);

}  // namespace encode_detail
}  // namespace everyml
