/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmtp.h"

/* Blocks of identifiers of the two hosts; they are alone on their cable. */
static const vmtp_entity blocks[LAB_SIDES] = {0x00000000000c1100u, 0x00000000000d2200u};

int bench_host_open(vmtp_host **host, struct lab_seat *seat, enum waiting waiting) {
    struct vmtp_host_config config;
    char error[160] = "";
    vmtp_host_config_init(&config);
    config.interface_name = seat->here->name;
    config.engine.block = blocks[seat->side];
    if (waiting == WAIT_SPIN)
        config.spin = 10 * VMTP_SECOND;
    else if (waiting == WAIT_BLOCK)
        config.spin = 0;
    int result = vmtp_host_open(host, &config, error, sizeof error);
    return result == 0 ? 0 : lab_problem(seat, "cannot open a VMTP host: %s", error);
}

int bench_host_serve(vmtp_host *host, struct lab_seat *seat, vmtp_entity *entity, uint32_t depth) {
    return bench_host_serve_with(host, seat, entity, depth, 0);
}

int bench_host_serve_with(vmtp_host *host, struct lab_seat *seat, vmtp_entity *entity, uint32_t depth, uint32_t capacity) {
    int result = vmtp_host_entity(host, entity, NULL);
    if (result == 0)
        result = vmtp_host_serve(host, *entity, depth, capacity);
    if (result != 0)
        return bench_host_problem(seat, "cannot serve", result);
    atomic_store(&seat->board->word, *entity);
    lab_ready(seat);
    return 0;
}

int bench_host_problem(struct lab_seat *seat, const char *what, int result) {
    if (result < 0)
        return lab_problem(seat, "%s: %s", what, vmtp_error_text(result));
    const char *name = vmtp_response_code_name((uint32_t)result);
    return lab_problem(seat, "%s: code %d (%s)", what, result, name ? name : "unknown");
}
