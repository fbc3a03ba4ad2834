/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * v_page_server INTERFACE FILE - the pages of a file, with the primitives of V.  Ends on SIGINT and SIGTERM.
 *
 * It shows the three ways of octets: with the message (ReceiveWithSegment), with the reply (ReplyWithSegment), and, for what
 * is larger than a message, by MoveTo into the memory of the client, which waits in Send.
 */
#include <signal.h>
#include <stdio.h>

#include <vmtp/v.h>

#include "v_pages.h"

static vmtp_host *host;
static v_process *me;
static FILE *file;

static void stop(int signal_number) {
    (void)signal_number;
    vmtp_host_interrupt(host);
}

static int seek(uint32_t page) { return fseek(file, (long)page * (long)PAGE, SEEK_SET); }

static int read_page(v_pid client, uint32_t page) {
    char octets[PAGE];
    struct v_message reply = {0, {0}};
    size_t size = seek(page) == 0 ? fread(octets, 1, PAGE, file) : 0;
    reply.code = size ? VMTP_OK : NO_PAGE;
    reply.words[0] = (uint32_t)size;
    return v_reply_with_segment(me, &reply, client, 0, octets, (uint32_t)size, VMTP_NEVER);
}

static int write_page(v_pid client, uint32_t page, const char *octets, uint32_t size) {
    struct v_message reply = {0, {0}};
    int good = size <= PAGE && seek(page) == 0 && fwrite(octets, 1, size, file) == size && fflush(file) == 0;
    reply.code = good ? VMTP_OK : NO_PAGE;
    return v_reply(me, &reply, client);
}

/* As much as the client has room for. */
static int load(v_pid client) {
    static char octets[65536];
    struct v_message reply = {VMTP_OK, {0}};
    uint32_t room, done = 0;
    size_t size;
    int result = 0;
    v_access(me, client, &room);
    rewind(file);
    while (result == 0 && done < room &&
           (size = fread(octets, 1, room - done < sizeof octets ? room - done : sizeof octets, file)) > 0) {
        result = v_move_to(me, client, done, octets, (uint32_t)size, VMTP_NEVER);
        done += (uint32_t)size;
    }
    fseek(file, 0, SEEK_END);
    reply.words[0] = done;
    reply.words[1] = (uint32_t)ftell(file);
    return result ? result : v_reply(me, &reply, client);
}

static int serve(void) {
    struct v_message message;
    char carried[PAGE];
    uint32_t size;
    v_pid client;
    for (;;) {
        size = sizeof carried;
        int result = v_receive_with_segment(me, &message, &client, carried, &size, VMTP_NEVER);
        if (result)
            return result;
        switch (message.code) {
        case READ_PAGE: result = read_page(client, message.words[0]); break;
        case WRITE_PAGE: result = write_page(client, message.words[0], carried, size); break;
        case LOAD: result = load(client); break;
        default: result = VMTP_ERROR;
        }
        /* A client that went away, or gave no access, is its own business; it is told if it still waits. */
        if (result)
            v_reply(me, &(struct v_message){VMTP_ERROR, {0}}, client);
    }
}

static int open_all(const char *interface_name, const char *name, v_kernel **kernel) {
    struct vmtp_host_config config;
    char error[256];
    file = fopen(name, "r+b");
    if (!file) {
        perror(name);
        return -1;
    }
    vmtp_host_config_init(&config);
    config.interface_name = interface_name;
    if (vmtp_host_open(&host, &config, error, sizeof error) < 0) {
        fprintf(stderr, "v_page_server: %s\n", error);
        return -1;
    }
    int result = v_kernel_open(kernel, host);
    if (result == 0)
        result = v_process_create(&me, *kernel, NULL);
    if (result == 0)
        result = v_set_pid(*kernel, PAGE_SERVER, v_process_pid(me), V_BOTH);
    if (result)
        fprintf(stderr, "v_page_server: %s\n", vmtp_error_text(result));
    return result;
}

int main(int argc, char **argv) {
    v_kernel *kernel = NULL;
    char name[VMTP_ENTITY_TEXT];
    int result = 1;
    if (argc != 3) {
        fprintf(stderr, "usage: v_page_server INTERFACE FILE\n");
        return 2;
    }
    if (open_all(argv[1], argv[2], &kernel) == 0) {
        signal(SIGINT, stop);
        signal(SIGTERM, stop);
        printf("serving as %s\n", vmtp_entity_format(name, v_process_pid(me)));
        fflush(stdout);
        result = serve();
        if (result != VMTP_E_CANCELLED)
            fprintf(stderr, "v_page_server: %s\n", vmtp_error_text(result));
        result = result != VMTP_E_CANCELLED;
    }
    v_kernel_close(kernel);
    vmtp_host_close(host);
    if (file)
        fclose(file);
    return result;
}
