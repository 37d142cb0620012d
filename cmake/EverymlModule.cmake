# One folder is one target that links only what it may use.
#
#   everyml_module(everyml_linear
#     USES everyml_model everyml_linalg       # modules visible in its public headers
#     LIBRARIES fmt::fmt)         # third parties, private to the sources
#
# Sources are every *.cpp of the folder; files ending in _test.cpp become the
# module's test program, so a new algorithm needs no line here.

set(EVERYML_WARNINGS -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual
                     -Wno-missing-field-initializers -Wno-psabi)

function(everyml_compile_settings target)
  target_compile_features(${target} PUBLIC cxx_std_20)
  # clang 19 reports the library's own std::stable_sort as a use of something deprecated.
  target_compile_options(${target} PRIVATE $<$<CXX_COMPILER_ID:Clang>:-Wno-deprecated-declarations>)
  # Contraction would let the compiler fuse a*b+c on some targets only, and the bits of a model
  # would then depend on the compiler.
  target_compile_options(${target} PRIVATE ${EVERYML_WARNINGS} -ffp-contract=off
                         -fstack-protector-strong $<$<BOOL:${EVERYML_WERROR}>:-Werror>)
  target_compile_definitions(${target} PRIVATE _GLIBCXX_ASSERTIONS)
  set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE ON
                        CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON CXX_EXTENSIONS OFF)
  if(EVERYML_SANITIZE)
    target_compile_options(${target} PRIVATE -fsanitize=${EVERYML_SANITIZE} -fno-omit-frame-pointer
                           -fno-sanitize-recover=all)
    target_link_options(${target} PUBLIC -fsanitize=${EVERYML_SANITIZE})
  endif()
  if(EVERYML_FUZZ)
    target_compile_options(${target} PRIVATE -fsanitize=fuzzer-no-link)
  endif()
  if(EVERYML_COVERAGE)
    # Threads count at the same time; plain counters lose counts and even turn negative.
    target_compile_options(${target} PRIVATE --coverage -fprofile-update=atomic)
    target_link_options(${target} PUBLIC --coverage)
  endif()
endfunction()

function(everyml_module name)
  cmake_parse_arguments(arg "" "" "USES;LIBRARIES" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*.cpp")
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "_test\\.cpp$")
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")

  if(NOT sources)
    # A room of headers alone.
    add_library(${name} INTERFACE)
    target_compile_features(${name} INTERFACE cxx_std_20)
    target_include_directories(${name} INTERFACE $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>
                                                 $<INSTALL_INTERFACE:include>)
    target_link_libraries(${name} INTERFACE ${arg_USES})
    set_property(GLOBAL APPEND PROPERTY EVERYML_MODULES ${name})
    return()
  endif()

  add_library(${name} STATIC ${sources})
  everyml_compile_settings(${name})
  target_include_directories(${name} PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>
                                            $<INSTALL_INTERFACE:include>)
  target_link_libraries(${name} PUBLIC ${arg_USES} PRIVATE ${arg_LIBRARIES})
  set_property(GLOBAL APPEND PROPERTY EVERYML_MODULES ${name})
  set_property(GLOBAL APPEND PROPERTY EVERYML_LIBRARIES ${arg_LIBRARIES})

  if(EVERYML_TESTS AND tests)
    add_executable(${name}_test ${tests})
    everyml_compile_settings(${name}_test)
    target_link_libraries(${name}_test PRIVATE ${name} ${arg_LIBRARIES} GTest::gtest_main GTest::gmock)
    target_compile_definitions(${name}_test PRIVATE
                               EVERYML_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
    add_test(NAME ${name} COMMAND ${name}_test WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
    set_tests_properties(${name} PROPERTIES TIMEOUT 900)
  endif()
endfunction()
