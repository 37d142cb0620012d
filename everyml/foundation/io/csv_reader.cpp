#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <numeric>

#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/parallel.h"
#include "everyml/foundation/base/text.h"
#include "everyml/foundation/io/csv_assemble_impl.h"
#include "everyml/foundation/io/csv_dialect_impl.h"
#include "everyml/foundation/io/csv_notes_impl.h"
#include "everyml/foundation/io/csv_reader_impl.h"
#include "everyml/foundation/io/csv_stretches_impl.h"

namespace everyml::csv {
namespace {

constexpr std::uint64_t kFirstSample = std::uint64_t{1} << 20;

/// One reading of one file, from the sample to the table.
class Reading {
 public:
  Reading(const ByteSource& source, const TextOrigin& origin, const std::string& name,
          const ReadOptions& options, const Context& context, const Tuning& tuning)
      : origin_(origin),
        name_(name),
        options_(options),
        context_(context),
        pieces_(source, source.size(), tuning),
        marks_(options.missing) {}

  TableRead run() {
    plan();
    stretches_ =
        survey_stretches(pieces_, layout_.data_begin, stretch_bytes(), layout_.shape, name_, context_);
    if (options_.max_rows) cut_rows(*options_.max_rows);
    parse_all();
    parse_again();
    return finish();
  }

 private:
  void plan();
  void cut_rows(std::uint64_t most);
  void parse_all();
  bool parse(double from, double to);
  void read_parts(std::size_t stretch);
  bool rows_join() const;
  void close_gaps();
  void parse_again();
  void read_again(double from, double to);
  [[noreturn]] void throw_changed() const {
    throw ResourceError("io.read", printable(name_, 200) + " changed while it was read");
  }
  void join_columns(const std::vector<std::size_t>& columns) { join_parts(strings_, columns, context_); }
  std::vector<std::size_t> all_columns() const;
  std::uint64_t stretch_bytes() const {
    return pieces_.tuning().stretch > 0 ? pieces_.tuning().stretch : stretch_length(columns_.size());
  }
  bool reread_points(const FileEvidence& file);
  TableRead finish();
  void refuse_ragged() const;
  LineColumn where(std::uint64_t place) const {
    return line_of(pieces_, layout_.data_begin, stretches_, layout_.shape.newline, place);
  }

  const TextOrigin& origin_;
  const std::string& name_;
  const ReadOptions& options_;
  const Context& context_;
  mutable TextPieces pieces_;
  MissingMarks marks_;
  Layout layout_;
  FileEvidence file_;
  Assembly strings_;
  std::vector<ColumnState>& columns_ = strings_.columns;
  std::vector<std::vector<ColumnPart>>& parts_ = strings_.parts;
  std::vector<PartRows>& part_rows_ = strings_.part_rows;
  std::size_t& rows_ = strings_.rows;
  std::vector<Stretch> stretches_;
  std::vector<StretchResult> results_;
  std::vector<std::size_t> active_;  ///< columns to be read in this pass
  std::vector<std::atomic<bool>> failed_;
  RowIssues issues_;
};

/// Looks at the beginning of the file. A sample without one whole row is doubled.
void Reading::plan() {
  pieces_.with_piece([&](TextPieces::Piece& piece) {
    for (std::uint64_t size = kFirstSample;; size *= 4) {
      pieces_.load(piece, 0, size);
      const bool whole = piece.size == pieces_.size();
      const bool enough = whole || size >= pieces_.tuning().largest_row ||
                          std::count(piece.text().begin(), piece.text().end(), '\n') > 20 ||
                          std::count(piece.text().begin(), piece.text().end(), '\r') > 20;
      if (!enough) continue;
      layout_ = find_layout(piece.text(), whole, name_, options_, marks_);
      const Plans plans = plan_columns(piece.text(), whole, layout_, options_, marks_);
      file_ = plans.file;
      columns_.resize(layout_.names.size());
      for (std::size_t i = 0; i < columns_.size(); ++i) {
        columns_[i].name = layout_.names[i];
        columns_[i].unnamed = layout_.unnamed[i];
        columns_[i].plan = plans.columns[i];
        columns_[i].point_matters = plans.point_matters[i];
        const auto asked = options_.types.find(layout_.names[i]);
        if (asked != options_.types.end()) columns_[i].asked = asked->second;
      }
      break;
    }
  });
  check_types(options_, layout_.names, name_);
  failed_ = std::vector<std::atomic<bool>>(columns_.size());
}

void Reading::cut_rows(std::uint64_t most) {
  if (stretches_.empty()) return;  // a header and nothing else
  std::uint64_t end = layout_.data_begin;
  follow_rows(pieces_, stretches_, columns_.size(), layout_.shape, most, name_, context_, end);
  while (!stretches_.empty() && stretches_.back().rows == 0) stretches_.pop_back();
  if (!stretches_.empty()) stretches_.back().end = std::min(stretches_.back().end, end);
  pieces_.cut(end);
}

/// Where each stretch ends, the next one must begin: then the guess about quotes was right.
bool Reading::rows_join() const {
  std::uint64_t expected = layout_.data_begin;
  for (std::size_t i = 0; i < stretches_.size(); ++i) {
    if (results_[i].state != StretchResult::State::good) return false;
    if (stretches_[i].rows == 0) continue;
    if (stretches_[i].start != expected) return false;
    expected = results_[i].end;
  }
  return expected == pieces_.size();
}

void Reading::read_parts(std::size_t stretch) {
  pieces_.with_piece([&](TextPieces::Piece& piece) {
    ColumnReader reader(layout_.shape, marks_);
    std::vector<ColumnPart>& parts = parts_[stretch];
    for (const std::size_t column : active_) parts[column] = {};
    results_[stretch] = read_stretch(
        pieces_, piece, stretches_[stretch], columns_.size(), layout_.shape,
        [&](const char* text, std::uint64_t base, bool broken, const RowBlock& block, std::uint64_t row) {
          for (const std::size_t column : active_) {
            if (failed_[column].load(std::memory_order_relaxed)) continue;
            ColumnState& state = columns_[column];
            reader.read(text, base, broken, block, column, columns_.size(), state.plan, state.data,
                        part_rows_[stretch].begin + static_cast<std::size_t>(row), parts[column]);
            if (parts[column].failed) failed_[column].store(true, std::memory_order_relaxed);
          }
        });
    for (const std::size_t column : active_) parts[column].text.trim();
  });
}

/// Reads the active columns of all stretches; false when the stretches do not join.
bool Reading::parse(double from, double to) {
  std::uint64_t total = 0;
  part_rows_.assign(stretches_.size(), {});
  for (std::size_t i = 0; i < stretches_.size(); ++i) {
    part_rows_[i] = {static_cast<std::size_t>(total), static_cast<std::size_t>(stretches_[i].rows)};
    total += stretches_[i].rows;
  }
  rows_ = static_cast<std::size_t>(total);
  for (const std::size_t column : active_) {
    columns_[column].data = {};
    columns_[column].data.allocate(columns_[column].plan.mode, rows_);
    failed_[column] = false;
  }
  results_.assign(stretches_.size(), {});
  parts_.resize(stretches_.size());
  for (auto& parts : parts_) parts.resize(columns_.size());
  // The observer is called from this thread only, so a watched reading goes in waves.
  const std::size_t wave = context_.observer() != nullptr ? 64 : std::max<std::size_t>(1, stretches_.size());
  for (std::size_t begin = 0; begin < stretches_.size(); begin += wave) {
    const std::size_t count = std::min(wave, stretches_.size() - begin);
    parallel_for(context_, count, 1, [&](std::size_t first, std::size_t last) {
      for (std::size_t i = first; i < last; ++i) read_parts(begin + i);
    });
    const double share = static_cast<double>(begin + count) / static_cast<double>(stretches_.size());
    context_.progress("reading", from + (to - from) * share);
  }
  return rows_join();
}

/// Blank lines leave gaps between the rows of the stretches; they are closed here.
void Reading::close_gaps() {
  std::size_t total = 0;
  for (const StretchResult& result : results_) total += static_cast<std::size_t>(result.rows);
  if (total == rows_) return;
  for (const std::size_t column : active_) {
    std::size_t to = 0;
    for (std::size_t i = 0; i < stretches_.size(); ++i) {
      const auto count = static_cast<std::size_t>(results_[i].rows);
      if (to != part_rows_[i].begin) {
        columns_[column].data.move_rows(columns_[column].plan.mode, to, part_rows_[i].begin, count);
      }
      to += count;
    }
    columns_[column].data.shrink(columns_[column].plan.mode, total);
  }
  std::size_t to = 0;
  for (std::size_t i = 0; i < stretches_.size(); ++i) {
    part_rows_[i] = {to, static_cast<std::size_t>(results_[i].rows)};
    to += part_rows_[i].count;
  }
  rows_ = total;
}

std::vector<std::size_t> Reading::all_columns() const {
  std::vector<std::size_t> all(columns_.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  return all;
}

void Reading::parse_all() {
  active_ = all_columns();
  if (!parse(0.0, 0.9)) {
    std::uint64_t end = 0;
    follow_rows(pieces_, stretches_, columns_.size(), layout_.shape, ~std::uint64_t{0}, name_, context_, end);
    if (!parse(0.0, 0.9)) throw_changed();
  }
  close_gaps();
  for (const StretchResult& result : results_) issues_.join(result.issues);
  if (options_.strict) refuse_ragged();
}

/// Reads the active columns once more. The other columns keep their rows, so these must come out as the same
/// rows; a file that somebody changes in the meantime may have others.
void Reading::read_again(double from, double to) {
  const std::vector<PartRows> before = part_rows_;
  if (!parse(from, to)) throw_changed();
  close_gaps();
  if (part_rows_ != before) throw_changed();
}

/// Columns whose sample promised too much are read once more, as strings.
void Reading::parse_again() {
  active_.clear();
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (!failed_[i]) continue;
    active_.push_back(i);
    columns_[i].plan = {.mode = Mode::dictionary, .relaxed = columns_[i].plan.relaxed};
    columns_[i].point_matters = false;
  }
  if (active_.empty()) return;
  read_again(0.9, 0.95);
}

/// Plain numbers with a point, in a file that turned out to have decimal commas: their points may mark
/// thousands.
bool Reading::reread_points(const FileEvidence& file) {
  if (!file.decimal_comma) return false;
  active_.clear();
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (!columns_[i].point_matters) continue;
    const auto parts = parts_of(strings_, i);
    if (std::any_of(parts.begin(), parts.end(), [](const ColumnPart* part) { return part->point; })) {
      active_.push_back(i);
      columns_[i].plan = {.mode = Mode::dictionary, .relaxed = columns_[i].plan.relaxed};
      columns_[i].odd = {};
    }
  }
  if (active_.empty()) return false;
  read_again(0.95, 0.97);
  join_columns(active_);
  return true;
}

void Reading::refuse_ragged() const {
  const Tally* first = nullptr;
  for (const Tally* tally : {&issues_.few_cells, &issues_.many_cells, &issues_.trailing}) {
    if (tally->count > 0 && (first == nullptr || tally->first < first->first)) first = tally;
  }
  if (first == nullptr) return;
  throw DataError("csv.ragged", fmt::format("{}, line {}: the row has {} cells than the {} columns",
                                            printable(name_, 200), where(first->first).line,
                                            first == &issues_.few_cells ? "fewer" : "more", columns_.size()));
}

TableRead Reading::finish() {
  join_columns(all_columns());
  FileEvidence file{.delimiter = layout_.shape.delimiter, .decimal = options_.decimal};
  const auto gather = [&] {
    for (const ColumnState& column : columns_) {
      const ColumnPlan& plan = column.plan;
      if (plan.mode == Mode::dictionary) file.add(column.evidence);
      if (plan.mode == Mode::number && (style_bit(plan.number) & kCommaNumbers) != 0)
        file.decimal_comma = true;
      if (plan.mode == Mode::date && plan.date == DateStyle::day_first) file.day_first = true;
      if (plan.mode == Mode::date && plan.date == DateStyle::month_first) file.month_first = true;
    }
  };
  gather();
  if (reread_points(file)) gather();
  TableRead read;
  read.format = "csv";
  read.notes = std::move(layout_.notes);
  LineCounter counter(pieces_, layout_.data_begin, stretches_, layout_.shape.newline);
  const LineOf line = [&](std::uint64_t place) { return counter.line(place); };
  note_rows(issues_, columns_.size(), line, read.notes);
  assemble(strings_, file, name_, options_, marks_, line, context_, read);
  if (origin_.broken_units > 0) {
    read.notes.push_back(
        {.code = "csv.utf8_repaired",
         .sentence = fmt::format("{} broken UTF-16 units were replaced by U+FFFD", origin_.broken_units),
         .count = origin_.broken_units});
  }
  read.dialect = layout_.dialect;
  read.dialect.bom = origin_.bom;
  read.dialect.encoding = origin_.encoding;
  if (file.decimal_comma || options_.decimal == ',') read.dialect.decimal = ',';
  context_.progress("reading", 1.0);
  return read;
}

}  // namespace

TableRead read_delimited(const ByteSource& source, const TextOrigin& origin, const std::string& name,
                         const ReadOptions& options, const Context& context, const Tuning& tuning) {
  const BudgetScope budget(context.memory());
  return Reading(source, origin, name, options, context, tuning).run();
}

}  // namespace everyml::csv

namespace everyml {

TableRead read_csv(const std::string& path, const ReadOptions& options, const Context& context) {
  const BudgetScope budget(context.memory());
  csv::TextOrigin origin;
  const auto source = csv::open_text_source(path, origin);
  return csv::read_delimited(*source, origin, path == "-" ? "standard input" : path, options, context);
}

TableRead read_csv_text(std::string_view text, const std::string& name, const ReadOptions& options,
                        const Context& context) {
  const BudgetScope budget(context.memory());
  csv::TextOrigin origin;
  const auto source = csv::text_source_over(text, name, origin);
  return csv::read_delimited(*source, origin, name, options, context);
}

}  // namespace everyml
