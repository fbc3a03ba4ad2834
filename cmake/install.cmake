# SPDX-License-Identifier: BSD-2-Clause
# Headers, libraries, find_package(vsuite) and pkg-config files.
include(CMakePackageConfigHelpers)

set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/vsuite")
get_property(libraries GLOBAL PROPERTY VSUITE_LIBRARIES)

install(DIRECTORY vmtp/include/vmtp ipc/include/vipc naming/include/vnaming uio/include/vuio TYPE INCLUDE
        FILES_MATCHING PATTERN "*.h")
install(FILES "${PROJECT_BINARY_DIR}/generated/vmtp/registry.h" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/vmtp")

# The pkg-config files find their prefix from where they lie, so that `cmake --install --prefix` and a moved tree work.
if(IS_ABSOLUTE "${CMAKE_INSTALL_LIBDIR}" OR IS_ABSOLUTE "${CMAKE_INSTALL_INCLUDEDIR}")
    set(PC_PREFIX "${CMAKE_INSTALL_PREFIX}")
    set(PC_LIBDIR "${CMAKE_INSTALL_FULL_LIBDIR}")
    set(PC_INCLUDEDIR "${CMAKE_INSTALL_FULL_INCLUDEDIR}")
else()
    file(RELATIVE_PATH up "/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/")
    string(REGEX REPLACE "/$" "" up "${up}")
    set(PC_PREFIX "\${pcfiledir}/${up}")
    set(PC_LIBDIR "\${prefix}/${CMAKE_INSTALL_LIBDIR}")
    set(PC_INCLUDEDIR "\${prefix}/${CMAKE_INSTALL_INCLUDEDIR}")
endif()

foreach(library IN LISTS libraries)
    string(REPLACE "_" "-" name ${library})
    install(TARGETS ${library} EXPORT vsuite)
    configure_file("cmake/${name}.pc.in" "${PROJECT_BINARY_DIR}/${name}.pc" @ONLY)
    install(FILES "${PROJECT_BINARY_DIR}/${name}.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
endforeach()
if(libraries)
    install(EXPORT vsuite NAMESPACE vsuite:: FILE vsuiteTargets.cmake DESTINATION "${package_dir}")
endif()

configure_package_config_file(cmake/vsuiteConfig.cmake.in "${PROJECT_BINARY_DIR}/vsuiteConfig.cmake"
    INSTALL_DESTINATION "${package_dir}")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/vsuiteConfigVersion.cmake" COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/vsuiteConfig.cmake" "${PROJECT_BINARY_DIR}/vsuiteConfigVersion.cmake"
    DESTINATION "${package_dir}")
