/* SPDX-License-Identifier: BSD-2-Clause */
/* A node on an interface, until it is told to end; then what it has dropped.  With an entity it asks that for an ECHO instead. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "minimal.h"

static void print_entity(const char *before, uint64_t id) {
    printf("%s%04x-%04x-%04x-%04x\n", before, (unsigned)(id >> 48), (unsigned)(id >> 32 & 0xffff),
           (unsigned)(id >> 16 & 0xffff), (unsigned)(id & 0xffff));
    fflush(stdout);
}

static void report(void) {
    for (unsigned i = 0; i < sizeof node.dropped / sizeof node.dropped[0]; i++)
        if (node.dropped[i])
            fprintf(stderr, "row %u: %u packets dropped\n", i, node.dropped[i]);
}

#ifdef MINIMAL_CLIENT
#define ARGUMENTS 3
#define ECHO 0x01000201u

static int over, failed;

static void echoed(const struct outcome *o) {
    over = 1;
    failed = o->result != OK || CODE(o->header[H_CODE]) != OK;
    printf("result %u, \"%.*s\"\n", o->result, (int)o->octets, (const char *)o->segment);
}

static int ask(const char *text) {
    uint64_t id = 0;
    struct packet request;
    if (strspn(text, "0123456789abcdefABCDEF-") != strlen(text)) {
        fprintf(stderr, "%s: no entity\n", text);
        return 2;
    }
    for (; *text; text++) /* sixteen digits, with dashes or without */
        if (*text != '-')
            id = id << 4 | (strtoul((const char[]){*text, 0}, NULL, 16) & 15);
    request_begin(&request, CALLER, id, ECHO | SDA);
    request.data = (const uint8_t *)"hello";
    request.h[H_SIZE] = 5;
    call_begin(&request, SEGMENT_MAX, 3000, echoed);
    while (!over && !link_stopped)
        node_turn();
    return !over || failed;
}
#else
#define ARGUMENTS 2
static int ask(const char *text) { return text == NULL; }
#endif

int main(int argc, char **argv) {
    if (argc < 2 || argc > ARGUMENTS) {
        fprintf(stderr, "usage: %s INTERFACE%s\n", argv[0], ARGUMENTS > 2 ? " [ENTITY]" : "");
        return 2;
    }
    if (link_open(argv[1], 0x805b) != 0)
        return 1;
    node_begin();
    if (argc == 3)
        return ask(argv[2]);
    print_entity("serving as ", entity(SERVICE));
    while (!link_stopped)
        node_turn();
    report();
    return link_stopped == LINK_GONE;
}
