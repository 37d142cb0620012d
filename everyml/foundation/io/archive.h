#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "everyml/foundation/base/json.h"

namespace everyml {

/// Collects what a model file holds: a tree of small values (JSON) and arrays (raw tensors), each under a
/// key. Keys are [a-z0-9_.-]+; `scope` nests. A key may be written once. Not thread-safe.
class ArchiveWriter {
 public:
  ArchiveWriter();

  void number(std::string_view key, double value);  ///< any double, NaN and infinities too, exact
  void integer(std::string_view key, std::int64_t value);
  void boolean(std::string_view key, bool value);
  void text(std::string_view key, std::string_view value);  ///< any bytes; they come back as they were
  void json(std::string_view key, const Json& value);
  void strings(std::string_view key, std::span<const std::string> values);
  /// Row-major; an empty shape means {values.size()}.
  void array(std::string_view key, std::span<const double> values, std::vector<std::uint64_t> shape = {});
  void array(std::string_view key, std::span<const float> values, std::vector<std::uint64_t> shape = {});
  void array(std::string_view key, std::span<const std::int64_t> values,
             std::vector<std::uint64_t> shape = {});
  void array(std::string_view key, std::span<const std::int32_t> values,
             std::vector<std::uint64_t> shape = {});
  void array(std::string_view key, std::span<const std::uint8_t> values,
             std::vector<std::uint64_t> shape = {});

  /// A writer whose keys live under "key."; it writes into the same archive.
  ArchiveWriter scope(std::string_view key);

  /// The bytes of a model file, see docs/format.md. The same content gives the same bytes.
  std::string bytes() const;

 private:
  struct State;
  ArchiveWriter(std::shared_ptr<State> state, std::string prefix);
  std::shared_ptr<State> state_;
  std::string prefix_;
};

/// Reads what ArchiveWriter wrote, from bytes that may be hostile. Everything structural is checked in
/// `from_bytes`: sizes, overlaps, holes, checksum, version; each getter then checks presence, type and shape.
/// Throws FormatError: "model.truncated", "model.header", "model.checksum", "model.version", "model.tensor",
/// "model.field_missing", "model.field_type", "model.field_size", "model.value".
class ArchiveReader {
 public:
  static ArchiveReader from_bytes(std::string bytes, std::string name);
  /// ResourceError "io.open"/"io.read" besides.
  static ArchiveReader from_file(const std::string& path);

  bool has(std::string_view key) const;
  double number(std::string_view key) const;
  /// Throws "model.value" outside [low, high].
  double number(std::string_view key, double low, double high) const;
  std::int64_t integer(std::string_view key) const;
  std::int64_t integer(std::string_view key, std::int64_t low, std::int64_t high) const;
  bool boolean(std::string_view key) const;
  std::string text(std::string_view key) const;
  Json json(std::string_view key) const;
  std::vector<std::string> strings(std::string_view key) const;

  std::vector<std::uint64_t> shape(std::string_view key) const;
  std::vector<double> doubles(std::string_view key) const;
  std::vector<float> floats(std::string_view key) const;
  std::vector<std::int64_t> integers64(std::string_view key) const;
  std::vector<std::int32_t> integers32(std::string_view key) const;
  std::vector<std::uint8_t> bytes8(std::string_view key) const;
  /// The same, with the number of elements that must be there ("model.field_size" otherwise).
  std::vector<double> doubles(std::string_view key, std::uint64_t size) const;
  std::vector<float> floats(std::string_view key, std::uint64_t size) const;
  std::vector<std::int32_t> integers32(std::string_view key, std::uint64_t size) const;
  /// As `doubles`, and every value finite ("model.value" otherwise).
  std::vector<double> finite_doubles(std::string_view key, std::uint64_t size) const;

  ArchiveReader scope(std::string_view key) const;
  /// Names of the direct children (scopes and keys), in the order written.
  std::vector<std::string> keys() const;
  /// The path or name given, for messages.
  const std::string& name() const;
  /// For a loader that finds content it cannot accept.
  [[noreturn]] void refuse(std::string_view key, std::string_view why) const;

 private:
  struct State;
  ArchiveReader(std::shared_ptr<const State> state, std::string prefix);
  std::shared_ptr<const State> state_;
  std::string prefix_;
};

}  // namespace everyml
