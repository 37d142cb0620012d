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
using DuckState = std::int32_t;  ///< 0 is success

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
  void (*interrupt)(DuckConnection connection);
  void (*free)(void* pointer);
  const char* (*library_version)();

  std::string file;  ///< where it was found
};

/// Loads the library once. Thread-safe. Throws UnsupportedError "parquet.duckdb_absent",
/// "parquet.duckdb_version".
const DuckApi& duckdb_api();

}  // namespace everyml::csv
