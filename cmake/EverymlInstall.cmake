# Headers, one archive, what find_package(everyml) and pkg-config need.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

install(DIRECTORY ${PROJECT_SOURCE_DIR}/everyml/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/everyml
        COMPONENT development
        FILES_MATCHING PATTERN "*.h" PATTERN "*_impl.h" EXCLUDE)
install(TARGETS everyml_merged EXPORT everymlTargets
        ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT development)

set(EVERYML_CONFIG_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/everyml)
install(EXPORT everymlTargets NAMESPACE everyml:: DESTINATION ${EVERYML_CONFIG_DIR} COMPONENT development)
configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/everymlConfig.cmake.in
                              ${PROJECT_BINARY_DIR}/everymlConfig.cmake
                              INSTALL_DESTINATION ${EVERYML_CONFIG_DIR})
# Before 1.0 a minor version may change the interface.
write_basic_package_version_file(${PROJECT_BINARY_DIR}/everymlConfigVersion.cmake
                                 COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/everymlConfig.cmake ${PROJECT_BINARY_DIR}/everymlConfigVersion.cmake
              ${PROJECT_SOURCE_DIR}/cmake/EverymlLibraries.cmake
        DESTINATION ${EVERYML_CONFIG_DIR} COMPONENT development)

configure_file(${PROJECT_SOURCE_DIR}/cmake/everyml.pc.in ${PROJECT_BINARY_DIR}/everyml.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/everyml.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig
        COMPONENT development)
