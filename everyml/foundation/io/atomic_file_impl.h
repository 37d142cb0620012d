#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <span>

#include "everyml/foundation/io/atomic_file.h"

namespace everyml::detail {

/// The calls to the system that a write makes, one to one; tests put failing ones in their place.
/// Each returns -1 and sets errno on failure.
class FileCalls {
 public:
  virtual ~FileCalls() = default;
  virtual int open(const char* path, int flags, mode_t mode);
  virtual ssize_t write(int file, const void* bytes, std::size_t count);
  virtual int sync(int file);
  virtual int close(int file);
  virtual int mode(int file, mode_t mode);
  virtual int status(const char* path, struct stat* result);
  /// Fails with EEXIST when `to` exists.
  virtual int rename_new(const char* from, const char* to);
  /// As rename_new, leaving `from` in place: for file systems that have no rename_new.
  virtual int link(const char* from, const char* to);
  virtual int rename_over(const char* from, const char* to);
  virtual int remove(const char* path);
};

void write_files_atomically(FileCalls& calls, std::span<const FileContent> files,
                            const WriteOptions& options);

}  // namespace everyml::detail
