#include <dlfcn.h>
#include <unistd.h>

#include <climits>
#include <cstdlib>
#include <mutex>
#include <optional>
#include <vector>

#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/text.h"
#include "everyml/foundation/io/duckdb_api_impl.h"

namespace everyml::csv {
namespace {

/// lib/everyml beside the folder of the running program: <prefix>/bin/everyml finds <prefix>/lib/everyml.
std::string beside_program() {
  char path[PATH_MAX];
  const ssize_t size = ::readlink("/proc/self/exe", path, sizeof(path));
  if (size <= 0) return "";
  const std::string program(path, static_cast<std::size_t>(size));
  const std::size_t folder = program.rfind('/');
  const std::size_t prefix =
      folder == 0 || folder == std::string::npos ? std::string::npos : program.rfind('/', folder - 1);
  if (prefix == std::string::npos) return "";
  return program.substr(0, prefix) + "/lib/everyml/libduckdb.so";
}

std::vector<std::string> places() {
  const char* asked = std::getenv("EVERYML_DUCKDB");
  // What was asked for by name is used or refused, never replaced by another.
  if (asked != nullptr && *asked != '\0') return {asked};
  return {"libduckdb.so", beside_program()};
}

template <class F>
bool find(void* library, const char* name, F& out) {
  out = reinterpret_cast<F>(::dlsym(library, name));
  return out != nullptr;
}

bool find_handing(void* library, DuckApi& api) {
  return find(library, "duckdb_vector_size", api.vector_size) &&
         find(library, "duckdb_create_logical_type", api.create_type) &&
         find(library, "duckdb_destroy_logical_type", api.destroy_type) &&
         find(library, "duckdb_create_data_chunk", api.create_chunk) &&
         find(library, "duckdb_data_chunk_reset", api.reset_chunk) &&
         find(library, "duckdb_data_chunk_set_size", api.set_chunk_size) &&
         find(library, "duckdb_vector_ensure_validity_writable", api.make_validity) &&
         find(library, "duckdb_vector_assign_string_element_len", api.assign_text) &&
         find(library, "duckdb_appender_create", api.create_appender) &&
         find(library, "duckdb_append_data_chunk", api.append_chunk) &&
         find(library, "duckdb_appender_close", api.close_appender) &&
         find(library, "duckdb_appender_error", api.appender_error) &&
         find(library, "duckdb_appender_destroy", api.destroy_appender);
}

bool find_steps(void* library, DuckApi& api) {
  return find(library, "duckdb_extract_statements", api.extract) &&
         find(library, "duckdb_extract_statements_error", api.extract_error) &&
         find(library, "duckdb_destroy_extracted", api.destroy_extracted) &&
         find(library, "duckdb_prepare_extracted_statement", api.prepare_extracted) &&
         find(library, "duckdb_prepare_error", api.prepare_error) &&
         find(library, "duckdb_prepared_statement_type", api.statement_type) &&
         find(library, "duckdb_destroy_prepare", api.destroy_prepared) &&
         find(library, "duckdb_pending_prepared", api.pending) &&
         find(library, "duckdb_pending_error", api.pending_error) &&
         find(library, "duckdb_pending_execute_task", api.run_task) &&
         find(library, "duckdb_execute_pending", api.finish_pending) &&
         find(library, "duckdb_destroy_pending", api.destroy_pending);
}

bool find_all(void* library, DuckApi& api) {
  return find(library, "duckdb_open_ext", api.open_ext) && find(library, "duckdb_close", api.close) &&
         find(library, "duckdb_connect", api.connect) && find(library, "duckdb_disconnect", api.disconnect) &&
         find(library, "duckdb_create_config", api.create_config) &&
         find(library, "duckdb_set_config", api.set_config) &&
         find(library, "duckdb_destroy_config", api.destroy_config) &&
         find(library, "duckdb_query", api.query) &&
         find(library, "duckdb_destroy_result", api.destroy_result) &&
         find(library, "duckdb_result_error", api.result_error) &&
         find(library, "duckdb_column_count", api.column_count) &&
         find(library, "duckdb_column_name", api.column_name) &&
         find(library, "duckdb_fetch_chunk", api.fetch_chunk) &&
         find(library, "duckdb_data_chunk_get_size", api.chunk_size) &&
         find(library, "duckdb_data_chunk_get_vector", api.chunk_vector) &&
         find(library, "duckdb_destroy_data_chunk", api.destroy_chunk) &&
         find(library, "duckdb_vector_get_data", api.vector_data) &&
         find(library, "duckdb_vector_get_validity", api.vector_validity) && find_handing(library, api) &&
         find_steps(library, api) && find(library, "duckdb_free", api.free) &&
         find(library, "duckdb_library_version", api.library_version);
}

struct Loading {
  std::optional<DuckApi> api;
  std::string reason;
};

/// RTLD_LOCAL keeps the library's own copies of other libraries away from ours.
Loading load() {
  Loading loading;
  for (const std::string& place : places()) {
    if (place.empty()) continue;
    void* library = ::dlopen(place.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) {
      const char* why = ::dlerror();
      loading.reason += (loading.reason.empty() ? "" : "; ") + std::string(why == nullptr ? place : why);
      continue;
    }
    DuckApi api{};
    if (!find_all(library, api)) {
      ::dlclose(library);
      loading.reason = place + " is no DuckDB library of version 1.2 or later";
      continue;
    }
    api.file = place;
    loading.api = api;
    return loading;
  }
  return loading;
}

}  // namespace

const DuckApi& duckdb_api() {
  static std::mutex mutex;
  static std::optional<DuckApi> loaded;
  const std::lock_guard lock(mutex);
  if (!loaded) {
    Loading loading = load();
    if (!loading.api) {
      throw UnsupportedError(
          "parquet.duckdb_absent",
          "Parquet and SQL need DuckDB's library, which is not here (" + printable(loading.reason, 300) +
              "); run scripts/fetch_duckdb.sh or put libduckdb.so where the loader finds it, or name "
              "its file in EVERYML_DUCKDB");
    }
    const std::string version = loading.api->library_version();
    if (!version.starts_with("v1.") && !version.starts_with("v2.")) {
      throw UnsupportedError("parquet.duckdb_version", "DuckDB's library is version " + printable(version) +
                                                           "; version 1.2 or later is needed");
    }
    loaded = std::move(loading.api);
  }
  return *loaded;
}

}  // namespace everyml::csv
