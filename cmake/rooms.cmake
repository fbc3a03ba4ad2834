# SPDX-License-Identifier: BSD-2-Clause
# How a room (one folder, one library) becomes targets.

# What every target of ours is compiled with.  Nothing of this reaches those who link us.
function(vsuite_defaults target)
    set_target_properties(${target} PROPERTIES
        C_STANDARD 11 C_STANDARD_REQUIRED ON C_EXTENSIONS OFF
        C_VISIBILITY_PRESET hidden)
    target_compile_definitions(${target} PRIVATE _FILE_OFFSET_BITS=64)
    target_compile_options(${target} PRIVATE
        -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wcast-align -Wpointer-arith
        -Wundef -Wvla)
    if(VSUITE_WERROR)
        target_compile_options(${target} PRIVATE -Werror)
    endif()
endfunction()

# vsuite_library(TARGET [INCLUDES folder...] [DEPENDS target...] [FOLDERS folder...]) - the library of the *.c in this folder
# and in those of its folders that are named.
#
# TARGET_objects  its objects, compiled once
# TARGET          the library (static or shared), also vsuite::NAME and libNAME, where NAME is TARGET with - for _
#
# INCLUDES are folders of public headers, seen from the top of the project; those of vmtp, which are types for everybody, come by themselves.
# A folder without sources makes no target, and a dependency that is none is left out.
function(vsuite_library target)
    cmake_parse_arguments(PARSE_ARGV 1 LIBRARY "" "" "INCLUDES;DEPENDS;FOLDERS")
    list(TRANSFORM LIBRARY_FOLDERS REPLACE "(.+)" "${CMAKE_CURRENT_SOURCE_DIR}/\\1/*.c" OUTPUT_VARIABLE patterns)
    file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*.c" ${patterns})
    if(NOT sources)
        return()
    endif()
    string(REPLACE "_" "-" name ${target})
    add_library(${target}_objects OBJECT ${sources})
    add_library(${target} $<TARGET_OBJECTS:${target}_objects>)
    add_library(vsuite::${name} ALIAS ${target})
    vsuite_defaults(${target}_objects)
    if(BUILD_SHARED_LIBS)
        set_target_properties(${target}_objects PROPERTIES POSITION_INDEPENDENT_CODE ON)
    endif()

    list(TRANSFORM LIBRARY_INCLUDES PREPEND "${PROJECT_SOURCE_DIR}/")
    set(includes ${LIBRARY_INCLUDES} "${PROJECT_SOURCE_DIR}/vmtp/include" "${PROJECT_BINARY_DIR}/generated")
    list(REMOVE_DUPLICATES includes)
    target_include_directories(${target}_objects PUBLIC ${includes})
    target_include_directories(${target} PUBLIC
        "$<BUILD_INTERFACE:${includes}>" "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>")
    foreach(dependency IN LISTS LIBRARY_DEPENDS)
        if(TARGET ${dependency})
            target_link_libraries(${target} PUBLIC ${dependency})
        endif()
    endforeach()
    # Before 1.0 a minor version may change the ABI, so it is part of the soname.
    set_target_properties(${target} PROPERTIES
        LINKER_LANGUAGE C
        OUTPUT_NAME ${name}
        EXPORT_NAME ${name}
        VERSION ${PROJECT_VERSION}
        SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
    if(BUILD_SHARED_LIBS)
        # They find each other where they lie, also for a program that names only the last of them.
        set_target_properties(${target} PROPERTIES INSTALL_RPATH "$<IF:$<PLATFORM_ID:Darwin>,@loader_path,$ORIGIN>")
        target_link_options(${target} PRIVATE $<$<NOT:$<PLATFORM_ID:Darwin>>:-Wl,--no-undefined>)
    endif()
    set_property(GLOBAL APPEND PROPERTY VSUITE_LIBRARIES ${target})
endfunction()

# vsuite_room(NAME [DEPENDS room...]) - a room of vmtp: the library vmtp_NAME.
function(vsuite_room name)
    cmake_parse_arguments(PARSE_ARGV 1 ROOM "" "" "DEPENDS")
    list(TRANSFORM ROOM_DEPENDS PREPEND "vmtp_")
    vsuite_library(vmtp_${name} INCLUDES vmtp/include DEPENDS ${ROOM_DEPENDS})
    if(TARGET vmtp_${name})
        set_property(GLOBAL APPEND PROPERTY VSUITE_ROOMS ${name})
    endif()
endfunction()

# Links target to those of the libraries that exist.
function(vsuite_link target)
    foreach(library IN LISTS ARGN)
        if(TARGET ${library})
            target_link_libraries(${target} PRIVATE ${library})
        endif()
    endforeach()
endfunction()

# One program.
function(vsuite_program name)
    cmake_parse_arguments(PARSE_ARGV 1 PROGRAM "" "" "SOURCES;LIBRARIES")
    add_executable(${name} ${PROGRAM_SOURCES})
    vsuite_defaults(${name})
    vsuite_link(${name} ${PROGRAM_LIBRARIES})
endfunction()

# vsuite_tests(PREFIX [LIBRARIES ...]) - every test_*.c of this folder is one program and one ctest; support/*.c is an
# archive that all of them are linked to.  PREFIX keeps names of different rooms apart.
function(vsuite_tests prefix)
    cmake_parse_arguments(PARSE_ARGV 1 TESTS "" "" "LIBRARIES;INCLUDES")
    file(GLOB tests CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/test_*.c")
    file(GLOB support CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/support/*.c")
    set(includes "${CMAKE_CURRENT_SOURCE_DIR}" "${PROJECT_SOURCE_DIR}/tests" ${TESTS_INCLUDES})
    if(support)
        add_library(${prefix}_test_support STATIC ${support})
        vsuite_defaults(${prefix}_test_support)
        vsuite_link(${prefix}_test_support ${TESTS_LIBRARIES} PkgConfig::CHECK)
        target_include_directories(${prefix}_test_support PRIVATE ${includes})
        target_compile_definitions(${prefix}_test_support PRIVATE VSUITE_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
    endif()
    foreach(source IN LISTS tests)
        cmake_path(GET source STEM name)
        vsuite_program(${name} SOURCES ${source}
            LIBRARIES ${prefix}_test_support ${TESTS_LIBRARIES} PkgConfig::CHECK)
        target_include_directories(${name} PRIVATE ${includes})
        # Where tests find spec/vectors.
        target_compile_definitions(${name} PRIVATE VSUITE_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
        add_test(NAME ${name} COMMAND ${name})
        # Bounds against hanging. libcheck gives one test 4 seconds unless told otherwise; instrumented programs on busy machines take minutes.
        set_tests_properties(${name} PROPERTIES TIMEOUT 1200 SKIP_RETURN_CODE 77 ENVIRONMENT CK_DEFAULT_TIMEOUT=300)
    endforeach()
endfunction()

# vsuite_fuzzers(LIBRARIES ...) - every fuzz_NAME.c of this folder is a libFuzzer target and corpus/NAME/ are its inputs.  They are
# replayed as a test, also without libFuzzer.
function(vsuite_fuzzers)
    cmake_parse_arguments(PARSE_ARGV 0 FUZZ "" "" "LIBRARIES")
    if(VSUITE_BUILD_FUZZ AND NOT CMAKE_C_COMPILER_ID MATCHES "Clang")
        message(FATAL_ERROR "VSUITE_BUILD_FUZZ needs clang: configure with --preset fuzz")
    endif()
    file(GLOB targets CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/fuzz_*.c")
    foreach(source IN LISTS targets)
        cmake_path(GET source STEM name)
        string(REGEX REPLACE "^fuzz_" "" corpus ${name})
        set(corpus "${CMAKE_CURRENT_SOURCE_DIR}/corpus/${corpus}")
        if(VSUITE_BUILD_FUZZ)
            vsuite_program(${name} SOURCES ${source} LIBRARIES ${FUZZ_LIBRARIES})
            target_include_directories(${name} PRIVATE "${PROJECT_SOURCE_DIR}/tests")
            target_link_options(${name} PRIVATE -fsanitize=fuzzer)
            add_test(NAME ${name}_corpus COMMAND ${name} -runs=0 "${corpus}")
            set_tests_properties(${name}_corpus PROPERTIES TIMEOUT 1200)
        endif()
        if(VSUITE_BUILD_TESTS)
            vsuite_program(${name}_replay SOURCES ${source} "${PROJECT_SOURCE_DIR}/vmtp/fuzz/replay_main.c"
                LIBRARIES ${FUZZ_LIBRARIES})
            target_include_directories(${name}_replay PRIVATE "${PROJECT_SOURCE_DIR}/tests")
            target_compile_definitions(${name}_replay PRIVATE VMTP_FUZZ_REPLAY)
            add_test(NAME ${name}_replay COMMAND sh -c [[exec "$0" "$1"/*]] $<TARGET_FILE:${name}_replay> "${corpus}")
            set_tests_properties(${name}_replay PROPERTIES TIMEOUT 1200)
        endif()
    endforeach()
endfunction()
