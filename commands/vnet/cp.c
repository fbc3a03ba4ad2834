/* SPDX-License-Identifier: BSD-2-Clause */
/* vnet cp - copy files and trees of files, from here to managers, back, and from manager to manager. */
#define _GNU_SOURCE
#include "progress.h"
#include "sink.h"
#include "source.h"
#include "text.h"
#include "vnet.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAMES_MOST 256u
#define HASH_TEXT 65

struct cp {
    struct remote_options options;
    const char *words[NAMES_MOST];
    unsigned count;
    uint8_t recursive, preserve, resume, checksum, verbose, quiet;
    uint32_t mask; /* of this process */
    struct remote remote;
    struct source source;
    struct sink sink;
    struct progress progress;
    int stopped; /* nothing more is to be tried */
};

static const char usage[] = "cp SOURCE... TARGET -i IFACE [options]";
static const char about[] = "Copies files.  What begins with \"v:\" is a name of V, as in v:/projects/plan; all else "
                            "is of this system.  When there\n"
                            "are several sources, or TARGET is a directory, they go into it under their own names.\n"
                            "A file grows beside its place as .NAME.VERSION.part and gets its name when it is whole "
                            "and its source is still the\n"
                            "same.  When a copy ends before that, the part stays, and --resume goes on with it.  When "
                            "one of several managers that\n"
                            "have the same files fails, it goes on with another.";
static const char after[] = REMOTE_EXIT_CODES
    "When something cannot be copied the rest of a tree is, and the exit code is that of the last failure.\n"
    "Example: vnet cp v:/pictures/big.iso . -i eth0 --checksum";

/* ---- the command line ---------------------------------------------------------------------------------------------- */

static int check(struct cp *c) {
    const char *name;
    int remote = 0;
    if (c->count < 2)
        return vnet_misuse("say what to copy, and to where; usage: vnet %s", usage);
    for (unsigned i = 0; i < c->count; i++)
        remote |= remote_is_name(c->words[i], &name);
    if (!remote)
        return vnet_misuse("nothing of it is a name of V, such as v:/projects/plan: use cp");
    return remote_options_check(&c->options) == 0 ? VNET_OK : VNET_USAGE;
}

static enum option_outcome parse(struct cp *c, int argc, char **argv) {
    struct option_row common[REMOTE_ROWS];
    const struct option_row rows[] = {
        {"recursive", 'r', OPTION_FLAG, &c->recursive, NULL, "directories, with all that is in them", 0, 0},
        {"preserve", 'p', OPTION_FLAG, &c->preserve, NULL, "permissions and times are those of the source", 0, 0},
        {"resume", 0, OPTION_FLAG, &c->resume, NULL, "go on with what an earlier copy has left", 0, 0},
        {"checksum", 0, OPTION_FLAG, &c->checksum, NULL,
         "read the copy again, compare its SHA-256 with that of the source, and print it", 0, 0},
        {"verbose", 'v', OPTION_FLAG, &c->verbose, NULL, "say what was copied, and how fast", 0, 0},
        {"quiet", 'q', OPTION_FLAG, &c->quiet, NULL, "no progress on a terminal", 0, 0},
        {0}};
    const struct option_page page = {usage, about, after, common, rows};
    remote_rows(common, &c->options);
    enum option_outcome outcome = options_parse(&page, argc, argv, c->words, NAMES_MOST, &c->count);
    if (outcome != OPTIONS_GO)
        return outcome;
    return check(c) == VNET_OK ? OPTIONS_GO : OPTIONS_WRONG;
}

/* ---- sums ---------------------------------------------------------------------------------------------------------- */

static void hash_text(EVP_MD_CTX *sum, char text[HASH_TEXT]) {
    unsigned char octets[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    EVP_DigestFinal_ex(sum, octets, &size);
    for (unsigned i = 0; i < size && 2 * i + 2 < HASH_TEXT; i++)
        snprintf(text + (size_t)2 * i, 3, "%02x", octets[i]);
}

/* Of what is at a place now: VNET_OK, or an exit code after a message. */
static int hash_of(struct cp *c, const struct place *p, char text[HASH_TEXT]) {
    EVP_MD_CTX *sum = EVP_MD_CTX_new();
    struct source *s = malloc(sizeof *s);
    const uint8_t *octets;
    size_t n;
    int rc = sum && s && EVP_DigestInit_ex(sum, EVP_sha256(), NULL) == 1 ? source_open(s, &c->remote, p)
                                                                         : vnet_fail("out of memory");
    if (rc == VNET_OK) {
        source_begin(s, 0);
        while (s->code == VNET_OK && (n = source_next(s, &octets)) > 0)
            EVP_DigestUpdate(sum, octets, n);
        rc = s->code;
        source_close(s);
        hash_text(sum, text);
    }
    EVP_MD_CTX_free(sum);
    free(s);
    return rc;
}

/* ---- one file ------------------------------------------------------------------------------------------------------ */

static vmtp_time now_of(const struct cp *c) { return node_now(&c->remote.naming.node); }

/* The octets; sum: NULL, or to be updated with all of them. */
static int transfer(struct cp *c, EVP_MD_CTX *sum) {
    struct source *s = &c->source;
    struct sink *k = &c->sink;
    const uint64_t skip = sum ? k->kept : 0; /* read for the sum only */
    uint64_t at = k->kept - skip;
    const uint8_t *octets;
    size_t n;
    int rc = source_begin(s, at);
    while (rc == VNET_OK && (n = source_next(s, &octets)) > 0) {
        const size_t known = at >= k->kept ? 0 : k->kept - at < n ? (size_t)(k->kept - at) : n;
        if (sum)
            EVP_DigestUpdate(sum, octets, n);
        if (n > known)
            rc = sink_write(k, octets + known, n - known);
        at += n;
        progress_show(&c->progress, now_of(c), s->place->name, at, s->is_file ? s->object.size : 0);
        if (rc == VNET_OK && node_interrupted())
            rc = place_explain(&c->remote, s->place, VMTP_E_CANCELLED, NULL);
    }
    progress_clear(&c->progress);
    return rc == VNET_OK ? s->code : rc;
}

/* All of it has come and gone: is it what the source is? */
static int look_at_source(struct cp *c) {
    struct source *s = &c->source;
    const int same = source_is_same(s);
    if (same < 0)
        return s->code;
    if (same && (!s->is_file || c->sink.at == s->object.size))
        return VNET_OK;
    c->sink.at = 0; /* what is there is of no use */
    return vnet_fail("%s: it was changed while it was copied: try again", s->place->name);
}

static int compare(struct cp *c, EVP_MD_CTX *sum, char hash[HASH_TEXT]) {
    char there[HASH_TEXT] = "";
    const struct place *p = c->sink.part.name ? &c->sink.part : c->sink.place;
    hash_text(sum, hash);
    if (!c->sink.part.name)
        return VNET_OK; /* what is no file cannot be read again */
    const int rc = hash_of(c, p, there);
    if (rc != VNET_OK || strcmp(hash, there) == 0)
        return rc;
    c->sink.at = 0;
    return vnet_fail("%s: the copy differs from its source (SHA-256 %s, not %s): try again", c->sink.place->name, there,
                     hash);
}

static int take_looks(struct cp *c) {
    const struct uio_object *o = &c->source.object;
    struct uio_object looks = *o;
    uint32_t mask = 0;
    if (c->preserve) {
        mask = UIO_MASK_PERMISSIONS | UIO_MASK_ATIME | UIO_MASK_MTIME;
    } else if (!c->sink.place->is_remote || !(o->permissions & 0200)) {
        looks.permissions = o->permissions & 0777 & ~c->mask;
        mask = UIO_MASK_PERMISSIONS;
    }
    return mask && c->sink.part.name && c->source.is_file ? place_modify(&c->remote, &c->sink.part, mask, &looks)
                                                          : VNET_OK;
}

static int fill(struct cp *c, char hash[HASH_TEXT]) {
    EVP_MD_CTX *sum = c->checksum ? EVP_MD_CTX_new() : NULL;
    int rc = c->checksum && (!sum || EVP_DigestInit_ex(sum, EVP_sha256(), NULL) != 1) ? vnet_fail("out of memory")
                                                                                      : transfer(c, sum);
    if (rc == VNET_OK)
        rc = sink_flush(&c->sink);
    if (rc == VNET_OK)
        rc = look_at_source(c);
    if (rc == VNET_OK && sum)
        rc = compare(c, sum, hash);
    if (rc == VNET_OK)
        rc = take_looks(c);
    EVP_MD_CTX_free(sum);
    return rc == VNET_OK ? sink_commit(&c->sink) : rc;
}

static void say_kept(const struct cp *c) {
    char have[TEXT_SIZE], all[TEXT_SIZE];
    if (c->sink.part.name && c->sink.at)
        vnet_note("%s of %s are in %s; --resume goes on with it", text_size(have, c->sink.at),
                  text_size(all, c->source.object.size), c->sink.part.name);
}

static void say_done(const struct cp *c, const char *hash) {
    const uint64_t octets = c->sink.at, kept = c->sink.kept;
    const vmtp_time took = now_of(c) - c->progress.begun;
    const uint64_t rate = (uint64_t)((double)(octets - kept) / ((double)took / 1e9 + 1e-9));
    const char *from = c->source.place->name, *to = c->sink.place->name;
    char size[TEXT_SIZE], time[TEXT_DURATION], speed[TEXT_SIZE];
    if (c->options.common.json) {
        json_t *o = json_pack("{s:o, s:o, s:I, s:I, s:I, s:I}", "from", json_text(from), "to", json_text(to), "octets",
                              (json_int_t)octets, "resumed_at", (json_int_t)kept, "time_ns", (json_int_t)took,
                              "octets_per_second", (json_int_t)rate);
        if (c->checksum)
            json_object_set_new(o, "sha256", json_string(hash));
        json_line(o);
        return;
    }
    if (c->verbose)
        printf("%s -> %s: %s in %s, %s/s\n", from, to, text_size(size, octets), text_duration(time, took),
               text_size(speed, rate));
    if (c->checksum)
        printf("sha256 %s  %s\n", hash, to);
}

static int copy_file(struct cp *c, const struct place *from, const struct place *to, int direct) {
    char hash[HASH_TEXT] = "";
    int rc = source_open(&c->source, &c->remote, from);
    if (rc != VNET_OK)
        return rc;
    progress_begin(&c->progress, now_of(c), 0);
    rc = sink_open(&c->sink, &c->remote, to, &c->source.object, direct, c->resume,
                   c->source.object.permissions & ~c->mask);
    if (rc == VNET_OK) {
        progress_begin(&c->progress, now_of(c), c->sink.kept);
        rc = fill(c, hash);
        if (rc == VNET_OK)
            say_done(c, hash);
        else
            say_kept(c);
        sink_close(&c->sink, 1);
    }
    source_close(&c->source);
    return rc;
}

/* ---- trees --------------------------------------------------------------------------------------------------------- */

static int copy_any(struct cp *c, const struct place *from, const struct uio_object *object, const struct place *to,
                    int follow);

static int is_over(struct cp *c, int rc) {
    c->stopped |= rc == REMOTE_SILENT || rc == REMOTE_NOBODY || node_interrupted();
    return c->stopped;
}

static int copy_contents(struct cp *c, const struct place *from, const struct place *to) {
    struct entries e = {0};
    int worst = place_list(&c->remote, from, &e);
    for (size_t i = 0; i < e.count && !is_over(c, worst); i++) {
        struct place a = place_below(from, e.list[i].name), b = place_below(to, e.list[i].name);
        const int rc = a.name && b.name ? copy_any(c, &a, &e.list[i].object, &b, 0) : vnet_fail("out of memory");
        worst = rc != VNET_OK ? rc : worst;
        place_free(&a);
        place_free(&b);
    }
    entries_free(&e);
    return worst;
}

static int copy_directory(struct cp *c, const struct place *from, const struct uio_object *object,
                          const struct place *to, int there) {
    struct uio_object looks = *object;
    if (!c->recursive)
        return vnet_fail("%s: is a directory: -r copies it with all that is in it", from->name);
    if (place_contains(from, to))
        return vnet_fail("%s: cannot be copied into itself", from->name);
    int rc = there ? VNET_OK : place_make_directory(&c->remote, to, (object->permissions & 0777 & ~c->mask) | 0700);
    if (rc != VNET_OK)
        return rc;
    rc = copy_contents(c, from, to);
    looks.permissions = object->permissions & (c->preserve ? 07777 : 0777 & ~c->mask);
    if (c->stopped || (there && !c->preserve))
        return rc;
    const uint32_t mask = c->preserve ? UIO_MASK_PERMISSIONS | UIO_MASK_ATIME | UIO_MASK_MTIME : UIO_MASK_PERMISSIONS;
    const int looks_code = place_modify(&c->remote, to, mask, &looks);
    return rc == VNET_OK ? looks_code : rc;
}

static int copy_link(struct cp *c, const struct place *from, const struct uio_object *object, const struct place *to,
                     int there) {
    if (!object->target_length)
        return vnet_fail("%s: its target is not told: left out", from->name);
    int rc = there ? place_remove(&c->remote, to, 0) : VNET_OK;
    return rc == VNET_OK ? place_make_link(&c->remote, to, object->target) : rc;
}

/* object: what is at `from`, links as links.  follow: what the target's name leads to counts, if that is a link. */
static int copy_any(struct cp *c, const struct place *from, const struct uio_object *object, const struct place *to,
                    int follow) {
    struct entry old;
    int there, rc = place_look(&c->remote, to, follow, &old, &there);
    const int type = there ? old.object.type : -1;
    const int same = there && old.object.number == object->number && from->is_remote == to->is_remote &&
                     strcmp(from->name, to->name) == 0;
    place_forget(&old);
    if (rc != VNET_OK)
        return rc;
    if (same)
        return vnet_fail("%s: is the same file", from->name);
    if (there && (type == UIO_TYPE_CONTEXT) != (object->type == UIO_TYPE_CONTEXT))
        return vnet_fail("%s: is %s directory, and %s is %s", to->name, type == UIO_TYPE_CONTEXT ? "a" : "no",
                         from->name, type == UIO_TYPE_CONTEXT ? "none" : "one");
    if (object->type == UIO_TYPE_CONTEXT)
        return copy_directory(c, from, object, to, there);
    if (object->type == UIO_TYPE_LINK)
        return copy_link(c, from, object, to, there);
    if (!follow && object->type != UIO_TYPE_FILE)
        return vnet_fail("%s: is no file (%s): left out", from->name, entry_type(object->type));
    return copy_file(c, from, to, there && type != UIO_TYPE_FILE && type != UIO_TYPE_LINK);
}

/* ---- all of it ----------------------------------------------------------------------------------------------------- */

static int copy_one(struct cp *c, const struct place *from, const struct place *target, int into) {
    char last[PLACE_COMPONENT];
    struct entry entry;
    struct place below = {0};
    int there, rc = place_look(&c->remote, from, 1, &entry, &there);
    if (rc == VNET_OK && !there)
        rc = from->is_remote ? place_explain(&c->remote, from, (int)VNAME_NOT_FOUND, NULL)
                             : (errno = ENOENT, place_errno(from));
    if (rc == VNET_OK && into) {
        below = place_below(target, place_last(from, last));
        rc = !below.name ? vnet_fail("out of memory")
             : *last     ? VNET_OK
                         : vnet_fail("%s: say under which name", from->name);
    }
    if (rc == VNET_OK)
        rc = copy_any(c, from, &entry.object, into ? &below : target, 1);
    place_free(&below);
    place_forget(&entry);
    return rc;
}

static int run(struct cp *c) {
    struct place target = {0};
    struct entry entry = {0};
    const char *word = c->words[c->count - 1];
    int there = 0, worst = place_parse(&target, word);
    if (worst == VNET_OK)
        worst = place_look(&c->remote, &target, 1, &entry, &there);
    const int looked = worst, into = there && entry.object.type == UIO_TYPE_CONTEXT;
    if (worst == VNET_OK && !into && (c->count > 2 || word[strlen(word) - 1] == '/'))
        worst = vnet_fail("%s: %s", target.name, there ? "is no directory" : "there is no such directory");
    else
        for (unsigned i = 0; looked == VNET_OK && i + 1 < c->count; i++) {
            struct place from = {0};
            int rc = place_parse(&from, c->words[i]);
            if (rc == VNET_OK)
                rc = copy_one(c, &from, &target, into);
            place_free(&from);
            worst = rc != VNET_OK ? rc : worst;
            if (is_over(c, rc))
                break;
        }
    place_forget(&entry);
    place_free(&target);
    return worst;
}

int vnet_cp(int argc, char **argv) {
    static struct cp c;
    enum option_outcome outcome = parse(&c, argc, argv);
    if (outcome != OPTIONS_GO)
        return outcome == OPTIONS_DONE ? VNET_OK : VNET_USAGE;
    c.mask = (uint32_t)umask(0);
    umask((mode_t)c.mask);
    c.progress.is_on = !c.quiet && !c.options.common.json && isatty(STDERR_FILENO);
    const int rc = remote_open(&c.remote, &c.options);
    return rc == VNET_OK ? remote_close(&c.remote, run(&c)) : rc;
}
