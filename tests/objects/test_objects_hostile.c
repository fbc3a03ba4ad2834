/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Programs that want all there is: hundreds of Requests at a time that wait as long as they may, for things that are not, with numbers that were
 * never given; and then their nodes are gone.  Others get what they ask for, and nothing is left of it.
 */
#include <stdio.h>

#include "support/place.h"

#define HOSTILE 3u
#define AT_ONCE 60u

static struct shop shop;
static struct guest honest;
static struct uio_handle both, records, clock_handle;

/* One of those nodes: an entity that owns what it gets, and its Requests. */
static struct rogue {
    vipc *node;
    struct vipc_service self;
    uint64_t seed;
    uint32_t numbers[16];
    unsigned next_number;
    struct {
        struct vipc_call call;
        uint8_t segment[512], area[16384];
    } asked[AT_ONCE];
} rogues[HOSTILE];
static unsigned answers, codes_seen[256];

static uint32_t dice(struct rogue *r, uint32_t sides) {
    r->seed = r->seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(r->seed >> 33) % sides;
}

static void ask(struct rogue *r, unsigned slot);

static void answered(struct vipc_call *call, int result) {
    struct rogue *r = call->context;
    const uint32_t code = call->answer.code & VMTP_CODE_MASK;
    if (result == 0) {
        answers++;
        codes_seen[code & 0xff]++;
        if (!code && (call->message.code & 0xff) == (UIO_CREATE_INSTANCE & 0xff))
            r->numbers[r->next_number++ % 16] = call->answer.words[0];
    }
    for (unsigned i = 0; i < AT_ONCE; i++)
        if (call == &r->asked[i].call)
            ask(r, i);
}

static uint32_t by_name(struct rogue *r, struct vipc_call *call, uint8_t segment[512]) {
    static const char *const names[] = {"/node/pipe/a", "/node/pipe/b",       "/node/pipe",
                                        "/node/log",    "/node/time",         "/node",
                                        "/node/none",   "/node/pipe/../time", "/node/programs"};
    const char *name = names[dice(r, 9)];
    const struct vname_request q = {.index = 5, .length = (uint16_t)strlen(name), .name = name};
    const uint32_t size = vname_request_build(&call->message, segment, 512, &q);
    call->message.words[2] = dice(r, 8) ? dice(r, 16) : dice(r, 1u << 13);
    vmtp_words_put64(call->message.words + 4, dice(r, 4) ? r->self.entity : dice(r, 1u << 20));
    return size;
}

/* Waits without end, of what it has or of what it makes up; not removing what others have. */
static uint32_t of_an_instance(struct rogue *r, struct vipc_call *call) {
    const int delay = (call->message.code & 0xff) == (UIO_CONTROL_INSTANCE & 0xff);
    uint32_t *words = call->message.words;
    words[0] = dice(r, 4) ? r->numbers[dice(r, 16)] : dice(r, UINT32_MAX);
    if (delay) {
        words[1] = UIO_CLOCK_DELAY;
        words[2] = dice(r, 4) ? TIME_DELAY_MOST : dice(r, UINT32_MAX);
        return 0;
    }
    words[1] = words[2] = dice(r, 2) ? UINT32_MAX : dice(r, 3);
    words[3] = UINT32_MAX; /* 49 days */
    words[4] = (call->message.code & 0xff) == (UIO_WRITE_INSTANCE & 0xff) ? dice(r, 3) : 1 + dice(r, 16384);
    return (call->message.code & 0xff) == (UIO_WRITE_INSTANCE & 0xff) ? dice(r, 512) : 0;
}

static void ask(struct rogue *r, unsigned slot) {
    static const uint32_t codes[] = {UIO_CREATE_INSTANCE, UIO_READ_INSTANCE,    UIO_READ_INSTANCE,    UIO_READ_INSTANCE,
                                     UIO_WRITE_INSTANCE,  UIO_CONTROL_INSTANCE, UIO_CONTROL_INSTANCE, UIO_QUERY_OBJECT,
                                     UIO_LOCK_INSTANCE,   UIO_RELEASE_INSTANCE};
    struct vipc_call *call = &r->asked[slot].call;
    memset(call, 0, sizeof *call);
    call->message.server = shop.itself.entity;
    call->message.code = codes[dice(r, 10)];
    call->segment_size = call->message.code & VNAME_BY_NAME ? by_name(r, call, r->asked[slot].segment)
                                                            : of_an_instance(r, call);
    call->segment = r->asked[slot].segment;
    call->area = r->asked[slot].area;
    call->capacity = sizeof r->asked[slot].area;
    call->deadline = VMTP_NEVER;
    call->done = answered;
    call->context = r;
    (void)vipc_start(r->node, call);
}

static void begin(int rig) {
    place_open(rig);
    shop_open(&shop, 0, "/node");
    guest_open(&honest, 1);
    memset(rogues, 0, sizeof rogues);
    memset(codes_seen, 0, sizeof codes_seen);
    answers = 0;
    guest_must_create(&honest, &both, "/node/pipe/honest", UIO_MODE_READ | UIO_MODE_WRITE | UIO_MODE_CREATE);
    guest_must_create(&honest, &records, "/node/log", UIO_MODE_READ | UIO_MODE_WRITE);
    guest_must_create(&honest, &clock_handle, "/node/time", UIO_MODE_READ);
    for (unsigned i = 0; i < HOSTILE; i++) {
        struct rogue *r = &rogues[i];
        r->node = place.nodes[2 + i];
        r->seed = 77 + i;
        ck_assert_int_eq(vipc_serve(r->node, &r->self), 0);
        for (unsigned n = 0; n < AT_ONCE; n++)
            ask(r, n);
    }
}

/* What an honest program does in the middle of it. */
static void honest_round(unsigned round) {
    char text[32], area[64];
    snprintf(text, sizeof text, "round %u", round);
    const uint32_t size = (uint32_t)strlen(text);
    struct uio_call *call = new_call(1000);
    ck_assert_int_eq(place_wait(call, uio_write(&both, call, UIO_SEQUENTIAL, 0, 0, text, size)), 0);
    ck_assert_uint_eq(call->octets, size);
    call = new_call(1000);
    ck_assert_int_eq(place_wait(call, uio_read(&both, call, UIO_SEQUENTIAL, 0, area, sizeof area)), 0);
    ck_assert_uint_eq(call->octets, size);
    ck_assert_mem_eq(area, text, size);
    call = new_call(0);
    ck_assert_int_eq(place_wait(call, uio_write(&records, call, 0, 0, 0, text, size)), 0);
    const uint64_t block = call->block;
    call = new_call(0);
    ck_assert_int_eq(place_wait(call, uio_read(&records, call, block, 0, area, sizeof area)), 0);
    ck_assert_uint_eq(call->octets, size);
    ck_assert_mem_eq(area, text, size);
}

/* UIO-2.3-03, UIO-2.3-06, UIO-2.3-07, UIO-9.3-04 */
START_TEST(all_that_can_be_wanted) {
    static const uint32_t millisecond[4] = {1000};
    struct uio_manager_use use;
    begin(_i);
    for (unsigned round = 0; round < 40; round++) {
        honest_round(round);
        uio_manager_get_use(shop.manager, &use);
        ck_assert_uint_le(use.waiting, 16);
        ck_assert_uint_le(use.operations, 32);
        struct uio_call *call = new_call(0);
        const int delayed = place_wait(call,
                                       uio_control(&clock_handle, call, UIO_CLOCK_DELAY, millisecond, NULL, 0, NULL, 0));
        ck_assert(delayed == 0 || delayed == (int)UIO_WOULD_WAIT);
    }
    ck_assert_uint_gt(answers, 500);
    ck_assert_uint_gt(codes_seen[UIO_STALE & 0xff], 50);
    ck_assert_uint_gt(codes_seen[UIO_WOULD_WAIT & 0xff], 10);
    const struct uio_manager_counters *c = uio_manager_counters(shop.manager);
    ck_assert_uint_gt(c->stale, 50);
    ck_assert_uint_gt(c->waits_refused + time_manager_counters(shop.times)->delays_refused, 10);
    for (unsigned i = 0; i < HOSTILE; i++)
        place_off(2 + i);
    /* Owners that never were are looked for three times each, eight at a time. */
    for (unsigned i = 0; i < 300 && use.instances > 3; i++) {
        place_run(10 * SECONDS);
        honest_round(100 + i);
        uio_manager_get_use(shop.manager, &use);
    }
    ck_assert_uint_eq(use.instances, 3);
    ck_assert_uint_eq(use.owners, 1); /* the honest one */
    ck_assert_uint_eq(use.waiting + use.operations, 0);
    ck_assert_uint_eq(pipe_count(shop.pipes), 1);
    guest_close(&honest);
    shop_close(&shop);
    place_close();
}
END_TEST

static void add(TCase *c) { tcase_add_loop_test(c, all_that_can_be_wanted, 0, PLACE_RIGS); }

int main(void) { return place_main("hostile programs", add); }
