# SPDX-License-Identifier: BSD-2-Clause
#
# Turns spec/registry.tsv into the header vmtp/registry.h, so that every number of the protocol is written once.
#
# In a project:   include(cmake/registry.cmake)   after project(); writes
#                 ${PROJECT_BINARY_DIR}/generated/vmtp/registry.h and configures again when the table changes.
# By itself:      cmake -DREGISTRY_HEADER=/some/where/registry.h [-DREGISTRY_TSV=...] -P cmake/registry.cmake
#
# The header is touched only when its content changes, so nothing is compiled for nothing.

cmake_policy(PUSH)
cmake_policy(VERSION 3.25)

set(_registry_kinds constant packet-flag control-flag code-flag entity-flag group-flag response-code local-code
                    management test v name name-flag name-reason name-back-end uio uio-attribute uio-mode uio-mask uio-type uio-lock uio-control uio-read-flag
                    uio-write-flag uio-query-flag uio-rename-flag entity query-flag group-permission service-flag
                    test-form test-call-flag test-sequence-flag test-part test-entity
                    test-resolver-flag test-operate-flag test-outcome test-change test-manager-flag test-claim-flag test-name-state test-name-event
                    test-order)

# A C constant from a cell: decimal or 0x..., with the suffix that its kind wants.
function(_registry_literal out kind value where)
    if(NOT value MATCHES "^(0|[1-9][0-9]*|0x[0-9A-Fa-f]+)$")
        message(FATAL_ERROR "${where}: \"${value}\" is not a number; write it in decimal or as 0x...")
    endif()
    if(kind MATCHES "^(entity|entity-flag|group-flag)$")
        set(${out} "${value}ULL" PARENT_SCOPE)
    else()
        set(${out} "${value}u" PARENT_SCOPE)
    endif()
endfunction()

# The low 24 bits of a request code: what its receiver dispatches on.
function(_registry_code24 out value)
    math(EXPR code "${value} & 0xFFFFFF" OUTPUT_FORMAT HEXADECIMAL)
    set(${out} "${code}u" PARENT_SCOPE)
endfunction()

function(_registry_check_row cells where)
    list(LENGTH cells count)
    if(NOT count EQUAL 6)
        message(FATAL_ERROR "${where}: ${count} columns; a row has 6, separated by single tabs")
    endif()
    list(GET cells 0 symbol)
    list(GET cells 1 kind)
    if(NOT symbol MATCHES "^[A-Z][A-Z0-9_]*$")
        message(FATAL_ERROR "${where}: \"${symbol}\" is not a symbol in capitals")
    endif()
    if(NOT kind IN_LIST _registry_kinds)
        message(FATAL_ERROR "${where}: unknown kind \"${kind}\"; known are: ${_registry_kinds}")
    endif()
endfunction()

# One X-macro list of the header: name(X) with the entries (each " X(...)").
function(_registry_list out name comment entries)
    set(text "\n/* ${comment} */\n#define ${name}(X)")
    list(REMOVE_ITEM entries "")
    foreach(entry IN LISTS entries)
        string(APPEND text " \\\n    ${entry}")
    endforeach()
    set(${out} "${${out}}${text}\n" PARENT_SCOPE)
endfunction()

function(vsuite_registry_header tsv header)
    file(STRINGS "${tsv}" rows)
    file(READ "${tsv}" raw)
    if(raw MATCHES "[][;\\\\\"]")
        message(FATAL_ERROR "${tsv}: brackets, semicolons, backslashes and quotation marks have no place in this table")
    endif()

    set(defines "")
    set(previous "")
    set(line 0)
    set(symbols "")
    set(numbers "")
    foreach(row IN LISTS rows)
        math(EXPR line "${line} + 1")
        if(line EQUAL 1)
            continue()
        endif()
        set(where "${tsv}:${line}")
        string(REPLACE "\t" ";" cells "${row}")
        _registry_check_row("${cells}" "${where}")
        list(GET cells 0 symbol)
        list(GET cells 1 kind)
        list(GET cells 2 value)
        list(GET cells 3 word)
        list(GET cells 4 text)
        _registry_literal(literal ${kind} "${value}" "${where}")
        set(number ${literal})
        set(family ${kind})
        if(kind MATCHES "^(management|test|v|name|uio)$")
            _registry_code24(number ${value})
            set(family request-code)
        elseif(kind STREQUAL local-code)
            set(family response-code)
        endif()

        if(symbol IN_LIST symbols)
            message(FATAL_ERROR "${where}: ${symbol} is here twice")
        endif()
        list(APPEND symbols ${symbol})
        if(NOT kind STREQUAL constant)
            if("${family}/${number}" IN_LIST numbers)
                message(FATAL_ERROR "${where}: ${value} is taken by another ${family}")
            endif()
            list(APPEND numbers "${family}/${number}")
        endif()

        if(NOT kind STREQUAL test)
            if(NOT kind STREQUAL previous)
                string(APPEND defines "\n/* ${kind} */\n")
                set(previous ${kind})
            endif()
            string(APPEND defines "#define ${symbol} ${literal} /* ${text} */\n")
        endif()
        string(MAKE_C_IDENTIFIER "list_${kind}" list)
        list(APPEND ${list} "X(${symbol}, ${number}, \"${word}\")")
    endforeach()

    set(lists "")
    _registry_list(lists VMTP_PACKET_FLAG_LIST "X(symbol, value, word): flags in the word at octet 8" "${list_packet_flag}")
    _registry_list(lists VMTP_CONTROL_FLAG_LIST "flags in the word at octet 12" "${list_control_flag}")
    _registry_list(lists VMTP_CODE_FLAG_LIST "flags in the word at octet 32" "${list_code_flag}")
    _registry_list(lists VMTP_RESPONSE_CODE_LIST "response codes, and codes that only programs see"
                   "${list_response_code};${list_local_code}")
    _registry_list(lists VMTP_TEST_CODE_LIST "the test service; values are the low 24 bits" "${list_test}")
    _registry_list(lists VMTP_REQUEST_CODE_LIST "all known request codes; values are the low 24 bits"
                   "${list_management};${list_test};${list_v};${list_name};${list_uio}")
    _registry_list(lists VMTP_ENTITY_LIST "well-known entities" "${list_entity}")
    _registry_list(lists VMTP_QUERY_FLAG_LIST "flags in the answer to QueryVMTPNode" "${list_query_flag}")
    _registry_list(lists VMTP_GROUP_PERMISSION_LIST "permissions of a group member" "${list_group_permission}")

    set(text "/* SPDX-License-Identifier: BSD-2-Clause */\n")
    string(APPEND text "/* vmtp/registry.h - the numbers of VMTP.  Generated from spec/registry.tsv: change that. */\n")
    string(APPEND text "#ifndef VMTP_REGISTRY_H\n#define VMTP_REGISTRY_H\n${defines}${lists}\n#endif\n")
    set(old "")
    if(EXISTS "${header}")
        file(READ "${header}" old)
    endif()
    if(NOT old STREQUAL text)
        file(WRITE "${header}" "${text}")
    endif()
endfunction()

if(NOT REGISTRY_TSV)
    set(REGISTRY_TSV "${CMAKE_CURRENT_LIST_DIR}/../spec/registry.tsv")
endif()
get_filename_component(REGISTRY_TSV "${REGISTRY_TSV}" ABSOLUTE)

if(CMAKE_SCRIPT_MODE_FILE STREQUAL CMAKE_CURRENT_LIST_FILE)
    if(NOT REGISTRY_HEADER)
        message(FATAL_ERROR "say where to write the header: -DREGISTRY_HEADER=FILE before -P")
    endif()
    vsuite_registry_header("${REGISTRY_TSV}" "${REGISTRY_HEADER}")
else()
    set_property(DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}" APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${REGISTRY_TSV}")
    vsuite_registry_header("${REGISTRY_TSV}" "${PROJECT_BINARY_DIR}/generated/vmtp/registry.h")
endif()

cmake_policy(POP)
