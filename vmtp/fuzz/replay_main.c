/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Feeds files to a fuzz target without libFuzzer, with any compiler: to replay a finding or a corpus.
 *
 *   cc -DVMTP_FUZZ_REPLAY fuzz_wire.c replay_main.c ... -o replay-wire && ./replay-wire FILE...
 *
 * Without VMTP_FUZZ_REPLAY this file is empty, so that it may be linked beside libFuzzer's own main.
 */
typedef int replay_main_is_not_empty;

#ifdef VMTP_FUZZ_REPLAY

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Exactly as much memory as there is input: a read behind its end is then seen by a sanitizer or by valgrind. */
static uint8_t *read_file(const char *path, size_t *size) {
    FILE *file = fopen(path, "rb");
    long length = -1;
    uint8_t *data = NULL;
    if (file && fseek(file, 0, SEEK_END) == 0)
        length = ftell(file);
    if (length >= 0 && fseek(file, 0, SEEK_SET) == 0)
        data = malloc(length ? (size_t)length : 1);
    if (data && fread(data, 1, (size_t)length, file) != (size_t)length) {
        free(data);
        data = NULL;
    }
    if (file)
        fclose(file);
    *size = length > 0 ? (size_t)length : 0;
    return data;
}

int main(int argc, char **argv) {
    if (argc < 2) {
        fprintf(stderr, "usage: %s FILE...   (nothing to replay)\n", argv[0]);
        return 2;
    }
    for (int i = 1; i < argc; i++) {
        size_t size;
        uint8_t *data = read_file(argv[i], &size);
        if (!data) {
            fprintf(stderr, "%s: cannot read %s\n", argv[0], argv[i]);
            return 2;
        }
        printf("%s\n", argv[i]); /* before the input runs: the last name printed is the one that crashed */
        fflush(stdout);
        LLVMFuzzerTestOneInput(data, size);
        free(data);
    }
    printf("%d inputs replayed\n", argc - 1);
    return 0;
}

#endif
