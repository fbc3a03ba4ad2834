/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * io_client INTERFACE NAME [TEXT] - prints the object that has this name, whoever has it (io_manager.c, vnet serve); with a text, puts that into it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vipc/host.h>
#include <vuio/stream.h>

/* The object as a FILE, or NULL and errno.  handle and stream are in use until fclose. */
static FILE *open_object(struct uio_client *client, struct uio_handle *handle, struct uio_stream *stream,
                         const char *name, int writing) {
    static char buffer[65536];
    struct uio_named named = {
        .name = name, .name_length = strlen(name), .deadline = vipc_now(vname_ipc(client->names)) + 5 * VMTP_SECOND};
    const uint32_t mode = writing ? UIO_MODE_WRITE | UIO_MODE_CREATE | UIO_MODE_TRUNCATE : UIO_MODE_READ;
    int result = uio_named_wait(&named, uio_create(client, &named, handle, mode, 0644));
    if (result == 0)
        result = uio_stream_open(stream, handle, buffer, sizeof buffer);
    FILE *file = result == 0 ? uio_stream_file(stream, writing ? "w" : "r") : NULL;
    if (result != 0)
        errno = uio_errno(result);
    return file;
}

static int copy(FILE *from, FILE *to) {
    int octet;
    while ((octet = getc(from)) != EOF)
        putc(octet, to);
    return ferror(from) || ferror(to) ? -1 : 0;
}

/* 0: done. */
static int use(struct uio_client *client, const char *name, const char *text) {
    struct uio_handle handle = {0};
    struct uio_stream stream;
    FILE *file = open_object(client, &handle, &stream, name, text != NULL);
    int bad = file == NULL;
    if (file) {
        bad = text ? fputs(text, file) < 0 || putc('\n', file) < 0 : copy(file, stdout) < 0;
        bad |= fclose(file) != 0; /* what could not be written is told here at the latest */
    }
    if (bad)
        fprintf(stderr, "io_client: %s: %s\n", name, strerror(errno));
    return bad;
}

int main(int argc, char **argv) {
    vmtp_host *host;
    vipc *ipc;
    vname_resolver *resolver;
    struct vmtp_host_config config;
    char error[256];
    int failed = 1;
    if (argc < 3 || argc > 4) {
        fprintf(stderr, "usage: io_client INTERFACE NAME [TEXT]\n");
        return 2;
    }
    vmtp_host_config_init(&config);
    config.interface_name = argv[1];
    if (vmtp_host_open(&host, &config, error, sizeof error) < 0) {
        fprintf(stderr, "io_client: %s\n", error);
        return 1;
    }
    if (vipc_host_open(&ipc, host) == 0) {
        if (vname_open(&resolver, ipc, NULL) == 0) {
            struct uio_client client = {0};
            vname_inherit_environment(resolver);
            if (uio_client_open(&client, resolver) == 0) {
                failed = use(&client, argv[2], argc > 3 ? argv[3] : NULL);
                uio_client_close(&client, vipc_now(ipc) + VMTP_SECOND);
            }
            vname_close(resolver);
        }
        vipc_close(ipc);
    }
    vmtp_host_close(host);
    return failed;
}
