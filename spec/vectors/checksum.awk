# SPDX-License-Identifier: BSD-2-Clause
# Computes the checksum of every vector anew, word by word, and compares:
#
#     awk -f checksum.awk *.txt
#
# Any POSIX awk will do.  It shares nothing with the library and is meant to be read beside section 3.4.

function value(hex,    i, v) {
    v = 0
    for (i = 1; i <= length(hex); i++)
        v = v * 16 + index("0123456789abcdef", substr(hex, i, 1)) - 1
    return v
}

# The sum of 16-bit words of hex (octets 0 to count - 1), those in clusters of 32 octets that are odd or even.
function sum(hex, count, odd,    i, s) {
    s = 0
    for (i = 0; i < count; i += 2)
        if (int(i / 32) % 2 == odd) {
            s += value(substr(hex, 2 * i + 1, 4))
            if (s > 65535)
                s -= 65535
        }
    return s == 0 ? 65535 : s
}

function finish(    octets, covered, expected) {
    if (name == "" || covers == "" || covers == "nothing")
        return
    octets = length(hex) / 2
    covered = covers == "header" ? 64 : octets - 4
    expected = sprintf("0x%04x%04x", sum(hex, covered, 0), sum(hex, covered, 1))
    compared++
    if (expected != checksum || substr(hex, 2 * octets - 7) != substr(checksum, 3)) {
        print name ": " checksum " instead of " expected
        wrong++
    }
}

FNR == 1 { finish(); name = FILENAME; hex = covers = checksum = "" }
$1 == "hex:" {
    for (i = 2; i <= NF; i++) {
        star = index($i, "*")
        for (n = star ? substr($i, 1, star - 1) + 0 : 1; n > 0; n--)
            hex = hex substr($i, star + 1)
    }
}
$1 == "checksum" { checksum = $3 }
$1 == "checksum_covers" { covers = $3 }
END {
    finish()
    print compared + 0 " checksums compared, " wrong + 0 " wrong"
    exit wrong > 0 || compared == 0
}
