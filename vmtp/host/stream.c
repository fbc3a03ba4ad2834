/* SPDX-License-Identifier: BSD-2-Clause */
/* Streams: a ring of places, each with a Request, room for its Response, and what came of it. */
#include "internal.h"

struct place {
    vmtp_handle handle; /* 0: over */
    struct vmtp_event outcome;
    uint8_t *request, *response;
};

struct vmtp_stream {
    struct vmtp_stream *next;
    vmtp_entity server;
    uint32_t member; /* of the pool */
    uint32_t depth, request_size, response_size;
    uint32_t first, open; /* places in use, oldest first */
    struct place places[];
};

static struct place *place_at(vmtp_stream *stream, uint32_t number) {
    return &stream->places[(stream->first + number) % stream->depth];
}

/* ---- events ------------------------------------------------------------------------------------------------- */

int vhost_stream_event(vmtp_host *host, const struct vmtp_event *event) {
    for (struct vmtp_stream *stream = host->streams; stream; stream = stream->next)
        for (uint32_t i = 0; i < stream->open; i++) {
            struct place *place = place_at(stream, i);
            if (place->handle != event->handle)
                continue;
            place->outcome = *event;
            place->handle = 0;
            return 1;
        }
    return 0;
}

void vhost_streams_close(vmtp_host *host) {
    while (host->streams) {
        struct vmtp_stream *stream = host->streams;
        host->streams = stream->next;
        vhost_release(host, stream);
    }
}

/* ---- opening ------------------------------------------------------------------------------------------------ */

static uint64_t line(uint64_t size) { return (size + 63) & ~(uint64_t)63; }

/* The record, and behind it the segments. */
static struct vmtp_stream *make(vmtp_host *host, uint32_t depth, uint32_t request_size, uint32_t response_size) {
    const uint64_t head = line(sizeof(struct vmtp_stream) + (uint64_t)depth * sizeof(struct place));
    const uint64_t each = line(request_size) + line(response_size);
    if (each && depth > (SIZE_MAX / 2 - head) / each)
        return NULL;
    struct vmtp_stream *stream = vhost_allocate(host, (size_t)(head + depth * each));
    if (!stream)
        return NULL;
    stream->depth = depth;
    stream->request_size = request_size;
    stream->response_size = response_size;
    for (uint32_t i = 0; i < depth; i++) {
        stream->places[i].request = (uint8_t *)stream + head + i * each;
        stream->places[i].response = stream->places[i].request + line(request_size);
    }
    return stream;
}

int vmtp_host_stream_open(vmtp_host *host, vmtp_stream **out, vmtp_entity server, uint32_t depth, uint32_t request_size,
                          uint32_t response_size) {
    *out = NULL;
    if (!server || vmtp_is_group(server) || !depth)
        return VMTP_E_INVALID;
    if (request_size > VMTP_MESSAGE_OCTETS || response_size > VMTP_MESSAGE_OCTETS)
        return VMTP_E_TOO_LARGE;
    struct vmtp_stream *stream = make(host, depth, request_size, response_size);
    if (!stream)
        return VMTP_E_MEMORY;
    vhost_tick(host);
    int r = vhost_member_take(host, &stream->member);
    if (r < 0) {
        vhost_release(host, stream);
        return r;
    }
    stream->server = server;
    stream->next = host->streams;
    host->streams = stream;
    *out = stream;
    return 0;
}

/* ---- Requests ----------------------------------------------------------------------------------------------- */

int vmtp_host_stream_send(vmtp_host *host, vmtp_stream *stream, const struct vmtp_message *message, const void *segment,
                          uint32_t segment_size, int more) {
    if (segment_size > stream->request_size)
        return VMTP_E_TOO_LARGE;
    if (segment_size && !segment)
        return VMTP_E_INVALID;
    if (stream->open == stream->depth)
        return VMTP_E_FULL;
    struct place *place = place_at(stream, stream->open);
    if (segment_size)
        memcpy(place->request, segment, segment_size);
    struct vmtp_request request = {.client = host->members[stream->member].id,
                                   .message = *message,
                                   .segment = place->request,
                                   .segment_size = segment_size,
                                   .response_area = stream->response_size ? place->response : NULL,
                                   .response_size = stream->response_size,
                                   .deadline = VMTP_NEVER,
                                   .flags = more ? VMTP_CALL_MORE : 0};
    request.message.server = stream->server;
    int r = vmtp_call(host->engine, &place->handle, &request, vhost_tick(host));
    if (r < 0)
        return r;
    stream->open++;
    vhost_send_now(host); /* it goes now, not when somebody waits for it */
    return 0;
}

/* ---- Responses ---------------------------------------------------------------------------------------------- */

struct taker {
    vmtp_stream *stream;
    struct vmtp_event *outcome;
};

static int take(vmtp_host *host, void *context, int *result) {
    const struct taker *taker = context;
    vmtp_stream *stream = taker->stream;
    struct place *place = place_at(stream, 0);
    (void)host;
    *result = VMTP_E_STALE;
    if (!stream->open)
        return 1;
    if (place->handle)
        return 0;
    *taker->outcome = place->outcome;
    *result = place->outcome.result == VMTP_CANCELLED ? VMTP_E_CANCELLED : (int)place->outcome.result;
    stream->first = (stream->first + 1) % stream->depth;
    stream->open--;
    return 1;
}

int vmtp_host_stream_next(vmtp_host *host, vmtp_stream *stream, struct vmtp_event *outcome, vmtp_time deadline) {
    struct taker taker = {stream, outcome};
    return vhost_until(host, take, &taker, deadline);
}

/* Its places are over: the first that is cancelled takes those behind it with it. */
static void give_up(vmtp_host *host, vmtp_stream *stream) {
    for (uint32_t i = 0; i < stream->open; i++) {
        struct place *place = place_at(stream, i);
        if (place->handle)
            vmtp_cancel(host->engine, place->handle, host->now);
        vhost_route(host);
        while (place->handle)
            vhost_wait(host, VMTP_NEVER);
    }
}

void vmtp_host_stream_end(vmtp_host *host, vmtp_stream *stream) {
    if (!stream)
        return;
    vhost_tick(host);
    give_up(host, stream);
    struct vmtp_stream **link = &host->streams;
    while (*link != stream)
        link = &(*link)->next;
    *link = stream->next;
    vhost_member_give(host, stream->member);
    vhost_release(host, stream);
}
