#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <limits>

#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/text.h"
#include "everyml/foundation/io/byte_source_impl.h"
#include "everyml/foundation/io/csv.h"
#include "everyml/foundation/io/csv_dialect_impl.h"
#include "everyml/foundation/io/csv_notes_impl.h"
#include "everyml/foundation/io/csv_stream_impl.h"
#include "everyml/foundation/io/csv_stretches_impl.h"
#include "everyml/foundation/io/text_encoding_impl.h"

namespace everyml {
namespace csv {
namespace {

constexpr std::size_t kSample = std::size_t{1} << 16;  ///< a pipe is waited on for this much, or its end
constexpr std::size_t kRead = std::size_t{1} << 20;
constexpr std::size_t kNowhere = ~std::size_t{0};

/// The styles of a column whose kind is known, from what the sample shows.
ColumnPlan stream_plan(ColumnKind kind, const Evidence& evidence, const FileEvidence& file) {
  ColumnPlan plan{.relaxed = true, .lenient = true};
  const Decision decision = decide(evidence, file);
  switch (kind) {
    case ColumnKind::number:
      plan.mode = Mode::number;
      if (decision.kind == Decision::Kind::number) plan.number = decision.number;
      break;
    case ColumnKind::boolean:
      plan.mode = Mode::boolean;
      break;
    case ColumnKind::date:
      plan.mode = Mode::date;
      if (decision.kind == Decision::Kind::date) plan.date = decision.date;
      break;
    case ColumnKind::category:
      plan.mode = Mode::dictionary;
      break;
    case ColumnKind::text:
      plan.mode = Mode::text;
      break;
  }
  return plan;
}

/// One column of the schema and where it stands in the file.
struct StreamColumn {
  ColumnSchema schema;
  std::size_t at = kNowhere;
  ColumnPlan plan;
  ColumnState state;  ///< the batch in the making, and the oddities of all
  ColumnPart part;
  Dictionary known;  ///< categories: the levels of the schema, codes in their order
};

class CsvStream final : public TableStream {
 public:
  CsvStream(const std::string& name, std::unique_ptr<TextOrigin> origin, std::unique_ptr<ByteStream> bytes,
            const Schema& schema, const ReadOptions& options, const Context& context,
            std::size_t largest_row = kLargestRow)
      : name_(name),
        options_(options),
        context_(context),
        marks_(options.missing),
        origin_(std::move(origin)),
        bytes_(std::move(bytes)),
        tokenizer_({}, 1) {
    text_.append(std::string(kPadding, '\0'));
    fill(kSample);
    layout_ = find_layout(text(), end_, name_, options_, marks_);
    prepare(schema);
    consume(static_cast<std::size_t>(layout_.data_begin));
    tokenizer_ = Tokenizer(layout_.shape, layout_.names.size(), largest_row);
    restart();
    left_ = options_.max_rows.value_or(std::numeric_limits<std::uint64_t>::max());
    notes_ = layout_.notes;
  }

  std::optional<Table> next(std::size_t rows) override {
    const BudgetScope budget(context_.memory());
    rows = static_cast<std::size_t>(std::min<std::uint64_t>(rows, left_));
    for (StreamColumn& column : columns_) {
      column.state.data.allocate(column.plan.mode, rows);
      column.part = {};
    }
    std::size_t done = 0;
    while (done < rows) {
      const std::size_t got = read_block(rows - done, done);
      if (got == 0) break;
      done += got;
    }
    left_ -= done;
    if (done == 0) {
      finish_notes();
      return std::nullopt;
    }
    std::vector<Column> out;
    for (StreamColumn& column : columns_) out.push_back(finish(column, done, rows));
    return Table(std::move(out));
  }

  const std::vector<std::string>& absent() const override { return absent_; }
  const std::vector<ReadNote>& notes() const override {
    finish_notes();
    return notes_;
  }

 private:
  std::string_view text() const { return {text_.data() + kPadding, text_.size() - kPadding}; }

  /// Reads at least `more` bytes, or to the end.
  void fill(std::size_t more) {
    const std::size_t wanted = text_.size() + more;
    while (!end_ && text_.size() < wanted) {
      const std::size_t got = bytes_->read(text_.reserve_more(kRead + kPadding), kRead);
      if (got == 0) end_ = true;
      text_.commit(got);
    }
    std::memset(text_.reserve_more(kPadding), 0, kPadding);
  }

  /// Drops text that has been read; the padding in front moves along.
  void consume(std::size_t bytes) {
    line_ = line_at(bytes);
    text_.drop_front(bytes);
    place_ += bytes;
    std::memset(text_.reserve_more(kPadding), 0, kPadding);
  }

  /// Line of the byte `place` of text().
  std::uint64_t line_at(std::size_t place) const {
    const std::string_view before = text().substr(0, place);
    return line_ +
           static_cast<std::uint64_t>(std::count(before.begin(), before.end(), layout_.shape.newline));
  }

  void restart() {
    const std::string_view now = text();
    tokenizer_.start(now, 0, now.size(), end_, place_);
    const std::size_t last = now.rfind(layout_.shape.newline);
    broken_ = !is_utf8(end_ || last == std::string_view::npos ? now : now.substr(0, last));
  }

  void prepare(const Schema& schema) {
    FileEvidence file{.delimiter = layout_.shape.delimiter, .decimal = options_.decimal};
    const SampleRows rows =
        sample_rows(text(), static_cast<std::size_t>(layout_.data_begin), end_, layout_.shape, 500);
    std::vector<Evidence> evidence(layout_.names.size());
    std::string scratch;
    for (std::size_t row = 0; row < rows.rows(); ++row) {
      for (std::size_t i = 0; i < std::min(evidence.size(), rows.cells(row)); ++i) {
        bool trimmed = false;
        const std::string_view cell =
            cell_text(text().data(), rows.fields[rows.starts[row] + i], layout_.shape, scratch, trimmed);
        if (!cell.empty() && marks_.find(cell) < 0) evidence[i].add(classify(cell));
      }
    }
    for (const Evidence& column : evidence) file.add(column);
    for (const ColumnSchema& wanted : schema.columns) {
      StreamColumn column{.schema = wanted};
      const auto found = std::find(layout_.names.begin(), layout_.names.end(), wanted.name);
      const auto at = static_cast<std::size_t>(found - layout_.names.begin());
      column.at = found == layout_.names.end() ? kNowhere : at;
      if (column.at == kNowhere) absent_.push_back(wanted.name);
      column.plan = stream_plan(wanted.kind, column.at == kNowhere ? Evidence{} : evidence[at], file);
      column.state.name = wanted.name;
      for (const std::string& level : wanted.levels) column.known.code(level);
      columns_.push_back(std::move(column));
    }
  }

  /// At most `most` rows to row `row` on; 0 at the end.
  std::size_t read_block(std::size_t most, std::size_t row) {
    for (;;) {
      context_.check();
      const std::size_t rows = std::min(most, std::clamp<std::size_t>(8192 / layout_.names.size(), 1, 512));
      const Tokenizer::State state = tokenizer_.next(block_, rows);
      if (block_.rows > 0) {
        ColumnReader reader(layout_.shape, marks_);
        for (StreamColumn& column : columns_) {
          if (column.at == kNowhere) continue;
          reader.read(text().data(), place_, broken_, block_, column.at, layout_.names.size(), column.plan,
                      column.state.data, row, column.part);
        }
        return block_.rows;
      }
      if (state == Tokenizer::State::rows) return 0;
      if (state == Tokenizer::State::open_quote) {
        const std::string_view before = text().substr(0, tokenizer_.problem());
        const std::size_t last = before.rfind(layout_.shape.newline);
        throw_open_quote(name_, line_at(before.size()),
                         before.size() - (last == std::string_view::npos ? 0 : last + 1) + 1);
      }
      if (state == Tokenizer::State::too_long) {
        throw FormatError("csv.row_too_long",
                          fmt::format("{}, line {}: the row is longer than {} MiB", printable(name_, 200),
                                      line_at(tokenizer_.position()), kLargestRow >> 20));
      }
      issues_.join(tokenizer_.issues());
      consume(tokenizer_.position());
      fill(std::max(kRead, text().size()));
      restart();
    }
  }

  Column finish(StreamColumn& column, std::size_t rows, std::size_t allocated) {
    ColumnState& state = column.state;
    const std::string& name = column.schema.name;
    if (column.at == kNowhere) return absent_column(column, rows);
    if (column.part.oddities) state.odd.join(*column.part.oddities);
    if (rows < allocated) state.data.shrink(column.plan.mode, rows);
    switch (column.plan.mode) {
      case Mode::number:
        return Column::numbers(name, std::move(state.data.numbers));
      case Mode::boolean:
        return Column::booleans(name, std::move(state.data.booleans));
      case Mode::date:
        return Column::dates(name, std::move(state.data.dates), column.schema.has_time || column.part.time);
      case Mode::text: {
        std::vector<ColumnPart*> parts = {&column.part};
        state.asked = ColumnKind::text;
        state.plan = column.plan;
        return finish_column(state, parts, {{0, rows}}, rows);
      }
      case Mode::dictionary:
        break;
    }
    return category(column);
  }

  /// The levels of the schema first, so that known levels keep their codes when nothing new has come.
  static Column category(StreamColumn& column) {
    std::vector<std::string> levels = column.schema.levels;
    Buffer<std::int32_t> codes = std::move(column.state.data.codes);
    const Dictionary& batch = *column.part.dictionary;
    std::vector<std::int32_t> map(batch.size(), -1);
    for (std::size_t code = 0; code < batch.size(); ++code) {
      if (batch.entry(code).count == 0) continue;
      const std::optional<std::uint32_t> known = column.known.find(batch.text(code));
      map[code] = static_cast<std::int32_t>(known.value_or(static_cast<std::uint32_t>(levels.size())));
      if (!known) levels.emplace_back(batch.text(code));
    }
    for (std::int32_t& code : codes) {
      if (code >= 0) code = map[static_cast<std::size_t>(code)];
    }
    return Column::categories(column.schema.name, std::move(codes), std::move(levels));
  }

  static Column absent_column(const StreamColumn& column, std::size_t rows) {
    const std::string& name = column.schema.name;
    const auto filled = [rows](auto value) {
      auto values = Buffer<decltype(value)>::uninitialized(rows);
      std::fill(values.begin(), values.end(), value);
      return values;
    };
    switch (column.schema.kind) {
      case ColumnKind::number:
        return Column::numbers(name, filled(std::numeric_limits<double>::quiet_NaN()));
      case ColumnKind::boolean:
        return Column::booleans(name, filled(std::int8_t{-1}));
      case ColumnKind::date:
        return Column::dates(name, filled(kMissingDate), column.schema.has_time);
      case ColumnKind::category:
        return Column::categories(name, filled(std::int32_t{-1}), column.schema.levels);
      case ColumnKind::text:
        break;
    }
    TextStore store;
    store.offsets = Buffer<std::uint64_t>(rows + 1);
    store.missing = filled(std::uint8_t{1});
    return Column::texts(name, std::move(store));
  }

  /// Notes without lines: the text is gone by then. Each call writes them anew from the counts.
  void finish_notes() const {
    notes_ = layout_.notes;
    RowIssues all = issues_;
    all.join(tokenizer_.issues());
    const LineOf nowhere = [](std::uint64_t) { return std::uint64_t{0}; };
    note_rows(all, layout_.names.size(), nowhere, notes_);
    for (const StreamColumn& column : columns_) {
      const Oddities& odd = column.state.odd;
      const auto add = [&](const char* code, const char* what, const Tally& tally) {
        if (tally.count == 0) return;
        notes_.push_back({.code = code,
                          .sentence = fmt::format("column \"{}\": {} {}", printable(column.schema.name),
                                                  tally.count, what),
                          .column = column.schema.name,
                          .count = tally.count});
      };
      add("csv.type_misfit", "cells do not fit the type of the column and came as missing", odd.misfits);
      add("csv.trimmed", "cells with blanks around them", odd.trimmed);
      add("csv.utf8_repaired", "cells with bytes that are not UTF-8, read as Windows-1252", odd.repaired);
      add("csv.missing_marks", "cells with a mark that stands for a missing value", odd.marks);
    }
  }

  std::string name_;
  ReadOptions options_;
  Context context_;
  MissingMarks marks_;
  std::unique_ptr<TextOrigin> origin_;  ///< outlives the stream that writes to it
  std::unique_ptr<ByteStream> bytes_;
  GrowingBytes text_;  ///< kPadding, then what has been read and not yet used, then kPadding
  bool end_ = false;
  bool broken_ = false;
  std::uint64_t place_ = 0;  ///< of the first byte of text()
  std::uint64_t line_ = 1;
  std::uint64_t left_ = 0;
  Layout layout_;
  Tokenizer tokenizer_;
  RowBlock block_;
  RowIssues issues_;
  std::vector<StreamColumn> columns_;
  std::vector<std::string> absent_;
  mutable std::vector<ReadNote> notes_;
};

}  // namespace

std::unique_ptr<TableStream> stream_over_text(std::string_view bytes, const std::string& name,
                                              const Schema& schema, const ReadOptions& options,
                                              const Context& context, std::size_t largest_row) {
  const BudgetScope budget(context.memory());
  auto origin = std::make_unique<TextOrigin>();
  auto stream = text_stream_over(bytes, name, *origin);
  return std::make_unique<CsvStream>(name, std::move(origin), std::move(stream), schema, options, context,
                                     largest_row);
}

std::unique_ptr<TableStream> stream_over_bytes(std::unique_ptr<ByteStream> bytes,
                                               std::unique_ptr<TextOrigin> origin, const std::string& name,
                                               const Schema& schema, const ReadOptions& options,
                                               const Context& context) {
  return std::make_unique<CsvStream>(name, std::move(origin), std::move(bytes), schema, options, context);
}

}  // namespace csv
}  // namespace everyml
