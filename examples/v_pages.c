/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * v_pages INTERFACE load | read PAGE | write PAGE TEXT - asks a v_page_server, wherever it is.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vmtp/v.h>

#include "v_pages.h"

#define MOST (16u << 20)

static vmtp_host *host;
static v_kernel *kernel;
static v_process *me;

static vmtp_time in_seconds(unsigned seconds) { return vmtp_host_now(host) + seconds * VMTP_SECOND; }

/* Says why there is no answer, or that the answer is no. */
static int complain(const char *what, int result) {
    if (result < 0)
        fprintf(stderr, "v_pages: %s: %s\n", what, vmtp_error_text(result));
    else
        fprintf(stderr, "v_pages: %s: %s\n", what, vmtp_response_code_name((uint32_t)result));
    return 1;
}

/* One Send; the segment is what the server may use until it has replied. */
static int ask(v_pid server, struct v_message *message, struct v_segment *segment) {
    int result = v_send(me, message, server, segment, in_seconds(10));
    if (result)
        return complain("no answer", result);
    if (message->code == NO_PAGE)
        fprintf(stderr, "v_pages: no such page\n");
    return message->code != VMTP_OK;
}

static int read_page(v_pid server, const char *page) {
    char octets[PAGE];
    struct v_message message = {READ_PAGE, {(uint32_t)strtoul(page, NULL, 10)}};
    struct v_segment segment = {.memory = octets, .size = PAGE, .access = V_WRITE};
    if (ask(server, &message, &segment))
        return 1;
    return fwrite(octets, 1, segment.received, stdout) != segment.received;
}

static int write_page(v_pid server, const char *page, char *text) {
    const uint32_t size = (uint32_t)strlen(text);
    struct v_message message = {WRITE_PAGE, {(uint32_t)strtoul(page, NULL, 10)}};
    struct v_segment segment = {.memory = text, .size = size, .access = V_READ, .carried = size};
    if (size > PAGE) {
        fprintf(stderr, "v_pages: a page has %u octets\n", (unsigned)PAGE);
        return 2;
    }
    return ask(server, &message, &segment);
}

/* The server moves the file into our memory while we wait. */
static int load(v_pid server) {
    char *octets = malloc(MOST);
    struct v_message message = {LOAD, {0}};
    struct v_segment segment = {.memory = octets, .size = MOST, .access = V_WRITE};
    int failed = !octets || ask(server, &message, &segment);
    if (!failed && message.words[0] < message.words[1])
        fprintf(stderr, "v_pages: only the first %u octets\n", (unsigned)message.words[0]);
    if (!failed)
        failed = fwrite(octets, 1, message.words[0], stdout) != message.words[0];
    free(octets);
    return failed;
}

static int open_all(const char *interface_name) {
    struct vmtp_host_config config;
    char error[256];
    vmtp_host_config_init(&config);
    config.interface_name = interface_name;
    if (vmtp_host_open(&host, &config, error, sizeof error) < 0) {
        fprintf(stderr, "v_pages: %s\n", error);
        return 1;
    }
    int result = v_kernel_open(&kernel, host);
    if (result == 0)
        result = v_process_create(&me, kernel, NULL);
    return result ? complain("cannot begin", result) : 0;
}

static int run(int argc, char **argv) {
    v_pid server;
    int result = v_get_pid(kernel, PAGE_SERVER, V_BOTH, &server, in_seconds(2));
    if (result)
        return complain("no page server", result);
    if (argc == 3)
        return load(server);
    return argc == 4 ? read_page(server, argv[3]) : write_page(server, argv[3], argv[4]);
}

int main(int argc, char **argv) {
    const char *what = argc >= 3 ? argv[2] : "";
    if (!(argc == 3 && strcmp(what, "load") == 0) && !(argc == 4 && strcmp(what, "read") == 0) &&
        !(argc == 5 && strcmp(what, "write") == 0)) {
        fprintf(stderr, "usage: v_pages INTERFACE load | read PAGE | write PAGE TEXT\n");
        return 2;
    }
    int failed = open_all(argv[1]);
    if (!failed)
        failed = run(argc, argv);
    v_kernel_close(kernel);
    vmtp_host_close(host);
    return failed;
}
