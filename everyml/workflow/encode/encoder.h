#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "everyml/foundation/base/context.h"
#include "everyml/foundation/data/dataset.h"
#include "everyml/foundation/data/table.h"
#include "everyml/foundation/io/archive.h"
#include "everyml/foundation/model/card.h"
#include "everyml/foundation/params/field.h"

namespace everyml {

/// How a table becomes features; docs/encoding.md has every rule.
struct EncoderSettings {
  int one_hot_levels = 30;  ///< a category with more levels is coded by the target instead (if there is one)
  double target_smoothing = 10;  ///< rows' worth of the overall mean mixed into each level's code
  int target_folds = 5;          ///< side folds in which training rows are coded
  int text_features = 512;       ///< hashed words and word pairs per text column
  bool missing_indicators = true;
  bool date_parts = true;
  static constexpr std::string_view name = "encoder";
  static constexpr auto fields() {
    using S = EncoderSettings;
    return std::tuple{
        Field{&S::one_hot_levels, "one_hot_levels",
              "A category with more levels is coded by the target instead of by flags.", between(1, 65536)},
        Field{&S::target_smoothing, "target_smoothing",
              "Rows' worth of the overall mean mixed into the code of each level.", between(0, 1e12)},
        Field{&S::target_folds, "target_folds", "Side folds in which training rows are coded.",
              between(2, 100)},
        Field{&S::text_features, "text_features", "Buckets for hashed words and word pairs of a text column.",
              between(1, 1 << 20)},
        Field{&S::missing_indicators, "missing_indicators", "Add a flag for cells that were missing."},
        Field{&S::date_parts, "date_parts", "Split dates into year, month, day, weekday and hour."}};
  }
};

/// What happened to new rows on their way in; counted, never silent.
struct EncodeNotes {
  std::uint64_t unseen_levels = 0;  ///< cells whose category was not there at fit: coded as missing
  std::uint64_t unreadable_cells =
      0;  ///< cells of another kind than at fit that could not be converted: missing
  std::vector<std::string> missing_columns;  ///< columns of fit that the table lacks: wholly missing
  std::vector<std::string> sentences;        ///< the above for people, naming columns and examples
  std::uint64_t outside_range = 0;           ///< rows with some number outside the range seen at fit
};

/// A fitted encoder: table -> features, always the same columns. Immutable, thread-safe, saved with the
/// model.
class Encoder {
 public:
  Encoder() = default;

  /// Learns imputation, codes and scales from the training rows alone. `columns` are the table columns to
  /// use. `target` may be of kind none (then no target codes; many-level categories are hashed to
  /// one_hot_levels flags). Throws DataError "encode.no_columns".
  static Encoder fit(const Table& table, std::span<const std::string> columns, const Target& target,
                     std::span<const double> weights, const InputNeeds& needs,
                     const EncoderSettings& settings, const Context& context);

  /// What stands in for missing cells of features that come as numbers: nothing; or the weighted median of
  /// their column, from all rows or, which costs next to nothing, from at most 256 spread evenly.
  enum class Fills : std::uint8_t { none, sampled, exact };
  /// For features that come as numbers in columns of these names: each value is taken as it is, nothing is
  /// scaled and no column is left out. A column whose every cell is missing is filled with 0. Throws
  /// DataError "data.length" unless there is one name per column and no weight or one per row,
  /// UnsupportedError "encode.sparse_missing" for the exact fills of sparse features.
  static Encoder of_numbers(const Features& x, std::span<const std::string> names,
                            std::span<const double> weights, Fills fills, const Context& context);
  /// For models made elsewhere: one feature per column, numbers as they are and categories as the position of
  /// their level; missing cells stay missing. Throws DataError "data.levels" unless levels ascend,
  /// "data.column_twice" for a name that comes again, UnsupportedError "encode.kind" for other kinds of
  /// columns.
  static Encoder of_columns(std::span<const ColumnSchema> columns);
  /// True when each feature is a column of numbers as it is, one after the other; so it is after of_numbers.
  bool takes_numbers() const;
  /// Such rows as the model is to see them: `x` itself, or a copy of the same storage in which missing cells
  /// are filled. REQUIRES: takes_numbers(), as many columns as feature_count().
  Features fill_numbers(const Features& x, const Context& context) const;

  /// Features for new rows. A column found with another kind is converted where that is exact (number <->
  /// category by its text, boolean <-> 0/1), else counted as unreadable.
  Features transform(const Table& table, const Context& context, EncodeNotes* notes = nullptr) const;
  /// Features of the very rows it was fitted on: target codes come from side folds, so that no row's code has
  /// seen its own target. The same as transform() when there are no target codes.
  Features transform_training(const Table& table, const Target& target, std::span<const double> weights,
                              const Context& context) const;

  std::size_t feature_count() const;
  std::span<const FeatureInfo> info() const;
  /// The table columns it reads, with their kinds at fit, levels included.
  const Schema& schema() const;
  /// One line per feature: the formula by which it is made from its column.
  std::vector<std::string> formulas() const;

  void save(ArchiveWriter& archive) const;
  /// Throws FormatError as ArchiveReader does for anything that save() could not have written.
  static Encoder load(const ArchiveReader& archive);

  struct Data;  ///< known to the sources alone

 private:
  explicit Encoder(std::shared_ptr<const Data> data) : data_(std::move(data)) {}
  friend class RowEncoder;
  friend class TableEncoder;
  const Data& data() const;  ///< of a default-made encoder: no columns, no features
  std::shared_ptr<const Data> data_;
};

/// A table bound to an encoder, for the features of a run of rows at a time in bounded memory. The same
/// features as Encoder::transform() has in those rows. Not thread-safe; it is parallel inside.
class TableEncoder {
 public:
  TableEncoder(Encoder encoder, Table table);
  ~TableEncoder();
  TableEncoder(TableEncoder&&) noexcept;
  /// Rows [begin, end), valid until the next call. REQUIRES: begin <= end <= rows of the table.
  Features rows(std::size_t begin, std::size_t end, const Context& context);
  /// Adds what was met in all rows asked for so far.
  void add_notes(EncodeNotes& notes) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Encodes single rows given cell by cell. Holds its own scratch: one per thread; no heap allocation after
/// construction. Cells not set are missing; `clear` unsets all.
class RowEncoder {
 public:
  explicit RowEncoder(Encoder encoder);
  ~RowEncoder();
  RowEncoder(RowEncoder&&) noexcept;
  /// Position of a column in the encoder's schema; throws DataError "data.column_missing".
  std::size_t column(std::string_view name) const;
  void clear();
  void set(std::size_t column, double number);
  void set(std::size_t column, std::string_view text);
  /// The features of the cells set: [feature_count()], valid until the next call.
  std::span<const double> encode();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace everyml
