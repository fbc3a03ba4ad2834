/* SPDX-License-Identifier: BSD-2-Clause */
#include "pics.h"

#include <stdio.h>
#include <string.h>

#include "lines.h"

struct vc_item vc_items[] = {
    {"test-service", "the test service of spec/testing.md answers", VC_UNKNOWN, VC_UNKNOWN},
    {"records", "Responses are remembered and delivered at most once", VC_UNKNOWN, VC_UNKNOWN},
    {"segments", "messages of several packets", VC_UNKNOWN, VC_UNKNOWN},
    {"delay", "DELAY: answers that take their time", VC_UNKNOWN, VC_UNKNOWN},
    {"client", "CALL: the node makes calls when asked", VC_UNKNOWN, VC_UNKNOWN},
    {"entities", "ENTITY: the service has further entities", VC_UNKNOWN, VC_UNKNOWN},
    {"serial", "SERIAL: a server that has little room", VC_UNKNOWN, VC_UNKNOWN},
    {"sequence", "SEQUENCE: tells the order of execution", VC_UNKNOWN, VC_UNKNOWN},
    {"stat", "STAT: tells counters", VC_UNKNOWN, VC_UNKNOWN},
    {"forwarding", "FORWARD: Requests go on to other servers", VC_UNKNOWN, VC_UNKNOWN},
    {"groups", "JOIN and LEAVE: entities are members of groups", VC_UNKNOWN, VC_UNKNOWN},
    {"tell", "TELL: Responses go to the whole group", VC_UNKNOWN, VC_UNKNOWN},
    {"migration", "MIGRATE and ADOPT: entities move", VC_UNKNOWN, VC_UNKNOWN},
    {"files", "FILE_STAT and FILE_READ: serves the directory of spec/testing.md section 5.4", VC_UNKNOWN, VC_UNKNOWN},
    {"signals", "SIGNALS: entities take signals", VC_UNKNOWN, VC_UNKNOWN},
    {"streams", "runs of Requests and messages of several packet groups", VC_UNKNOWN, VC_UNKNOWN},
    {"full-manager", "a manager with all procedures", VC_UNKNOWN, VC_UNKNOWN},
    {"remote-management", "the operator has allowed CreateEntity and the like", VC_UNKNOWN, VC_UNKNOWN},
    {"objects", "a manager of objects with a context for the tester (--objects NAME)", VC_UNKNOWN, VC_UNKNOWN},
    {"copy", "a context that is served read-only (--copy NAME)", VC_UNKNOWN, VC_UNKNOWN},
    {"patience", "cases that take minutes, or a quiet machine, are wanted (--patience)", VC_UNKNOWN, VC_UNKNOWN},
    {"name-manager", "a manager of names: it holds a prefix, or may be told to", VC_UNKNOWN, VC_UNKNOWN},
    {"name-claims", "NAME_MANAGER and NAME_CLAIM: a manager of names that claims what it is told to", VC_UNKNOWN,
     VC_UNKNOWN},
    {"name-client", "NAME_OPERATE: the node resolves names", VC_UNKNOWN, VC_UNKNOWN},
    {"object-client", "OBJECT_NAME, OBJECT_CALL and OBJECT_SET: the node is a client of objects", VC_UNKNOWN, VC_UNKNOWN},
    {"name-directory", "a directory of names", VC_UNKNOWN, VC_UNKNOWN},
    {"v-process", "the V test process of spec/testing.md section 8 is there", VC_UNKNOWN, VC_UNKNOWN},
    {"near", "the round trip is at most half the node's shortest timer; else what fails without that is INCONC",
     VC_UNKNOWN, VC_UNKNOWN},
    {"reboot", "the node can be started anew by the tester", VC_UNKNOWN, VC_UNKNOWN},
};
const unsigned vc_item_count = sizeof vc_items / sizeof vc_items[0];

struct vc_item *vc_item(const char *name, size_t length) {
    for (unsigned i = 0; i < vc_item_count; i++)
        if (strlen(vc_items[i].name) == length && memcmp(vc_items[i].name, name, length) == 0)
            return &vc_items[i];
    return NULL;
}

static int read_line(void *context, char *line, char why[VC_WHY]) {
    char name[40], word[8], rest[2];
    int fields = sscanf(line, "%39s %7s %1s", name, word, rest);
    (void)context;
    if (fields < 1)
        return 0;
    struct vc_item *item = vc_item(name, strlen(name));
    if (!item) {
        snprintf(why, VC_WHY, "no item \"%s\" (vconform --list items)", name);
        return -1;
    }
    if (fields != 2 || (strcmp(word, "yes") != 0 && strcmp(word, "no") != 0)) {
        snprintf(why, VC_WHY, "\"%s\" wants yes or no", name);
        return -1;
    }
    item->claimed = word[0] == 'y' ? VC_YES : VC_NO;
    return 0;
}

int vc_pics_read(const char *path, char *error, size_t size) {
    return vc_lines_read(path, read_line, NULL, error, size);
}

/* The file counts: what it claims is tested, whether or not it was found. */
int vc_has(const struct vc_item *item) {
    return item->claimed == VC_UNKNOWN ? item->found == VC_YES : item->claimed == VC_YES;
}

void vc_found(const char *name, int yes) {
    struct vc_item *item = vc_item(name, strlen(name));
    if (item)
        item->found = yes ? VC_YES : VC_NO;
}
