#include "everyml/foundation/io/table_stream.h"

#include <algorithm>

#include "everyml/foundation/io/stream_columns_impl.h"

namespace everyml {
namespace {

class WholeTableStream final : public TableStream {
 public:
  WholeTableStream(TableRead read, const Schema& schema) : notes_(std::move(read.notes)) {
    std::vector<Column> columns;
    for (const ColumnSchema& wanted : schema.columns) {
      const auto found = read.table.find(wanted.name);
      if (!found) absent_.push_back(wanted.name);
      columns.push_back(found ? read.table.column(*found) : csv::missing_column(wanted, read.table.rows()));
    }
    table_ = Table(std::move(columns));
    rows_ = read.table.rows();
  }

  std::optional<Table> next(std::size_t rows) override {
    if (at_ == rows_) return std::nullopt;
    const std::size_t end = at_ + std::min(rows, rows_ - at_);
    Table piece = table_.slice(at_, end);
    at_ = end;
    return piece;
  }
  const std::vector<std::string>& absent() const override { return absent_; }
  const std::vector<ReadNote>& notes() const override { return notes_; }

 private:
  Table table_;
  std::size_t rows_ = 0;
  std::size_t at_ = 0;
  std::vector<std::string> absent_;
  std::vector<ReadNote> notes_;
};

}  // namespace

std::unique_ptr<TableStream> stream_over_table(TableRead read, const Schema& schema) {
  return std::make_unique<WholeTableStream>(std::move(read), schema);
}

}  // namespace everyml
