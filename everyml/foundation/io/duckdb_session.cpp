#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/text.h"
#include "everyml/foundation/io/duckdb_session_impl.h"

namespace everyml::csv {

std::string sql_quoted(std::string_view text, char quote) {
  std::string out(1, quote);
  for (const char c : text) {
    if (c == quote) out.push_back(quote);
    out.push_back(c);
  }
  out.push_back(quote);
  return out;
}

DuckSession::DuckSession(const DuckApi& api, const std::vector<std::string>& files, int threads,
                         const Context& context)
    : api_(api) {
  DuckConfig config = nullptr;
  api_.create_config(&config);
  const auto set = [&](const char* name, const std::string& value) {
    api_.set_config(config, name, value.c_str());
  };
  set("threads", std::to_string(threads));
  set("autoinstall_known_extensions", "false");
  set("autoload_known_extensions", "false");
  if (context.memory().limit() > 0) set("memory_limit", std::to_string(context.memory().limit()) + "B");
  char* error = nullptr;
  const DuckState opened = api_.open_ext(nullptr, &database_, config, &error);
  api_.destroy_config(&config);
  if (opened != 0) {
    const std::string reason = error == nullptr ? "unknown reason" : error;
    api_.free(error);
    throw UnsupportedError("parquet.duckdb_version",
                           "DuckDB's library does not start: " + printable(reason, 200));
  }
  if (api_.connect(database_, &connection_) != 0) {
    api_.close(&database_);
    throw UnsupportedError("parquet.duckdb_version", "DuckDB's library gives no connection");
  }
  std::string allowed;
  for (const std::string& file : files) allowed += (allowed.empty() ? "" : ", ") + sql_quoted(file, '\'');
  for (const std::string& sql :
       {"SET allowed_paths = [" + allowed + "]", std::string("SET temp_directory = ''"),
        std::string("SET enable_external_access = false"), std::string("SET lock_configuration = true")}) {
    DuckAnswer answer(*this, sql);
    if (!answer.failed()) continue;
    const std::string reason = answer.error();
    close();
    throw UnsupportedError("parquet.duckdb_version",
                           "DuckDB's library cannot be locked down: " + printable(reason, 200));
  }
}

void DuckSession::close() {
  api_.disconnect(&connection_);
  api_.close(&database_);
}

}  // namespace everyml::csv
