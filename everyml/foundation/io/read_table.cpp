#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "everyml/foundation/io/byte_source_impl.h"
#include "everyml/foundation/io/csv.h"
#include "everyml/foundation/io/csv_reader_impl.h"
#include "everyml/foundation/io/csv_stream_impl.h"
#include "everyml/foundation/io/duckdb_plugin_impl.h"
#include "everyml/foundation/io/json_lines_impl.h"

namespace everyml {

TableRead read_table(const std::string& path, const ReadOptions& options, const Context& context) {
  if (csv::looks_like_parquet(path)) return csv::read_parquet(path, options, context);
  const BudgetScope budget(context.memory());
  csv::TextOrigin origin;
  const auto source = csv::open_text_source(path, origin);
  const std::string name = path == "-" ? "standard input" : path;
  std::string head(static_cast<std::size_t>(std::min<std::uint64_t>(source->size(), 4096)), '\0');
  source->read(0, head.size(), head.data());
  if (csv::is_json_lines(path, head)) {
    return csv::read_json_lines(*source, origin, name, options, context);
  }
  return csv::read_delimited(*source, origin, name, options, context);
}

namespace {

/// A table that has been read as a whole, handed out in pieces.
class WholeTable final : public TableStream {
 public:
  WholeTable(TableRead read, const Schema& schema) : read_(std::move(read)) {
    std::vector<std::string> known;
    for (const ColumnSchema& column : schema.columns) {
      (read_.table.find(column.name) ? known : absent_).push_back(column.name);
    }
    if (!known.empty()) read_.table = read_.table.select_columns(known);
  }
  std::optional<Table> next(std::size_t rows) override {
    rows = std::min(rows, read_.table.rows() - at_);
    if (rows == 0) return std::nullopt;
    at_ += rows;
    return read_.table.slice(at_ - rows, at_);
  }
  const std::vector<std::string>& absent() const override { return absent_; }
  const std::vector<ReadNote>& notes() const override { return read_.notes; }

 private:
  TableRead read_;
  std::size_t at_ = 0;
  std::vector<std::string> absent_;
};

/// A stream whose first bytes were looked at.
class LookedAt final : public csv::ByteStream {
 public:
  LookedAt(std::string head, std::unique_ptr<ByteStream> rest)
      : head_(std::move(head)), rest_(std::move(rest)) {}
  std::size_t read(char* out, std::size_t size) override {
    if (at_ == head_.size()) return rest_->read(out, size);
    size = std::min(size, head_.size() - at_);
    head_.copy(out, size, at_);
    at_ += size;
    return size;
  }

 private:
  std::string head_;
  std::size_t at_ = 0;
  std::unique_ptr<ByteStream> rest_;
};

/// The bytes up to the first that is no blank, and some more.
std::string look_at(csv::ByteStream& bytes) {
  std::string head;
  while (head.find_first_not_of(" \t\r\n") == std::string::npos && head.size() < (std::size_t{1} << 20)) {
    const std::size_t size = head.size();
    head.resize(size + 4096);
    const std::size_t got = bytes.read(head.data() + size, 4096);
    head.resize(size + got);
    if (got == 0) break;
  }
  return head;
}

}  // namespace

std::unique_ptr<TableStream> TableStream::open(const std::string& path, const Schema& schema,
                                               const ReadOptions& options, const Context& context) {
  if (csv::looks_like_parquet(path)) {
    return std::make_unique<WholeTable>(csv::read_parquet(path, options, context), schema);
  }
  const BudgetScope budget(context.memory());
  const std::string name = path == "-" ? "standard input" : path;
  auto origin = std::make_unique<csv::TextOrigin>();
  auto stream = csv::open_text_stream(path, *origin);
  std::string head = look_at(*stream);
  if (!csv::is_json_lines(path, head)) {
    return csv::stream_over_bytes(std::make_unique<LookedAt>(std::move(head), std::move(stream)),
                                  std::move(origin), name, schema, options, context);
  }
  csv::GrowingBytes all;
  all.append(head);
  constexpr std::size_t kRead = std::size_t{1} << 20;
  while (const std::size_t got = stream->read(all.reserve_more(kRead), kRead)) all.commit(got);
  csv::TextOrigin converted;
  const auto source = csv::text_source_over(all.view(), name, converted);
  return std::make_unique<WholeTable>(csv::read_json_lines(*source, *origin, name, options, context), schema);
}

}  // namespace everyml
