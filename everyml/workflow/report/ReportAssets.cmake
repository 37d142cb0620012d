# The files that every report carries: its style sheet, its script and the chart library. The library is made once from
# its npm package at the versions of assets/package-lock.json and kept in .cache/ under the hash of what it is made from.
# Without npm the report is built without scripts: every chart is a drawing first.

option(EVERYML_REPORT_CHARTS "Interactive charts in reports; needs npm when the chart library is not in .cache yet" ON)

function(everyml_make_charts bundle)
  find_program(EVERYML_NODE node)
  find_program(EVERYML_NPM npm)
  if(NOT EVERYML_NODE OR NOT EVERYML_NPM)
    set(EVERYML_CHARTS_WHY "node and npm are not installed" PARENT_SCOPE)
    return()
  endif()
  set(assets "${CMAKE_CURRENT_SOURCE_DIR}/assets")
  set(work "${CMAKE_CURRENT_BINARY_DIR}/charts")
  file(MAKE_DIRECTORY "${work}")
  foreach(name package.json package-lock.json charts.js)
    file(COPY_FILE "${assets}/${name}" "${work}/${name}")
  endforeach()
  message(STATUS "Making the report's chart library (once; npm ci)")
  execute_process(COMMAND "${EVERYML_NPM}" ci --ignore-scripts --no-audit --no-fund --fetch-retries=1
                  WORKING_DIRECTORY "${work}" RESULT_VARIABLE failed OUTPUT_QUIET ERROR_VARIABLE error TIMEOUT 240)
  if(failed)
    # Warnings come first; only the lines on the error tell why.
    string(REGEX MATCHALL "npm (error|ERR!)[^\n]*" lines "${error}")
    list(JOIN lines " " error)
    string(SUBSTRING "${error}" 0 300 error)
    set(EVERYML_CHARTS_WHY "npm ci failed: ${error}" PARENT_SCOPE)
    return()
  endif()
  execute_process(COMMAND "${EVERYML_NODE}" node_modules/esbuild/bin/esbuild charts.js --bundle --minify --format=iife
                          --global-name=everymlCharts --target=es2020 --legal-comments=none --charset=utf8
                          --log-level=error --outfile=charts.min.js
                  WORKING_DIRECTORY "${work}" RESULT_VARIABLE failed ERROR_VARIABLE error TIMEOUT 240)
  if(failed)
    set(EVERYML_CHARTS_WHY "esbuild failed: ${error}" PARENT_SCOPE)
    return()
  endif()
  # The licences go with the code. cat, because CMake's own strings read brackets and semicolons as lists; without
  # carriage returns, because a browser reads them as newlines before it takes the digest of a script.
  set(notices NOTICE LICENSE)
  list(TRANSFORM notices PREPEND "${work}/node_modules/echarts/")
  list(APPEND notices "${work}/node_modules/zrender/LICENSE" "${work}/node_modules/tslib/LICENSE.txt")
  file(WRITE "${work}/begin" "/*!\n")
  file(WRITE "${work}/end" "*/\n")
  execute_process(COMMAND cat "${work}/begin" ${notices} "${work}/end" "${work}/charts.min.js"
                  COMMAND tr -d "\\r"
                  OUTPUT_FILE "${work}/charts.licensed.js" RESULT_VARIABLE failed)
  if(failed)
    set(EVERYML_CHARTS_WHY "the licences of the chart library were not found" PARENT_SCOPE)
    return()
  endif()
  get_filename_component(folder "${bundle}" DIRECTORY)
  file(MAKE_DIRECTORY "${folder}")
  file(RENAME "${work}/charts.licensed.js" "${bundle}")
endfunction()

set(report_charts "${CMAKE_CURRENT_BINARY_DIR}/no-charts.js")
file(WRITE "${report_charts}" "")
if(EVERYML_REPORT_CHARTS)
  set(key "")
  foreach(name assets/package-lock.json assets/charts.js ReportAssets.cmake)
    file(SHA256 "${CMAKE_CURRENT_SOURCE_DIR}/${name}" hash)
    string(SUBSTRING "${hash}" 0 12 hash)
    string(APPEND key "-${hash}")
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/${name}")
  endforeach()
  set(report_bundle "${PROJECT_SOURCE_DIR}/.cache/report/charts${key}.js")
  if(NOT EXISTS "${report_bundle}")
    everyml_make_charts("${report_bundle}")
  endif()
  if(EXISTS "${report_bundle}")
    set(report_charts "${report_bundle}")
  else()
    message(STATUS "Reports will have drawn charts only, without scripts: ${EVERYML_CHARTS_WHY}")
  endif()
endif()

set(REPORT_STYLE "${CMAKE_CURRENT_SOURCE_DIR}/assets/report.css")
set(REPORT_SCRIPT "${CMAKE_CURRENT_SOURCE_DIR}/assets/report.js")
set(REPORT_LIBRARY "${report_charts}")
configure_file(assets/embedded.cpp.in "${CMAKE_CURRENT_BINARY_DIR}/embedded.cpp" @ONLY)
# The compiler does not see that the assembler reads these files.
set_source_files_properties("${CMAKE_CURRENT_BINARY_DIR}/embedded.cpp" PROPERTIES
                            OBJECT_DEPENDS "${REPORT_STYLE};${REPORT_SCRIPT};${REPORT_LIBRARY}")
target_sources(everyml_report PRIVATE "${CMAKE_CURRENT_BINARY_DIR}/embedded.cpp")
