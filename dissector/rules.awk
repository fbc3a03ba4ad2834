# SPDX-License-Identifier: GPL-2.0-or-later
# Turns spec/requirements.tsv into a table of sentences: X(identifier, sentence) for the rules that the plugin speaks of, which are
# those in the source files named before the table.
/^/ && FILENAME !~ /requirements\.tsv$/ {
    rest = $0
    while (match(rest, /(VMTP|NAME|UIO)-[0-9.]+-[0-9][0-9]/)) {
        cited[substr(rest, RSTART, RLENGTH)] = 1
        rest = substr(rest, RSTART + RLENGTH)
    }
    next
}
FNR == 1 {
    FS = "\t"
    print "/* SPDX-License-Identifier: GPL-2.0-or-later */"
    print "/* Generated from spec/requirements.tsv: change that. */"
    print "#define RULES(X) \\"
    next
}
{
    n = split($0, cell, "\t")
    if (cell[1] in cited) {
        gsub(/\\/, "\\\\", cell[6])
        gsub(/"/, "\\\"", cell[6])
        print "    X(\"" cell[1] "\", \"" cell[6] "\") \\"
    }
}
END { print "" }
