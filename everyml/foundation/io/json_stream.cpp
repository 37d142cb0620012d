#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <unordered_map>

#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/text.h"
#include "everyml/foundation/io/csv_scan_impl.h"
#include "everyml/foundation/io/json_line_impl.h"
#include "everyml/foundation/io/json_stream_impl.h"
#include "everyml/foundation/io/stream_columns_impl.h"

namespace everyml::csv {
namespace {

constexpr std::size_t kRead = std::size_t{1} << 20;

class JsonStream final : public TableStream {
 public:
  JsonStream(const std::string& name, std::unique_ptr<TextOrigin> origin, std::unique_ptr<ByteStream> bytes,
             const Schema& schema, const ReadOptions& options, const Context& context)
      : name_(name),
        context_(context),
        marks_(options.missing),
        origin_(std::move(origin)),
        bytes_(std::move(bytes)),
        left_(options.max_rows.value_or(std::numeric_limits<std::uint64_t>::max())) {
    for (const ColumnSchema& wanted : schema.columns) {
      StreamColumn column{.schema = wanted, .at = 0};
      column.state.name = wanted.name;
      for (const std::string& level : wanted.levels) column.known.code(level);
      by_name_.emplace(wanted.name, columns_.size());
      columns_.push_back(std::move(column));
    }
    filled_.assign(columns_.size(), 0);
    seen_.assign(columns_.size(), false);
    prepare(options.decimal);
  }

  std::optional<Table> next(std::size_t rows) override {
    const BudgetScope budget(context_.memory());
    rows = static_cast<std::size_t>(std::min<std::uint64_t>(rows, left_));
    for (StreamColumn& column : columns_) {
      column.state.data.allocate(column.plan.mode, rows);
      column.part = {};
    }
    std::fill(filled_.begin(), filled_.end(), 0);
    std::size_t done = 0;
    for (; done < rows; ++done) {
      if (done % 512 == 0) context_.check();
      const std::string_view line = next_line();
      if (line.empty()) break;
      read_line(line, done);
    }
    left_ -= done;
    if (done == 0) return std::nullopt;
    std::vector<Column> out;
    for (StreamColumn& column : columns_) out.push_back(finish_stream_column(column, done, rows));
    return Table(std::move(out));
  }

  const std::vector<std::string>& absent() const override {
    absent_.clear();
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (!seen_[i]) absent_.push_back(columns_[i].schema.name);
    }
    return absent_;
  }

  const std::vector<ReadNote>& notes() const override {
    notes_.clear();
    for (const StreamColumn& column : columns_) note_stream_column(column, notes_);
    return notes_;
  }

 private:
  std::string_view text() const { return {text_.data() + at_, text_.size() - at_}; }

  /// Reads at least `more` bytes, or to the end; what has been used makes room.
  void fill(std::size_t more) {
    text_.drop_front(at_);
    at_ = 0;
    const std::size_t wanted = text_.size() + more;
    while (!end_ && text_.size() < wanted) {
      const std::size_t got = bytes_->read(text_.reserve_more(kRead + kPadding), kRead);
      if (got == 0) end_ = true;
      text_.commit(got);
    }
    std::memset(text_.reserve_more(kPadding), 0, kPadding);
  }

  /// The next line that is not blank; empty at the end.
  std::string_view next_line() {
    for (;;) {
      const std::size_t size = text().find('\n');
      if (size == std::string_view::npos && !end_) {
        if (text().size() >= kLargestRow) {
          throw FormatError("jsonl.line_too_long",
                            fmt::format("{}, line {}: the line is longer than {} MiB", printable(name_, 200),
                                        line_ + 1, kLargestRow >> 20));
        }
        fill(std::max(kRead, text().size()));
        continue;
      }
      if (text().empty()) return {};
      const std::size_t stop = std::min(size, text().size());
      const std::string_view line = without_blanks(text().substr(0, stop));
      at_ += std::min(stop + 1, text().size());
      ++line_;
      if (!line.empty()) return line;
    }
  }

  const std::vector<JsonCell>& parse(std::string_view line) {
    const auto before = static_cast<std::size_t>(line.data() - text_.data());
    try {
      return parser_.read(line, text_.size() - before + kPadding, line_);
    } catch (const WrongLine& wrong) {
      throw FormatError(wrong.code,
                        fmt::format("{}, line {}: {}", printable(name_, 200), line_, wrong.reason));
    }
  }

  /// Column of the key at that place of the line, kNowhere when the schema has none. Lines are mostly alike,
  /// so the column found there before is tried first.
  std::size_t column_of(std::string_view key, std::size_t place) {
    if (place >= guesses_.size()) guesses_.resize(place + 1, kNowhere);
    std::size_t& guess = guesses_[place];
    if (guess != kNowhere && columns_[guess].schema.name == key) return guess;
    const auto found =
        key.empty() ? by_name_.find("column_" + std::to_string(place + 1)) : by_name_.find(std::string(key));
    if (found == by_name_.end()) return kNowhere;
    if (!key.empty()) guess = found->second;
    return found->second;
  }

  /// Looks at the first lines for the styles of numbers and dates in strings, without using them up.
  void prepare(std::optional<char> decimal) {
    fill(kStreamSample);
    std::vector<Evidence> evidence(columns_.size());
    const std::size_t begin = at_;
    while (at_ < std::min(kStreamSample, text_.size())) {
      if (text().find('\n') == std::string_view::npos && !end_) break;
      const std::string_view line = next_line();
      if (line.empty()) break;
      std::size_t place = 0;
      for (const JsonCell& cell : parse(line)) {
        const std::size_t column = column_of(cell.key, place++);
        if (column == kNowhere) continue;
        seen_[column] = true;
        const bool value = cell.kind == JsonCell::Kind::string && !cell.text.empty();
        if (value && marks_.find(cell.text) < 0) evidence[column].add(classify(cell.text));
      }
    }
    at_ = begin;
    line_ = 0;
    FileEvidence file{.decimal = decimal};
    for (const Evidence& column : evidence) file.add(column);
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      columns_[i].plan = stream_plan(columns_[i].schema.kind, evidence[i], file);
    }
  }

  void read_line(std::string_view line, std::size_t row) {
    std::size_t place = 0;
    for (const JsonCell& cell : parse(line)) {
      const std::size_t column = column_of(cell.key, place++);
      if (column == kNowhere) continue;
      if (filled_[column] > row) {
        throw FormatError("jsonl.duplicate_key",
                          fmt::format("{}, line {}: the key \"{}\" stands there twice", printable(name_, 200),
                                      line_, printable(cell.key)));
      }
      seen_[column] = true;
      filled_[column] = row + 1;
      put(columns_[column], cell, row);
    }
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (filled_[i] <= row) put(columns_[i], {}, row);
      filled_[i] = row + 1;
    }
  }

  /// Strings follow the rules of quoted cells of a CSV file.
  void put(StreamColumn& column, const JsonCell& cell, std::size_t row) {
    ColumnData& data = column.state.data;
    switch (column.plan.mode) {
      case Mode::number:
        data.numbers[row] =
            value(column, cell, std::numeric_limits<double>::quiet_NaN(), [&](std::string_view text) {
              if (cell.kind == JsonCell::Kind::number) return parse_number_as(text, NumberStyle::plain, true);
              return cell.kind == JsonCell::Kind::string ? parse_number_as(text, column.plan.number, true)
                                                         : std::nullopt;
            });
        break;
      case Mode::boolean:
        data.booleans[row] = value(column, cell, std::int8_t{-1}, [&](std::string_view text) {
          const std::optional<bool> truth = parse_boolean_as(text, column.plan.words);
          return truth ? std::optional(static_cast<std::int8_t>(*truth)) : std::nullopt;
        });
        break;
      case Mode::date:
        data.dates[row] = value(column, cell, kMissingDate, [&](std::string_view text) {
          const std::optional<DateCell> date = parse_date_as(text, column.plan.date);
          column.part.time |= date && date->time;
          return date ? std::optional(date->microseconds) : std::nullopt;
        });
        break;
      case Mode::dictionary:
        data.codes[row] = -1;
        if (!cell.text.empty() && !given_mark(column, cell)) {
          if (!column.part.dictionary) column.part.dictionary = std::make_unique<Dictionary>();
          const std::uint32_t code = column.part.dictionary->code(cell.text);
          ++column.part.dictionary->entry(code).count;
          data.codes[row] = static_cast<std::int32_t>(code);
        }
        break;
      case Mode::text:
        data.lengths[row] = kMissingLength;
        if (!cell.text.empty() && !given_mark(column, cell)) {
          data.lengths[row] = cell.text.size();
          column.part.text.append(cell.text);
        }
        break;
    }
  }

  /// A number that the user named as a mark of missing cells.
  bool given_mark(StreamColumn& column, const JsonCell& cell) {
    if (!marks_.given() || cell.kind == JsonCell::Kind::string || marks_.find(cell.text) < 0) return false;
    column.part.odd().marks.add(line_);
    return true;
  }

  template <class T, class Parse>
  T value(StreamColumn& column, const JsonCell& cell, T missing, Parse&& parse) {
    const std::string_view text = trim(cell.text);
    if (text.empty()) return missing;
    if (marks_.find(text) >= 0) {
      column.part.odd().marks.add(line_);
      return missing;
    }
    const std::optional<T> found = parse(text);
    if (!found) column.part.odd().misfits.add(line_);
    return found.value_or(missing);
  }

  std::string name_;
  Context context_;
  MissingMarks marks_;
  std::unique_ptr<TextOrigin> origin_;  ///< outlives the stream that writes to it
  std::unique_ptr<ByteStream> bytes_;
  GrowingBytes text_;   ///< what has been read, then kPadding
  std::size_t at_ = 0;  ///< of the first byte that has not been used
  bool end_ = false;
  std::uint64_t line_ = 0;  ///< lines used
  std::uint64_t left_;
  JsonLineParser parser_;
  std::vector<StreamColumn> columns_;
  std::unordered_map<std::string, std::size_t> by_name_;
  std::vector<std::size_t> guesses_;  ///< by place in the line
  std::vector<std::size_t> filled_;   ///< rows of the batch that a column has
  std::vector<bool> seen_;
  mutable std::vector<std::string> absent_;
  mutable std::vector<ReadNote> notes_;
};

}  // namespace

Peeked peek(std::unique_ptr<ByteStream> bytes) {
  constexpr std::size_t kMost = 4096;
  Peeked peeked;
  while (peeked.head.size() < kMost && peeked.head.find_first_not_of(" \t\r\n") == std::string::npos) {
    char block[kMost];
    const std::size_t got = bytes->read(block, kMost - peeked.head.size());
    if (got == 0) break;
    peeked.head.append(block, got);
  }
  peeked.bytes = prefixed_stream(peeked.head, std::move(bytes));
  return peeked;
}

std::unique_ptr<TableStream> open_json_stream(const std::string& name, std::unique_ptr<TextOrigin> origin,
                                              std::unique_ptr<ByteStream> bytes, const Schema& schema,
                                              const ReadOptions& options, const Context& context) {
  return std::make_unique<JsonStream>(name, std::move(origin), std::move(bytes), schema, options, context);
}

}  // namespace everyml::csv
