#pragma once

#include <cstdint>
#include <string>

namespace everyml::csv {

// The part of DuckDB's stable C interface that is used here, declared by its documentation
// (duckdb.org, C API, version 1.2 and later). Handles are pointers to what only the library knows.
struct DuckHandle;
using DuckDatabase = DuckHandle*;
using DuckConnection = DuckHandle*;
using DuckConfig = DuckHandle*;
using DuckChunk = DuckHandle*;
using DuckVector = DuckHandle*;
using DuckType = DuckHandle*;
using DuckAppender = DuckHandle*;
using DuckStatements = DuckHandle*;
using DuckPrepared = DuckHandle*;
using DuckPending = DuckHandle*;
using DuckState = std::int32_t;  ///< 0 is success

/// Numbers that the library has for its types; those used here.
enum class DuckTypeId : std::int32_t {
  boolean = 1,
  bigint = 5,
  real = 11,
  timestamp = 12,
  date = 13,
  text = 17
};
inline constexpr std::int32_t kDuckSelect = 1;        ///< the type of a statement
inline constexpr std::int32_t kDuckPendingReady = 0;  ///< the state of one that runs
inline constexpr std::int32_t kDuckPendingError = 2;

struct DuckResult {
  std::uint64_t columns;
  std::uint64_t rows;
  std::uint64_t changed;
  void* column_data;
  char* error;
  void* internal;
};

/// Up to 12 bytes stand in the value itself, longer text behind the pointer.
struct DuckString {
  std::uint32_t size;
  char inlined[4];
  const char* pointer;
};

struct DuckApi {
  DuckState (*open_ext)(const char* path, DuckDatabase* out, DuckConfig config, char** error);
  void (*close)(DuckDatabase* database);
  DuckState (*connect)(DuckDatabase database, DuckConnection* out);
  void (*disconnect)(DuckConnection* connection);
  DuckState (*create_config)(DuckConfig* out);
  DuckState (*set_config)(DuckConfig config, const char* name, const char* value);
  void (*destroy_config)(DuckConfig* config);
  DuckState (*query)(DuckConnection connection, const char* sql, DuckResult* out);
  void (*destroy_result)(DuckResult* result);
  const char* (*result_error)(DuckResult* result);
  std::uint64_t (*column_count)(DuckResult* result);
  const char* (*column_name)(DuckResult* result, std::uint64_t column);
  DuckChunk (*fetch_chunk)(DuckResult result);
  std::uint64_t (*chunk_size)(DuckChunk chunk);
  DuckVector (*chunk_vector)(DuckChunk chunk, std::uint64_t column);
  void (*destroy_chunk)(DuckChunk* chunk);
  void* (*vector_data)(DuckVector vector);
  std::uint64_t* (*vector_validity)(DuckVector vector);
  // Tables that we hand over.
  std::uint64_t (*vector_size)();
  DuckType (*create_type)(std::int32_t type);
  void (*destroy_type)(DuckType* type);
  DuckChunk (*create_chunk)(DuckType* types, std::uint64_t columns);
  void (*reset_chunk)(DuckChunk chunk);
  void (*set_chunk_size)(DuckChunk chunk, std::uint64_t rows);
  void (*make_validity)(DuckVector vector);
  void (*assign_text)(DuckVector vector, std::uint64_t row, const char* text, std::uint64_t size);
  DuckState (*create_appender)(DuckConnection connection, const char* schema, const char* table,
                               DuckAppender* out);
  DuckState (*append_chunk)(DuckAppender appender, DuckChunk chunk);
  DuckState (*close_appender)(DuckAppender appender);
  const char* (*appender_error)(DuckAppender appender);
  DuckState (*destroy_appender)(DuckAppender* appender);
  // Statements that run in small steps.
  std::uint64_t (*extract)(DuckConnection connection, const char* sql, DuckStatements* out);
  const char* (*extract_error)(DuckStatements statements);
  void (*destroy_extracted)(DuckStatements* statements);
  DuckState (*prepare_extracted)(DuckConnection connection, DuckStatements statements, std::uint64_t index,
                                 DuckPrepared* out);
  const char* (*prepare_error)(DuckPrepared prepared);
  std::int32_t (*statement_type)(DuckPrepared prepared);
  void (*destroy_prepared)(DuckPrepared* prepared);
  DuckState (*pending)(DuckPrepared prepared, DuckPending* out);
  const char* (*pending_error)(DuckPending pending);
  std::int32_t (*run_task)(DuckPending pending);
  DuckState (*finish_pending)(DuckPending pending, DuckResult* out);
  void (*destroy_pending)(DuckPending* pending);

  void (*free)(void* pointer);
  const char* (*library_version)();

  std::string file;  ///< where it was found
};

/// Loads the library once. Thread-safe. Throws UnsupportedError "parquet.duckdb_absent",
/// "parquet.duckdb_version".
const DuckApi& duckdb_api();

}  // namespace everyml::csv
