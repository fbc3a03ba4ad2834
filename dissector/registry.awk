# SPDX-License-Identifier: GPL-2.0-or-later
# Turns spec/registry.tsv into lists for C: REGISTRY_<kind>(X) with X(symbol, value, word, filter, text) for each line of that
# kind; symbol is in small letters, filter the word as part of a display filter.  Of codes of Requests the value is the low 24
# bits, and REGISTRY_CODE_FLAGS(X) has X(value, flags) with the rest.
BEGIN {
    FS = "\t"
    print "/* SPDX-License-Identifier: GPL-2.0-or-later */"
    print "/* Generated from spec/registry.tsv: change that. */"
}
NR > 1 {
    kind = toupper($2)
    gsub(/[^A-Z0-9]/, "_", kind)
    filter = tolower($4)
    gsub(/[^a-z0-9]+/, "_", filter)
    if (!(kind in lists))
        order[++kinds] = kind
    value = "UINT64_C(" $3 ")"
    if (kind ~ /^(MANAGEMENT|TEST|V|NAME|UIO)$/) {
        flags = flags " \\\n    X((" value " & 0xFFFFFF), (" value " & 0xFF000000))"
        value = "(" value " & 0xFFFFFF)"
    }
    lists[kind] = lists[kind] " \\\n    X(" tolower($1) ", " value ", \"" $4 "\", \"" filter "\", \"" $5 "\")"
    numbers = numbers "#define " $1 " " value "\n"
}
END {
    printf "\n%s", numbers
    print "\n#define REGISTRY_CODE_FLAGS(X)" flags
    for (i = 1; i <= kinds; i++)
        print "\n#define REGISTRY_" order[i] "(X)" lists[order[i]]
}
