#include <algorithm>
#include <array>
#include <cmath>

#include "everyml/foundation/base/text.h"
#include "everyml/foundation/io/csv.h"
#include "everyml/foundation/io/csv_infer_impl.h"

namespace everyml {
namespace {

class Writer {
 public:
  Writer(char delimiter, bool formula_safe, std::size_t columns)
      : delimiter_(delimiter), formula_safe_(formula_safe), one_column_(columns == 1), marks_(std::nullopt) {
    for (const char c : {delimiter, '"', '\n', '\r'}) special_[static_cast<std::uint8_t>(c)] = true;
  }

  void text(std::string_view cell) {
    const bool guard = formula_safe_ && !cell.empty() &&
                       std::string_view("=+-@\t\r").find(cell[0]) != std::string_view::npos;
    const bool quote = guard ? contains_special(cell) : needs_quotes(cell);
    if (!quote) {
      if (guard) out_.push_back('\'');
      out_.append(cell);
      return;
    }
    out_.push_back('"');
    if (guard) out_.push_back('\'');
    for (const char c : cell) {
      if (c == '"') out_.push_back('"');
      out_.push_back(c);
    }
    out_.push_back('"');
  }
  /// A value that no reader can take for something else.
  void plain(std::string_view cell) {
    if (contains_special(cell)) {
      text(cell);
    } else {
      out_.append(cell);
    }
  }
  /// A line with nothing at all would be skipped as blank.
  void missing() {
    if (one_column_) out_.append("\"\"");
  }
  void between() { out_.push_back(delimiter_); }
  void end_row() { out_.push_back('\n'); }
  std::string take() { return std::move(out_); }

 private:
  bool contains_special(std::string_view cell) const {
    return std::any_of(cell.begin(), cell.end(),
                       [this](char c) { return special_[static_cast<std::uint8_t>(c)]; });
  }
  bool needs_quotes(std::string_view cell) const {
    if (cell.empty() || cell.front() == ' ' || cell.front() == '\t' || cell.back() == ' ' ||
        cell.back() == '\t')
      return true;
    if (marks_.find(cell) >= 0 || contains_special(cell)) return true;
    // These would be read as a remark, a separator line, a byte order mark or an old quote.
    return cell.front() == '#' || cell.front() == '\'' || cell.front() == '\xEF' ||
           to_lower_ascii(cell.substr(0, 4)) == "sep=";
  }

  char delimiter_;
  bool formula_safe_;
  bool one_column_;
  csv::MissingMarks marks_;
  std::array<bool, 256> special_{};
  std::string out_;
};

void write_cell(const Column& column, std::size_t row, Writer& out) {
  if (column.missing(row)) {
    out.missing();
    return;
  }
  switch (column.kind()) {
    case ColumnKind::category:
    case ColumnKind::text:
      out.text(column.text(row));
      break;
    case ColumnKind::number:
      out.plain(format_number(column.number(row)));
      break;
    case ColumnKind::boolean:
    case ColumnKind::date:
      out.plain(column.cell(row));
      break;
  }
}

}  // namespace

std::string write_csv(const Table& table, bool with_header, char delimiter, bool formula_safe) {
  Writer out(delimiter, formula_safe, table.columns());
  if (with_header) {
    for (std::size_t i = 0; i < table.columns(); ++i) {
      if (i > 0) out.between();
      out.text(table.column(i).name());
    }
    out.end_row();
  }
  for (std::size_t row = 0; row < table.rows(); ++row) {
    for (std::size_t i = 0; i < table.columns(); ++i) {
      if (i > 0) out.between();
      write_cell(table.column(i), row, out);
    }
    out.end_row();
  }
  return out.take();
}

}  // namespace everyml
