#include "everyml/foundation/io/file_stream.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "everyml/foundation/base/error.h"

namespace everyml {
namespace {

class FileStreamTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = testing::TempDir() + "everyml-file-stream-" + std::to_string(::getpid());
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::size_t entries() const {
    std::size_t count = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder_)) ++count;
    return count;
  }
  std::string folder_;
};

TEST_F(FileStreamTest, PiecesBecomeOneFileAtCommit) {
  const std::string path = folder_ + "/answers.csv";
  FileStream stream(path);
  stream.write("a,b\n");
  EXPECT_FALSE(std::filesystem::exists(path));
  stream.write("1,2\n");
  stream.commit();
  EXPECT_EQ(read_file(path), "a,b\n1,2\n");
  EXPECT_EQ(entries(), 1u);
}

TEST_F(FileStreamTest, WithoutCommitNothingIsLeft) {
  {
    FileStream(folder_ + "/answers.csv").write("half");
  }
  EXPECT_EQ(entries(), 0u);
}

TEST_F(FileStreamTest, AnExistingFileStandsUntilTheNewOneIsWhole) {
  const std::string path = folder_ + "/answers.csv";
  write_file_atomically(path, "old");
  EXPECT_THROW(FileStream{path}, ResourceError);
  FileStream stream(path, {.overwrite = true});
  stream.write("new");
  EXPECT_EQ(read_file(path), "old");
  stream.commit();
  EXPECT_EQ(read_file(path), "new");
}

TEST_F(FileStreamTest, AFileThatAppearsMeanwhileIsNotLost) {
  const std::string path = folder_ + "/answers.csv";
  FileStream stream(path);
  stream.write("mine");
  write_file_atomically(path, "theirs");
  EXPECT_THROW(stream.commit(), ResourceError);
  EXPECT_EQ(read_file(path), "theirs");
}

}  // namespace
}  // namespace everyml
