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
#include "everyml/foundation/io/duckdb_plugin_impl.h"
#include "everyml/foundation/io/json_lines_impl.h"
#include "everyml/foundation/io/json_stream_impl.h"
#include "everyml/foundation/io/stream_columns_impl.h"
#include "everyml/foundation/io/table_stream.h"
#include "everyml/foundation/io/text_encoding_impl.h"

namespace everyml {
namespace csv {
namespace {

constexpr std::size_t kRead = std::size_t{1} << 20;

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
    fill(kStreamSample);
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
    for (StreamColumn& column : columns_) out.push_back(finish_stream_column(column, done, rows));
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

  /// Notes without lines: the text is gone by then. Each call writes them anew from the counts.
  void finish_notes() const {
    notes_ = layout_.notes;
    RowIssues all = issues_;
    all.join(tokenizer_.issues());
    const LineOf nowhere = [](std::uint64_t) { return std::uint64_t{0}; };
    note_rows(all, layout_.names.size(), nowhere, notes_);
    for (const StreamColumn& column : columns_) note_stream_column(column, notes_);
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

}  // namespace csv

std::unique_ptr<TableStream> TableStream::open(const std::string& path, const Schema& schema,
                                               const ReadOptions& options, const Context& context) {
  // Only the library that reads Parquet knows its pages: such a file comes whole.
  if (csv::looks_like_parquet(path)) {
    return stream_over_table(csv::read_parquet(path, options, context), schema);
  }
  const BudgetScope budget(context.memory());
  const std::string name = path == "-" ? "standard input" : path;
  auto origin = std::make_unique<csv::TextOrigin>();
  csv::Peeked peeked = csv::peek(csv::open_text_stream(path, *origin));
  if (csv::is_json_lines(path, peeked.head)) {
    return csv::open_json_stream(name, std::move(origin), std::move(peeked.bytes), schema, options, context);
  }
  return std::make_unique<csv::CsvStream>(name, std::move(origin), std::move(peeked.bytes), schema, options,
                                          context);
}

}  // namespace everyml
