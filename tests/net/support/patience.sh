# SPDX-License-Identifier: BSD-2-Clause
# patience.sh - who asks all nodes cannot know when all have answered, so waits as long as it was told, and gives up earlier when nobody answers
# what was sent again and again. Source it.
#
#   patient FILE TEST COMMAND...   runs a command with --timeout 300ms and its output in FILE (stderr in FILE.err), until TEST, which is evaluated,
#                                  is true: should the machine be busy, with more time. Its status is that of the last run, or 1.

patient() {
    patient_file=$1 patient_test=$2
    shift 2
    for patient_time in 300ms 1s 2s 5s 10s 10s 10s 10s 10s 10s; do
        "$@" --timeout $patient_time >"$patient_file" 2>"$patient_file.err" && eval "$patient_test" && return 0
    done
    return 1
}
