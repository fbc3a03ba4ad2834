# SPDX-License-Identifier: BSD-2-Clause
# The headings of the specifications, one a line: VMTP-4.6, a tabulator, what the section is called.
#   cmake -DSPEC=directory -DOUT=file -P sections.cmake
set(text "")
foreach(pair IN ITEMS vmtp:VMTP testing:TEST v:V naming:NAME uio:UIO)
    string(REPLACE ":" ";" pair "${pair}")
    list(GET pair 0 name)
    list(GET pair 1 prefix)
    file(STRINGS "${SPEC}/${name}.md" lines REGEX "^##+ [0-9.]+ ")
    foreach(line IN LISTS lines)
        string(REGEX REPLACE "^#+ ([0-9.]+) (.*)$" "${prefix}-\\1\t\\2" line "${line}")
        string(APPEND text "${line}\n")
    endforeach()
endforeach()
file(WRITE "${OUT}" "${text}")
