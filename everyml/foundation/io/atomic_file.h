#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace everyml {

struct WriteOptions {
  bool overwrite = false;  ///< false: an existing file is ResourceError "io.exists" and stays as it is
};

/// Writes the whole file or nothing: a temporary name in the same folder, fsync, rename (one that fails when
/// the name is taken while overwriting is not allowed, so that no race can lose a file), fsync of the folder.
/// On failure the temporary file is removed and the old file is untouched; only when the disk does not
/// confirm the folder after the rename may the new file, whole, stand there. An old file's permissions are
/// kept; a symbolic link is replaced; a folder, pipe or device is refused. Thread-safe. Throws ResourceError
/// "io.exists", "io.write", "io.disk_full", "io.permission", "io.no_folder", naming the path.
void write_file_atomically(const std::string& path, std::string_view bytes, const WriteOptions& options = {});

/// Several files that belong together: all are written under temporary names and synced before the first
/// rename. Should a later rename fail, new files are taken back; a file that was overwritten before it keeps
/// its new content.
struct FileContent {
  std::string path;
  std::string_view bytes;
};
void write_files_atomically(std::span<const FileContent> files, const WriteOptions& options = {});

/// The whole file. Throws ResourceError "io.open", "io.read", "io.too_large" above `limit` bytes.
std::string read_file(const std::string& path, std::size_t limit = std::size_t{1} << 40);

}  // namespace everyml
