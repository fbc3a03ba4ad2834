/* SPDX-License-Identifier: BSD-2-Clause */
#include "etcd_messages.h"
#include "base64.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char names[] = "vsuite/names", gone[] = "vsuite/gone";
/* The first key behind all names: '0' follows '/'. */
static const char names_end[] = "vsuite/names0";

#define KEY_MOST (sizeof names + VDIR_PREFIX_MOST + 1)

/* ---- requests ------------------------------------------------------------------------------------------------------ */

static json_t *octets(const void *data, size_t size) {
    char text[BASE64_TEXT(VDIR_RECORD_MOST + KEY_MOST)];
    if (size > VDIR_RECORD_MOST + KEY_MOST)
        return NULL;
    base64_encode(text, data, size);
    return json_string(text);
}

static json_t *key(const char *root, const struct vdir_key *prefix) {
    char text[KEY_MOST];
    size_t length = strlen(root);
    memcpy(text, root, length);
    memcpy(text + length, prefix->octets, prefix->size);
    return octets(text, length + prefix->size);
}

static json_t *range(const char *root, const struct vdir_key *prefix) {
    return json_pack("{s:{s:o}}", "request_range", "key", key(root, prefix));
}

static json_t *fetch(const struct vdir_op *op) {
    json_t *ranges = json_array();
    for (uint32_t i = 0; i < op->count; i++) {
        json_array_append_new(ranges, range(names, &op->keys[i]));
        if (op->remembered)
            json_array_append_new(ranges, range(gone, &op->keys[i]));
    }
    if (op->count == 0) /* any question will do */
        json_array_append_new(ranges, range(names, &(struct vdir_key){"/", 1}));
    return json_pack("{s:o}", "success", ranges);
}

static json_t *list(const struct vdir_op *op) {
    char first[KEY_MOST];
    size_t length = strlen(names);
    memcpy(first, names, length + 1);
    if (op->count > 0) {
        memcpy(first + length, op->keys[0].octets, op->keys[0].size);
        length += op->keys[0].size;
        first[length++] = 0; /* the next key that there can be */
    }
    return json_pack("{s:o, s:o, s:I}", "key", octets(first, length), "range_end", octets(names_end, strlen(names_end)),
                     "limit", (json_int_t)op->limit);
}

static json_t *unchanged(const char *root, const struct vdir_key *prefix, uint64_t version) {
    char number[24];
    snprintf(number, sizeof number, "%llu", (unsigned long long)version);
    return json_pack("{s:o, s:s, s:s, s:s}", "key", key(root, prefix), "target", "MOD", "result", "EQUAL",
                     "mod_revision", number);
}

static json_t *replace(const struct vdir_op *op) {
    const struct vdir_key *prefix = &op->keys[0];
    const char *to = op->registered ? names : gone, *from = op->registered ? gone : names;
    return json_pack("{s:[o, o], s:[{s:{s:o, s:o}}, {s:{s:o}}]}", "compare", unchanged(names, prefix, op->version[0]),
                     unchanged(gone, prefix, op->version[1]), "success", "request_put", "key", key(to, prefix), "value",
                     octets(op->record, op->size), "request_delete_range", "key", key(from, prefix));
}

const char *etcd_path(const struct vdir_op *op) { return op->kind == VDIR_LIST ? "/v3/kv/range" : "/v3/kv/txn"; }

char *etcd_request(const struct vdir_op *op) {
    json_t *request = op->kind == VDIR_FETCH ? fetch(op) : op->kind == VDIR_LIST ? list(op) : replace(op);
    char *text = request ? json_dumps(request, JSON_COMPACT) : NULL;
    json_decref(request);
    return text;
}

/* ---- answers ------------------------------------------------------------------------------------------------------- */

/* One key and its value, as etcd has them. */
struct entry {
    char key[KEY_MOST];
    int key_size;
    uint8_t value[VDIR_RECORD_MOST];
    int value_size;
    uint64_t revision;
};

static int read_octets(const json_t *object, const char *name, void *out, size_t room) {
    const json_t *text = json_object_get(object, name);
    if (!text)
        return 0; /* nothing is written where there is nothing */
    return json_is_string(text) ? base64_decode(out, room, json_string_value(text), json_string_length(text)) : -1;
}

/* Numbers of 64 bits are strings. */
static int read_number(const json_t *object, const char *name, uint64_t *out) {
    const char *text = json_string_value(json_object_get(object, name));
    char *end = NULL;
    if (!text || *text < '0' || *text > '9')
        return -1;
    errno = 0;
    *out = strtoull(text, &end, 10);
    return *end || errno ? -1 : 0;
}

static int read_entry(struct entry *e, const json_t *kv) {
    e->key_size = read_octets(kv, "key", e->key, sizeof e->key);
    e->value_size = read_octets(kv, "value", e->value, sizeof e->value);
    return e->key_size < 0 || e->value_size < 0 || read_number(kv, "mod_revision", &e->revision) != 0 ? -1 : 0;
}

/* A row whose entry cannot be read has no record; there is one, so it must not look as if there were none. */
static void tell(struct vdir_op *op, const struct vdir_key *prefix, const struct entry *e, int registered) {
    struct vdir_row row = {.key = *prefix, .registered = (uint8_t)registered};
    if (e) {
        row.record = e->value;
        row.size = (uint32_t)e->value_size;
        row.version[registered ? 0 : 1] = e->revision;
    }
    op->row(op, &row);
}

/* The entry that a range of one key has found: 1, 0 when there is none, -1 when it makes no sense. */
static int find_entry(struct entry *e, const json_t *answer, const char *root, const struct vdir_key *prefix) {
    const json_t *found = json_object_get(answer, "response_range");
    const json_t *kvs = json_object_get(found, "kvs");
    size_t length = strlen(root);
    if (!json_is_object(found) || (kvs && !json_is_array(kvs)) || json_array_size(kvs) > 1)
        return -1;
    if (json_array_size(kvs) == 0)
        return 0;
    if (read_entry(e, json_array_get(kvs, 0)) != 0 || (size_t)e->key_size != length + prefix->size ||
        memcmp(e->key, root, length) != 0 || memcmp(e->key + length, prefix->octets, prefix->size) != 0)
        return -1;
    return 1;
}

static enum etcd_outcome read_fetch(struct vdir_op *op, const json_t *answer, uint64_t *bad) {
    const json_t *answers = json_object_get(answer, "responses");
    size_t each = op->remembered ? 2 : 1;
    struct entry e;
    if (!json_is_array(answers) || json_array_size(answers) != (op->count ? op->count * each : 1))
        return ETCD_BAD;
    for (uint32_t i = 0; i < op->count; i++) {
        int found = find_entry(&e, json_array_get(answers, i * each), names, &op->keys[i]), registered = 1;
        if (found == 0 && op->remembered) {
            found = find_entry(&e, json_array_get(answers, i * each + 1), gone, &op->keys[i]);
            registered = 0;
        }
        if (found < 0)
            ++*bad;
        if (found != 0)
            tell(op, &op->keys[i], found > 0 ? &e : NULL, registered);
    }
    return ETCD_OK;
}

static enum etcd_outcome read_list(struct vdir_op *op, const json_t *answer, uint64_t *bad) {
    const json_t *kvs = json_object_get(answer, "kvs"), *kv;
    const size_t root = strlen(names);
    struct entry e;
    size_t i;
    if (kvs && !json_is_array(kvs))
        return ETCD_BAD;
    json_array_foreach(kvs, i, kv) {
        int readable = read_entry(&e, kv) == 0;
        if (!readable)
            ++*bad;
        if (e.key_size < 0)
            continue; /* longer than any that a directory writes */
        if (e.key_size < (int)root || memcmp(e.key, names, root) != 0)
            return ETCD_BAD; /* nobody asked for that */
        struct vdir_key prefix = {e.key + root, (uint32_t)e.key_size - (uint32_t)root};
        tell(op, &prefix, readable ? &e : NULL, 1);
    }
    op->more = json_is_true(json_object_get(answer, "more"));
    return ETCD_OK;
}

static enum etcd_outcome read_answer(struct vdir_op *op, const json_t *answer, uint64_t *bad) {
    const json_t *succeeded = json_object_get(answer, "succeeded");
    if (!json_is_object(json_object_get(answer, "header"))) /* every answer of etcd has one */
        return ETCD_BAD;
    if (op->kind == VDIR_LIST)
        return read_list(op, answer, bad);
    if (succeeded && !json_is_boolean(succeeded))
        return ETCD_BAD;
    if (op->kind == VDIR_REPLACE)
        return json_is_true(succeeded) ? ETCD_OK : ETCD_CHANGED;
    return json_is_true(succeeded) ? read_fetch(op, answer, bad) : ETCD_BAD;
}

enum etcd_outcome etcd_answer(struct vdir_op *op, const char *text, size_t size, uint64_t *bad) {
    json_t *answer = json_loadb(text, size, 0, NULL);
    enum etcd_outcome outcome = answer ? read_answer(op, answer, bad) : ETCD_BAD;
    json_decref(answer);
    return outcome;
}

/* Some are one line without any form. */
static int line_length(const char *text, size_t size) {
    size_t length = 0;
    while (length < size && text[length] >= ' ' && text[length] < 127)
        length++;
    return length > 0 && text[0] != '<' && text[0] != '{' && (length == size || text[length] == '\n') ? (int)length : 0;
}

void etcd_complaint(char *out, size_t out_size, const char *text, size_t size) {
    json_t *answer = json_loadb(text, size, 0, NULL);
    const char *words = json_string_value(json_object_get(answer, "error"));
    if (!words)
        words = json_string_value(json_object_get(answer, "message"));
    if (words)
        snprintf(out, out_size, "%s", words);
    else
        snprintf(out, out_size, "%.*s", line_length(text, size), text);
    json_decref(answer);
}
