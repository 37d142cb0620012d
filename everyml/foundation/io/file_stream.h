#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "everyml/foundation/io/atomic_file.h"

namespace everyml {

/// A file that grows piece by piece under a temporary name and takes its own only when it is whole: for
/// output too large to be kept in memory. Without commit() nothing is left. Not thread-safe.
class FileStream {
 public:
  /// Throws as write_file_atomically does.
  explicit FileStream(const std::string& path, const WriteOptions& options = {});
  ~FileStream();
  FileStream(const FileStream&) = delete;
  FileStream& operator=(const FileStream&) = delete;

  /// Throws ResourceError "io.write", "io.disk_full".
  void write(std::string_view bytes);
  /// Syncs, gives the file its name, syncs the folder. Throws as write_file_atomically does; then the old
  /// file stands.
  void commit();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace everyml
