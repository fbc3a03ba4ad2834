/* SPDX-License-Identifier: BSD-2-Clause */
/* The side that has the file: by UIO, a manager of vuio/manager.h that lends its octets; and bare, a procedure of vmtp/host.h that does so too. */
#include <stdlib.h>
#include <string.h>

#include "bench_uio.h"

#define LOANS 64u

static uint8_t file[BENCH_FILE_OCTETS];
static uint32_t file_block;

/* The file does not change, so what is lent of it may be lent again at once. */
static struct loan_place {
    struct vipc_loan loan;
    struct loan_place *next;
} places[LOANS], *free_places;

uint8_t shop_octet(uint32_t at) { return (uint8_t)(at * 7 + at / 251); }

static void fill(uint32_t block) {
    file_block = block;
    for (uint32_t i = 0; i < BENCH_FILE_OCTETS; i++)
        file[i] = shop_octet(i);
    free_places = NULL;
    for (unsigned i = 0; i < LOANS; i++) {
        places[i].next = free_places;
        free_places = &places[i];
    }
}

/* ---- by UIO -------------------------------------------------------------------------------------------------- */

static struct uio_object describe(void) {
    return (struct uio_object){.type = UIO_TYPE_FILE,
                               .attributes = UIO_READABLE | UIO_STORAGE | UIO_RANDOM_ACCESS | UIO_OFFSET | UIO_MULTI_BLOCK,
                               .number = 1,
                               .size = BENCH_FILE_OCTETS,
                               .names = 1,
                               .version = 1,
                               .block_size = file_block};
}

static void open_it(struct uio_manager_operation *op) {
    struct uio_manager_opened opened;
    memset(&opened, 0, sizeof opened);
    opened.object = describe();
    opened.identity[0] = 1;
    opened.attributes = opened.object.attributes;
    opened.block_size = file_block;
    uio_manager_finish_open(op, &opened);
}

static void query(struct uio_manager_operation *op) {
    const struct uio_object object = describe();
    uio_manager_finish_object(op, &object);
}

static void give_back(struct vipc_loan *loan) {
    struct loan_place *place = loan->context;
    place->next = free_places;
    free_places = place;
}

static void read_it(struct uio_manager_operation *op) {
    const uint64_t left = op->position < BENCH_FILE_OCTETS ? BENCH_FILE_OCTETS - op->position : 0;
    const uint32_t octets = left < op->count ? (uint32_t)left : op->count;
    struct loan_place *place = free_places;
    if (place) {
        free_places = place->next;
        place->loan.release = give_back;
        place->loan.context = place;
    }
    uio_manager_finish_read_lent(op, octets ? file + op->position : NULL, octets, octets == left, 0,
                                 place ? &place->loan : NULL);
}

static uint32_t release(struct uio_manager_instance *instance, uint32_t flags) {
    (void)instance;
    (void)flags;
    return 0;
}

static const struct uio_manager_type type = {.name = "memory",
                                             .lends = 1,
                                             .open = open_it,
                                             .query = query,
                                             .query_instance = query,
                                             .read = read_it,
                                             .release = release};

static void told(uio_manager *manager, const struct vname_manager_event *event) {
    struct shop *shop = uio_manager_context(manager);
    shop->held |= event->type == VNAME_MANAGER_HELD;
}

static int open_manager(struct shop *shop) {
    static const struct vname_manager_claim claim = {.prefix = "/bench", .prefix_length = 6};
    struct vname_manager_claim mine = claim;
    struct uio_manager_config config;
    uio_manager_config_init(&config);
    config.context = shop;
    config.event = told;
    shop->memory = malloc(uio_manager_footprint(&config));
    if (!shop->memory)
        return VMTP_E_MEMORY;
    int result = uio_manager_create(&shop->manager, shop->node, &config, shop->memory);
    if (result)
        return result;
    mine.context = uio_manager_root(shop->manager, &type, NULL);
    result = vname_manager_claim(uio_manager_names(shop->manager), &mine);
    return result ? result : vipc_wait_for(shop->node, &shop->held, vipc_now(shop->node) + 5 * VMTP_SECOND);
}

/* ---- bare ---------------------------------------------------------------------------------------------------- */

static void answer(vmtp_host *host, struct vmtp_incoming *in, void *context) {
    const struct vmtp_message message = {.code = VMTP_OK | VMTP_DGM};
    const uint32_t at = in->message.words[0], octets = in->message.words[1];
    (void)context;
    if (at < BENCH_FILE_OCTETS && octets <= BENCH_FILE_OCTETS - at)
        vmtp_host_reply(host, in, &message, file + at, octets, VMTP_HOST_LEND);
    else
        vmtp_host_done(host, in);
}

int shop_open(struct shop *shop, struct lab_seat *seat, vmtp_host *host, vipc *node, uint32_t block) {
    memset(shop, 0, sizeof *shop);
    shop->host = host;
    shop->node = node;
    fill(block);
    int result = vmtp_host_entity(host, &shop->bare, NULL);
    if (!result)
        result = vmtp_host_procedure(host, shop->bare, 4, 0, answer, shop);
    if (result)
        return bench_host_problem(seat, "cannot serve", result);
    result = open_manager(shop);
    return result ? bench_host_problem(seat, "cannot serve a file", result) : 0;
}

int bench_uio_serve(struct lab_seat *seat) {
    const struct bench_uio_settings *settings = seat->settings;
    struct vmtp_event event;
    struct shop shop;
    vmtp_host *host;
    vipc *node;
    if (bench_host_open(&host, seat, WAIT_DEFAULT) != 0)
        return -1;
    int result = vipc_host_open(&node, host);
    if (result)
        return bench_host_problem(seat, "cannot open a node", result);
    if (!settings->local) {
        if (shop_open(&shop, seat, host, node, settings->block) != 0)
            return -1;
        atomic_store(&seat->board->word, shop.bare);
    }
    lab_ready(seat);
    do {
        while (vmtp_host_next_event(host, &event))
            continue; /* bare loans come back */
        result = vmtp_host_wait(host, VMTP_NEVER);
    } while (result == 0);
    return bench_host_problem(seat, "vmtp_host_wait", result);
}
