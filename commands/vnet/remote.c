/* SPDX-License-Identifier: BSD-2-Clause */
#include "remote.h"
#include "text.h"
#include "vnet.h"

#include <stdio.h>
#include <string.h>

#define TIMEOUT (10 * VMTP_SECOND)
#define CLOSING_TIME VMTP_SECOND

/* ---- the command line ---------------------------------------------------------------------------------------------- */

void remote_rows(struct option_row rows[REMOTE_ROWS], struct remote_options *o) {
    *o = (struct remote_options){.timeout = TIMEOUT};
    rows[0] = (struct option_row){"timeout", 0, OPTION_DURATION, &o->timeout, "TIME", "how long to wait for one answer",
                                  0,         0};
    common_rows(rows + 1, &o->common);
}

int remote_options_check(struct remote_options *o) {
    if (o->timeout == 0) {
        vnet_misuse("--timeout 0 leaves nobody time to answer");
        return -1;
    }
    return common_require_interface(&o->common);
}

int remote_is_name(const char *word, const char **name) {
    if (strncmp(word, "v:", 2) != 0)
        return 0;
    *name = word + 2;
    return 1;
}

int remote_take_name(const char *word, const char **name) {
    *name = word;
    remote_is_name(word, name);
    const uint32_t code = vname_check(*name, strlen(*name));
    if (code == VNAME_TOO_LONG)
        vnet_misuse("a name has at most %u octets", VNAME_NAME_OCTETS);
    else if (code)
        vnet_misuse("\"%s\" is no name: it must be UTF-8, and not empty", word);
    return code ? -1 : 0;
}

int remote_take_names(const char **names, unsigned count) {
    for (unsigned i = 0; i < count; i++)
        if (remote_take_name(names[i], &names[i]) != 0)
            return -1;
    return 0;
}

enum option_outcome remote_parse(const struct option_page *page, int argc, char **argv, struct remote_options *o,
                                 const char *names[REMOTE_NAMES_MOST], unsigned *count, unsigned least) {
    enum option_outcome outcome = options_parse(page, argc, argv, names, REMOTE_NAMES_MOST, count);
    if (outcome != OPTIONS_GO)
        return outcome;
    if (*count < least) {
        vnet_misuse("say which name%s; usage: vnet %s", least > 1 ? ", and which new one" : "", page->usage);
        return OPTIONS_WRONG;
    }
    int wrong = remote_take_names(names, *count) != 0 || remote_options_check(o) != 0;
    return wrong ? OPTIONS_WRONG : OPTIONS_GO;
}

/* ---- opening ------------------------------------------------------------------------------------------------------- */

int remote_open(struct remote *r, const struct remote_options *options) {
    const struct vname_config config = {0};
    struct vmtp_host_config host;
    vmtp_host_config_init(&host);
    node_expect_bulk(&host, &options->common);
    *r = (struct remote){.options = options};
    int rc = naming_open_on(&r->naming, &options->common, &config, &host);
    if (rc != VNET_OK)
        return rc;
    node_interrupt_waits(&r->naming.node);
    rc = uio_client_open(&r->client, r->naming.resolver);
    return rc == 0 ? VNET_OK : naming_close(&r->naming, vnet_fail("cannot make a client: %s", vmtp_error_text(rc)));
}

int remote_close(struct remote *r, int code) {
    uio_client_close(&r->client, vipc_now(r->naming.ipc) + CLOSING_TIME);
    return naming_close(&r->naming, code);
}

/* ---- operations ---------------------------------------------------------------------------------------------------- */

vmtp_time remote_deadline(const struct remote *r) { return vipc_now(r->naming.ipc) + r->options->timeout; }

void remote_name(const struct remote *r, struct uio_named *named, const char *name) {
    memset(named, 0, sizeof *named);
    named->name = name;
    named->name_length = strlen(name);
    named->deadline = remote_deadline(r);
}

void remote_call(const struct remote *r, struct uio_call *call) {
    memset(call, 0, sizeof *call);
    call->deadline = remote_deadline(r);
}

int remote_create(struct remote *r, struct uio_named *named, struct uio_handle *handle, const char *name, uint32_t mode,
                  uint32_t permissions, void *room, uint32_t room_size) {
    remote_name(r, named, name);
    named->room = room;
    named->room_size = room_size;
    return uio_named_wait(named, uio_create(&r->client, named, handle, mode, permissions));
}

int remote_release(struct remote *r, struct uio_handle *handle) {
    struct uio_call call;
    if (!handle->client)
        return 0;
    remote_call(r, &call);
    return uio_call_wait(&call, uio_release(handle, &call, 0));
}

/* ---- what to say --------------------------------------------------------------------------------------------------- */

static const struct {
    uint32_t code;
    const char *words;
} words[] = {
    {VMTP_NO_PERMISSION, "not allowed: look at the permissions there; names must not lead out of what is served"},
    {VMTP_BAD_REPLY_SEGMENT, "its manager has answered what is no answer"},
    {VMTP_ERROR, "its manager does not know this operation: it serves something else than files and the like"},
    {VMTP_BUSY, "its manager is busy: try again"},
    {VNAME_INVALID, "this is no good name: a \"..\" or an empty part too many, or not UTF-8"},
    {VNAME_TOO_LONG, "the name is too long, or one part of it"},
    {VNAME_LOOP, "too many symbolic links or aliases, one leading to the other"},
    {VNAME_NOT_CONTEXT, "not a directory, or a part of the name is none"},
    {VNAME_NO_ROOM, "its manager has a full table: try again later"},
    {VNAME_UNAVAILABLE, "the directory of names cannot say now: try again"},
    {UIO_EXISTS, "there is such a name already"},
    {UIO_NOT_EMPTY, "the directory is not empty: -r removes all that is in it"},
    {UIO_IS_CONTEXT, "is a directory"},
    {UIO_NOT_READABLE, "cannot be read"},
    {UIO_NOT_WRITEABLE, "cannot be written"},
    {UIO_BAD_BLOCK, "there is no such place in it"},
    {UIO_BAD_COUNT, "its manager does not transfer so much at a time"},
    {UIO_NO_SPACE, "no space left there, or a quota is used up"},
    {UIO_TOO_LARGE, "too large for the storage there"},
    {UIO_LOCKED, "locked by somebody else: try again later"},
    {UIO_TOO_MANY, "too much is open at its manager: try again later"},
    {UIO_FAILED, "the storage there has failed (an input/output error)"},
    {UIO_UNSUPPORTED, "this kind of object does not have this operation"},
    {UIO_BROKEN, "nobody is left who reads it"},
    {UIO_WOULD_WAIT, "nothing has come in time"},
    {UIO_CONFLICT, "somebody else has changed it meanwhile: try again"},
    {UIO_READ_ONLY, "it is served read-only"},
    {UIO_CROSS, "the two names belong to different managers or storages: copy instead"},
    {UIO_BUSY, "in use: try again later"},
    {UIO_CHANGED, "the other managers of its group have another version of it"},
};

static const char *known(int result) {
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if ((uint32_t)result == words[i].code)
            return words[i].words;
    return NULL;
}

/* Of an operation by name that nobody has answered in time. */
static int silent(const struct remote *r, const struct uio_named *named, int result, char *text, size_t room) {
    const struct vname_operation *op = &named->operation;
    char manager[VMTP_ENTITY_TEXT], time[TEXT_DURATION];
    const char *where = r->naming.node.interface_name;
    if (result == (int)VMTP_USER_TIMEOUT ? !op->record.manager : op->outcome == VNAME_NO_ANSWER) {
        snprintf(
            text,
            room, "nobody on the segment of %s answers for this name: does somebody serve it? (`vnet names` lists the prefixes)",
            where);
        return REMOTE_NOBODY;
    }
    vmtp_entity_format(manager, op->record.manager);
    if (result == (int)VMTP_USER_TIMEOUT)
        snprintf(text, room, "its manager %s has not answered within %s: is its node up, and on the segment of %s?",
                 manager, text_duration(time, r->options->timeout), where);
    else
        snprintf(text, room, "its manager does not answer: is its node up, and on the segment of %s?", where);
    return REMOTE_SILENT;
}

/* Of an operation on an instance. */
static int lost(int result, char *text, size_t room) {
    snprintf(text, room, "%s",
             result == (int)UIO_STALE
                 ? "its manager has ended, or was started again, while it was open: try again"
                 : "its manager does not answer any more: is its node still up, and the network whole?");
    return REMOTE_SILENT;
}

static int of_this_node(const struct remote *r, int result, char *text, size_t room) {
    if (result == VMTP_E_CANCELLED)
        snprintf(text, room, "interrupted");
    else if (result == VMTP_E_DOWN)
        snprintf(text, room, "interface %s is down or gone: `ip link set %s up`", r->naming.node.interface_name,
                 r->naming.node.interface_name);
    else
        snprintf(text, room, "%s", vmtp_error_text(result));
    return VNET_FAILED;
}

int remote_words(const struct remote *r, int result, const struct uio_named *named, char *text, size_t room) {
    const int is_silence = result == (int)VMTP_RETRANS_TIMEOUT || result == (int)VMTP_USER_TIMEOUT;
    const char *line = known(result);
    char code[TEXT_CODE];
    if (result < 0)
        return of_this_node(r, result, text, room);
    if (is_silence && named)
        return silent(r, named, result, text, room);
    if (is_silence || result == (int)UIO_STALE || result == (int)VMTP_NONEXISTENT_ENTITY)
        return lost(is_silence ? result : (int)UIO_STALE, text, room);
    if (result == (int)VNAME_NOT_FOUND) {
        snprintf(text, room, "there is no such name");
        return REMOTE_NO_NAME;
    }
    snprintf(text, room, "%s", line ? line : text_code(code, (uint32_t)result));
    return VNET_FAILED;
}

int remote_explain(const struct remote *r, const char *name, int result, const struct uio_named *named) {
    char text[256], clean[REMOTE_TEXT];
    const int code = remote_words(r, result, named, text, sizeof text);
    vnet_fail("%s: %s", remote_text(clean, name, strlen(name)), text);
    return code;
}

char *remote_text(char buf[REMOTE_TEXT], const char *text, size_t length) {
    size_t n = 0;
    for (; n < length && n < REMOTE_TEXT - 1; n++)
        buf[n] = (unsigned char)text[n] < 32 || text[n] == 127 ? '?' : text[n];
    buf[n] = 0;
    return buf;
}
