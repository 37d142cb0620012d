#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/text.h"
#include "everyml/foundation/io/sql_tables_impl.h"

namespace everyml::csv {
namespace {

constexpr std::int64_t kDay = 86'400'000'000;
constexpr double kLargestWhole = 9007199254740992.0;

/// Whole numbers stay whole in the query: an integer division or a printed code looks as in the file.
bool all_whole(const Column& column) {
  std::vector<double> values(4096);
  for (std::size_t row = 0; row < column.size(); row += values.size()) {
    const std::size_t count = std::min(values.size(), column.size() - row);
    column.read_numbers(row, std::span(values).first(count));
    for (std::size_t i = 0; i < count; ++i) {
      const double value = values[i];
      if (std::isnan(value)) continue;
      const bool negative_zero = value == 0 && std::signbit(value);
      if (std::abs(value) > kLargestWhole || std::trunc(value) != value || negative_zero) return false;
    }
  }
  return column.missing_count() < column.size();
}

DuckTypeId type_of(const Column& column) {
  switch (column.kind()) {
    case ColumnKind::number:
      return all_whole(column) ? DuckTypeId::bigint : DuckTypeId::real;
    case ColumnKind::boolean:
      return DuckTypeId::boolean;
    case ColumnKind::date:
      return column.has_time() ? DuckTypeId::timestamp : DuckTypeId::date;
    case ColumnKind::category:
    case ColumnKind::text:
      break;
  }
  return DuckTypeId::text;
}

const char* sql_of(DuckTypeId type) {
  switch (type) {
    case DuckTypeId::boolean:
      return "BOOLEAN";
    case DuckTypeId::bigint:
      return "BIGINT";
    case DuckTypeId::real:
      return "DOUBLE";
    case DuckTypeId::timestamp:
      return "TIMESTAMP";
    case DuckTypeId::date:
      return "DATE";
    case DuckTypeId::text:
      break;
  }
  return "VARCHAR";
}

/// Rows [begin, begin + count) of a column into a vector; the mask first, so that a missing cell is never
/// read.
void fill(const DuckApi& api, const Column& column, DuckTypeId type, std::size_t begin, std::size_t count,
          DuckVector vector) {
  void* data = api.vector_data(vector);
  if (column.missing_count() > 0) {
    api.make_validity(vector);
    std::uint64_t* validity = api.vector_validity(vector);
    for (std::size_t i = 0; i < count; ++i) {
      if (column.missing(begin + i)) validity[i / 64] &= ~(std::uint64_t{1} << (i % 64));
    }
  }
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t row = begin + i;
    if (column.missing(row)) continue;
    switch (type) {
      case DuckTypeId::boolean:
        static_cast<bool*>(data)[i] = column.booleans()[row] != 0;
        break;
      case DuckTypeId::bigint:
        static_cast<std::int64_t*>(data)[i] = static_cast<std::int64_t>(column.number(row));
        break;
      case DuckTypeId::real:
        static_cast<double*>(data)[i] = column.number(row);
        break;
      case DuckTypeId::timestamp:
        static_cast<std::int64_t*>(data)[i] = column.dates()[row];
        break;
      case DuckTypeId::date:
        static_cast<std::int32_t*>(data)[i] = static_cast<std::int32_t>(
            (column.dates()[row] - ((column.dates()[row] % kDay) + kDay) % kDay) / kDay);
        break;
      case DuckTypeId::text: {
        const std::string_view cell = column.text(row);
        api.assign_text(vector, i, cell.data(), cell.size());
        break;
      }
    }
  }
}

/// The chunk and the appender of one table, given back whatever happens.
class Appending {
 public:
  Appending(const DuckSession& session, const std::string& name, const std::vector<DuckTypeId>& types)
      : api_(session.api()) {
    for (const DuckTypeId type : types) types_.push_back(api_.create_type(static_cast<std::int32_t>(type)));
    chunk_ = api_.create_chunk(types_.data(), types_.size());
    if (api_.create_appender(session.connection(), nullptr, name.c_str(), &appender_) != 0) fail();
  }
  ~Appending() {
    api_.destroy_chunk(&chunk_);
    for (DuckType& type : types_) api_.destroy_type(&type);
    api_.destroy_appender(&appender_);
  }
  Appending(const Appending&) = delete;
  Appending& operator=(const Appending&) = delete;

  DuckChunk chunk() const { return chunk_; }
  void append(std::size_t rows) {
    api_.set_chunk_size(chunk_, rows);
    if (api_.append_chunk(appender_, chunk_) != 0) fail();
    api_.reset_chunk(chunk_);
  }
  void close() {
    if (api_.close_appender(appender_) != 0) fail();
  }

 private:
  [[noreturn]] void fail() {
    const char* reason = api_.appender_error(appender_);
    throw ResourceError("resource.memory", "the table does not fit into the memory that DuckDB may use: " +
                                               printable(reason == nullptr ? "unknown reason" : reason, 300));
  }
  const DuckApi& api_;
  std::vector<DuckType> types_;
  DuckChunk chunk_ = nullptr;
  DuckAppender appender_ = nullptr;
};

void refuse_same_names(const std::string& name, const Table& table) {
  std::map<std::string, std::string> seen;
  for (const Column& column : table.all()) {
    const auto [before, fresh] = seen.emplace(to_lower_ascii(column.name()), column.name());
    if (fresh) continue;
    throw DataError("sql.column_names",
                    fmt::format("the table {} has columns \"{}\" and \"{}\", which SQL does not tell apart; "
                                "give one of them another name",
                                name, printable(before->second), printable(column.name())));
  }
}

}  // namespace

void hand_over(const DuckSession& session, const std::string& name, const Table& table,
               const Context& context) {
  refuse_same_names(name, table);
  std::vector<DuckTypeId> types;
  std::string columns;
  for (const Column& column : table.all()) {
    types.push_back(type_of(column));
    columns += (columns.empty() ? "" : ", ") + sql_quoted(column.name(), '"') + " " + sql_of(types.back());
  }
  DuckAnswer made(session, "CREATE TABLE " + sql_quoted(name, '"') + " (" + columns + ")");
  if (made.failed()) {
    throw DataError("sql.column_names", fmt::format("the table {} cannot be handed to DuckDB: {}", name,
                                                    printable(made.error(), 300)));
  }
  const DuckApi& api = session.api();
  Appending appending(session, name, types);
  const auto step = static_cast<std::size_t>(api.vector_size());
  for (std::size_t row = 0; row < table.rows(); row += step) {
    context.check();
    const std::size_t count = std::min(step, table.rows() - row);
    for (std::size_t i = 0; i < types.size(); ++i) {
      fill(api, table.column(i), types[i], row, count, api.chunk_vector(appending.chunk(), i));
    }
    appending.append(count);
  }
  appending.close();
}

}  // namespace everyml::csv
