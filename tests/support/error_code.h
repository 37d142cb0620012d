#pragma once

// What the tests of refusals ask.

#include <gtest/gtest.h>

#include <string>

#include "everyml/foundation/base/error.h"

namespace everyml {

/// The code of the Error that `work` ends in, "none" when it ends in none. The error has a sentence.
template <class Work>
std::string code_of(Work&& work) {
  try {
    work();
  } catch (const Error& error) {
    EXPECT_FALSE(std::string(error.what()).empty());
    return std::string(error.code());
  }
  return "none";
}

}  // namespace everyml
