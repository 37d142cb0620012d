#include <sys/stat.h>

#include <cstring>
#include <filesystem>
#include <fstream>

#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/text.h"
#include "everyml/foundation/io/duckdb_plugin_impl.h"
#include "everyml/foundation/io/duckdb_relation_impl.h"

namespace everyml::csv {
namespace {

constexpr const char* kMagic = "PAR1";

std::string real_file(const std::string& path) {
  std::error_code error;
  const std::filesystem::path real = std::filesystem::canonical(path, error);
  if (error) throw ResourceError("io.open", "cannot open " + printable(path, 200) + ": " + error.message());
  return real.string();
}

}  // namespace

bool looks_like_parquet(const std::string& path) {
  if (to_lower_ascii(path).ends_with(".parquet")) return true;
  struct stat status{};
  if (path == "-" || ::stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return false;
  std::ifstream file(path, std::ios::binary);
  char head[4] = {};
  file.read(head, sizeof(head));
  return file.gcount() == 4 && std::memcmp(head, kMagic, 4) == 0;
}

std::string duckdb_library() { return duckdb_api().file; }

TableRead read_parquet(const std::string& path, const ReadOptions& options, const Context& context) {
  const BudgetScope budget(context.memory());
  const DuckApi& api = duckdb_api();
  const std::string file = real_file(path);
  const DuckSession session(api, {file}, context.threads(), context);
  const DuckRelation relation{
      .from = "read_parquet(" + sql_quoted(file, '\'') + ")",
      .name = path,
      .format = "parquet",
      .fail = [&](const std::string& reason) {
        throw FormatError("parquet.broken",
                          printable(path, 200) + " cannot be read as Parquet: " + printable(reason, 300));
      }};
  return read_relation(session, relation, options, context);
}

}  // namespace everyml::csv
