/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The naming messages of spec/vectors, altered at random, are said to a manager, a directory and a resolver, as Requests and as Responses.  All
 * go on, and somebody else's names are not touched.  NAME-3.3-02 NAME-4-02 NAME-5.2-04
 */
#define _POSIX_C_SOURCE 200809L
#include <dirent.h>
#include <stdio.h>

#include <vmtp/octets.h>

#include "support/town.h"

#define HEADER 64u
#define CALLS 24

struct vector {
    uint32_t code, words[7], size;
    uint8_t segment[2048];
};
static struct vector vectors[64];
static unsigned vector_count;
static uint64_t state;

static uint32_t draw(uint32_t below) { /* splitmix64 */
    uint64_t z = state += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return (uint32_t)((z ^ (z >> 31)) >> 16) % below;
}

/* ---- what is in the files ------------------------------------------------------------------------------------------ */

static size_t read_packet(const char *name, uint8_t *octets, size_t room) {
    char path[400], line[500];
    size_t length = 0;
    snprintf(path, sizeof path, "%s/spec/vectors/%s", VSUITE_SOURCE_DIR, name);
    FILE *file = fopen(path, "r");
    ck_assert_ptr_nonnull(file);
    while (fgets(line, sizeof line, file)) {
        unsigned octet;
        if (strncmp(line, "hex: ", 5) != 0)
            continue;
        for (const char *at = line + 5; length < room && sscanf(at, " %2x", &octet) == 1; length++) {
            octets[length] = (uint8_t)octet;
            at += strspn(at, " ") + 2;
        }
    }
    fclose(file);
    return length;
}

static void read_vectors(void) {
    DIR *folder = opendir(VSUITE_SOURCE_DIR "/spec/vectors");
    const struct dirent *entry;
    uint8_t octets[HEADER + 2048 + 4];
    ck_assert_ptr_nonnull(folder);
    vector_count = 0;
    while ((entry = readdir(folder)) != NULL && vector_count < 64) {
        const int number = atoi(entry->d_name);
        if (number < 200 || number > 236)
            continue;
        struct vector *v = &vectors[vector_count++];
        const size_t length = read_packet(entry->d_name, octets, sizeof octets);
        ck_assert_uint_ge(length, HEADER + 4);
        v->code = vmtp_load32(octets + 32);
        for (unsigned i = 0; i < 7; i++)
            v->words[i] = vmtp_load32(octets + 36 + 4 * i);
        v->size = (uint32_t)(length - HEADER - 4);
        memcpy(v->segment, octets + HEADER, v->size);
    }
    closedir(folder);
    ck_assert_uint_eq(vector_count, 37);
}

/* ---- the liar -------------------------------------------------------------------------------------------------------- */

static struct liar {
    struct vipc_service service;
    struct vipc_call calls[CALLS];
    struct vector said[CALLS];
    uint8_t areas[CALLS][2048];
    unsigned answered;
} liar;

/* A vector with some octets changed, and in half of them the liar himself as manager of its record. */
static struct vector mutant(void) {
    static const uint32_t odd[] = {0, 1, 0xff, 0xffff, 0xffffffff, 0x80000000, 40, 1320, 16384};
    struct vector v = vectors[draw(vector_count)];
    if (v.size >= 40 && draw(2))
        vmtp_store64(v.segment + 8, liar.service.entity);
    if (v.size >= 40 && draw(8) == 0)
        vmtp_store32(v.segment + 4, 0xffffffff);
    for (unsigned i = draw(4); i > 0 && v.size; i--)
        v.segment[draw(v.size)] ^= (uint8_t)(1u << draw(8));
    if (draw(4) == 0 && v.size >= 40) /* its lengths and flags */
        v.segment[(const uint8_t[]){0, 1, 2, 36, 37, 38, 39}[draw(7)]] = (uint8_t)odd[draw(4)];
    if (draw(4) == 0)
        v.words[draw(6)] = draw(2) ? odd[draw(9)] : draw(64);
    if (draw(8) == 0)
        v.size = draw(v.size + 1);
    return v;
}

static void lie(struct vipc_service *service, struct vipc_incoming *in) {
    struct vector v = mutant();
    struct vmtp_message message = {.code = draw(3) ? VMTP_OK : v.code & VMTP_CODE_MASK};
    (void)service;
    liar.answered++;
    memcpy(message.words, v.words, sizeof message.words);
    if (in->datagram || draw(16) == 0)
        vipc_discard(in);
    else
        ck_assert_int_le(vipc_reply(in, &message, v.segment, v.size, 0), 0);
}

static void over(struct vipc_call *call, int result) {
    (void)call;
    (void)result;
}

static void say(unsigned i, vmtp_entity manager) {
    const vmtp_entity whom[] = {manager,        manager,         VNAME_HANDLERS,
                                VNAME_WATCHERS, VNAME_DIRECTORY, vdir_entity(town.directory)};
    struct vipc_call *call = &liar.calls[i];
    struct vector *v = &liar.said[i];
    if (call->ipc)
        return;
    *v = mutant();
    memset(call, 0, sizeof *call);
    call->message.server = whom[draw(6)];
    call->message.code = (v->code & (VMTP_PIC | VMTP_CODE_MASK)) | VMTP_PIC | (draw(4) ? 0 : VMTP_DGM);
    memcpy(call->message.words, v->words, sizeof v->words);
    call->segment = v->segment;
    call->segment_size = v->size;
    call->area = liar.areas[i];
    call->capacity = sizeof liar.areas[i];
    call->client = i ? 0 : liar.service.entity;
    call->deadline = vipc_now(town.nodes[3]) + 100 * MS;
    call->done = over;
    ck_assert_int_eq(vipc_start(town.nodes[3], call), 0);
}

static void liar_open(void) {
    memset(&liar, 0, sizeof liar);
    liar.service.depth = 16;
    liar.service.capacity = VMTP_GROUP_OCTETS;
    liar.service.request = lie;
    ck_assert_int_eq(vipc_serve(town.nodes[3], &liar.service), 0);
    ck_assert_int_eq(vipc_join(&liar.service, VNAME_HANDLERS), 0);
    ck_assert_int_eq(vipc_join(&liar.service, VNAME_DIRECTORY), 0);
}

/* ---- those who suffer -------------------------------------------------------------------------------------------------- */

static struct office office, honest;
static struct user users[3], witness;
static const char *const names[] = {"/storage/x", "/storage/projects/vmtp/doc.txt", "/printers/lab", "/tmp", "/a/b"};

static void small_office(void) {
    office_config(&office);
    office.config.prefixes = 4;
    office.config.mounts = office.config.formers = office.config.heard = 3;
    office.config.asks = 2;
    office.config.depth = 4;
    office.config.directory = VNAME_DIRECTORY_TRY;
    office_open(&office, 0);
    office_claim(&office, "/storage");
    office_claim(&office, "/storage/projects");
}

static void look(void) {
    struct vname_manager_prefix prefix;
    struct vname_manager_mount mount;
    struct vname_record records[8];
    for (uint32_t i = 0; vname_manager_nth_prefix(office.manager, i, &prefix); i++)
        ck_assert(vname_record_is_good(&prefix.record));
    for (uint32_t i = 0; vname_manager_nth_mount(office.manager, i, &mount); i++)
        ck_assert(vname_record_is_good(&mount.record));
    for (unsigned i = 0; i < 3; i++) {
        const uint32_t count = vname_cache_list(users[i].resolver, records, 8);
        ck_assert_uint_le(count, 6);
        for (uint32_t k = 0; k < count; k++)
            ck_assert(vname_record_is_good(&records[k]));
    }
}

static void go_on(struct user *user) {
    if (user->op.resolver)
        return;
    user_begin(user, names[draw(5)], draw(2) ? VNAME_REPEATABLE : VNAME_FRESH, (1 + draw(20)) * 100 * MS);
    if (draw(8) == 0)
        vname_cancel(&user->op);
}

START_TEST(all_at_once) {
    const struct vname_config small = {.prefixes = 6, .aliases = 2, .queries = 2, .answers = 2};
    read_vectors();
    state = 4711 + (unsigned)_i;
    town_open(_i % TOWN_RIGS);
    town_directory(7);
    office_open(&honest, 2);
    office_hold(&honest, "/honest");
    small_office();
    liar_open();
    for (unsigned i = 0; i < 3; i++)
        user_open(&users[i], 4 + i, &small);
    user_open(&witness, 2, NULL);
    for (unsigned round = 0; round < (_i % TOWN_RIGS ? 400 : 3000); round++) {
        for (unsigned i = 0; i < CALLS; i++)
            say(i, office.entity);
        for (unsigned i = 0; i < 3; i++)
            go_on(&users[i]);
        if (office.in_hand == 0 && draw(50) == 0)
            (void)vname_manager_release(office.manager, "/storage", 8, draw(2));
        if (draw(50) == 0)
            (void)vname_manager_claim(office.manager,
                                      &(struct vname_manager_claim){.prefix = "/storage", .prefix_length = 8});
        town_run((1 + draw(20)) * MS);
        look();
    }
    ck_assert_uint_gt(liar.answered, 100);
    ck_assert_uint_gt(vname_manager_counters(office.manager)->bad_requests, 100);
    town_run(30 * SECONDS);
    ck_assert_int_eq(user_operate(&witness, "/honest/x", 0, 20 * SECONDS), VNAME_ANSWERED);
    ck_assert_uint_eq(witness.op.answer.server, honest.entity);
    for (unsigned i = 0; i < 3; i++) {
        ck_assert(!users[i].op.resolver);
        ck_assert_uint_gt(users[i].ended, 0);
        user_close(&users[i]);
    }
    user_close(&witness);
    vipc_unserve(&liar.service);
    for (unsigned i = 0; i < CALLS; i++)
        vipc_cancel(&liar.calls[i]);
    office_close(&office);
    office_close(&honest);
    town_close();
}
END_TEST

static void add(TCase *tests) { tcase_add_loop_test(tests, all_at_once, 0, 4 * TOWN_RIGS); }

int main(void) { return town_main("names and mutants", add); }
