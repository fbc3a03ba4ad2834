# SPDX-License-Identifier: BSD-2-Clause
# Turns a text file into C string literals, one a line.
#   cmake -DIN=file -DOUT=file -P embed.cmake
file(READ "${IN}" text)
string(REPLACE "\\" "\\\\" text "${text}")
string(REPLACE "\"" "\\\"" text "${text}")
string(REPLACE "\n" "\\n\"\n\"" text "${text}")
file(WRITE "${OUT}" "\"${text}\"\n")
