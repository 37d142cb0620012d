#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "everyml/foundation/base/context.h"
#include "everyml/foundation/io/duckdb_api_impl.h"

namespace everyml::csv {

/// The text between quotes of that kind, which are doubled inside.
std::string sql_quoted(std::string_view text, char quote);

/// An in-memory database that may read the files named and nothing else; its settings are locked.
/// Not thread-safe.
class DuckSession {
 public:
  /// `files` are real paths. Throws UnsupportedError "parquet.duckdb_version".
  DuckSession(const DuckApi& api, const std::vector<std::string>& files, int threads, const Context& context);
  ~DuckSession() { close(); }
  DuckSession(const DuckSession&) = delete;
  DuckSession& operator=(const DuckSession&) = delete;
  const DuckApi& api() const { return api_; }
  DuckConnection connection() const { return connection_; }

 private:
  void close();
  const DuckApi& api_;
  DuckDatabase database_ = nullptr;
  DuckConnection connection_ = nullptr;
};

/// The answer to one statement.
class DuckAnswer {
 public:
  DuckAnswer(const DuckSession& session, const std::string& sql) : api_(session.api()) {
    failed_ = api_.query(session.connection(), sql.c_str(), &result_) != 0;
  }
  DuckAnswer(const DuckAnswer&) = delete;
  DuckAnswer& operator=(const DuckAnswer&) = delete;
  ~DuckAnswer() { api_.destroy_result(&result_); }

  bool failed() const { return failed_; }
  std::string error() {
    const char* text = api_.result_error(&result_);
    return text == nullptr ? "unknown reason" : text;
  }

  /// use(chunk, rows) for every chunk in order.
  template <class F>
  void chunks(F&& use) {
    for (;;) {
      DuckChunk chunk = api_.fetch_chunk(result_);
      if (chunk == nullptr) return;
      struct Keeper {
        const DuckApi& api;
        DuckChunk& chunk;
        ~Keeper() { api.destroy_chunk(&chunk); }
      } keeper{api_, chunk};
      const auto rows = static_cast<std::size_t>(api_.chunk_size(chunk));
      if (rows == 0) return;
      use(chunk, rows);
    }
  }

 private:
  const DuckApi& api_;
  DuckResult result_{};
  bool failed_ = false;
};

inline std::string_view text_at(const DuckString& cell) {
  return {cell.size <= 12 ? reinterpret_cast<const char*>(&cell) + 4 : cell.pointer, cell.size};
}

}  // namespace everyml::csv
