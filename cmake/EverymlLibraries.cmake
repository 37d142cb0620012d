# Third parties that ship no CMake package of their own in Debian 12. Installed too, for everymlConfig.cmake.

if(TARGET everyml::openblas)
  return()
endif()

function(everyml_find_library target library header)
  string(TOUPPER ${target} key)
  find_library(EVERYML_${key}_LIBRARY NAMES ${library} REQUIRED)
  find_path(EVERYML_${key}_INCLUDE NAMES ${header} REQUIRED PATH_SUFFIXES openblas-pthread)
  add_library(everyml::${target} INTERFACE IMPORTED GLOBAL)
  target_link_libraries(everyml::${target} INTERFACE ${EVERYML_${key}_LIBRARY})
  target_include_directories(everyml::${target} SYSTEM INTERFACE ${EVERYML_${key}_INCLUDE})
endfunction()

everyml_find_library(openblas openblas cblas.h)
everyml_find_library(xxhash xxhash xxhash.h)
everyml_find_library(utf8proc utf8proc utf8proc.h)

# Headers alone: of no use to a program that links the installed library.
if(NOT EVERYML_INSTALLED)
  find_path(EVERYML_FAST_FLOAT_INCLUDE NAMES fast_float/fast_float.h REQUIRED)
  add_library(everyml::fast_float INTERFACE IMPORTED GLOBAL)
  target_include_directories(everyml::fast_float SYSTEM INTERFACE ${EVERYML_FAST_FLOAT_INCLUDE})
  # What its library would add is in foundation/base/simd_targets.cpp.
  find_path(EVERYML_HIGHWAY_INCLUDE NAMES hwy/highway.h REQUIRED)
  add_library(everyml::highway INTERFACE IMPORTED GLOBAL)
  target_include_directories(everyml::highway SYSTEM INTERFACE ${EVERYML_HIGHWAY_INCLUDE})
endif()
