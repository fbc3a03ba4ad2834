/* SPDX-License-Identifier: BSD-2-Clause */
#include "inet.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PORT 5321
#define LOOKS_OF_PATIENCE 20000u /* system calls: some milliseconds */
#define BUFFER (32 << 20)

static struct sockaddr_in address_of(const struct lab_end *end) {
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(PORT)};
    inet_pton(AF_INET, end->address, &a.sin_addr);
    return a;
}

static int bind_and_connect(int fd, const struct lab_seat *seat) {
    struct sockaddr_in here = address_of(seat->here), peer = address_of(seat->peer);
    int one = 1, buffer = BUFFER;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    /* As large as we may: what a burst loses for want of room is not what is asked here. */
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof buffer) != 0)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
    if (bind(fd, (struct sockaddr *)&here, sizeof here) != 0)
        return -1;
    return connect(fd, (struct sockaddr *)&peer, sizeof peer);
}

static int open_datagram(const struct lab_seat *seat) {
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind_and_connect(fd, seat) != 0)
        return lab_problem_errno(seat, "UDP socket");
    if (seat->side == LAB_SERVER)
        lab_ready(seat);
    return fd;
}

static int listen_once(const struct lab_seat *seat) {
    struct sockaddr_in here = address_of(seat->here);
    int one = 1, fd, listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (listener < 0 || bind(listener, (struct sockaddr *)&here, sizeof here) != 0 || listen(listener, 1) != 0)
        return -1;
    lab_ready(seat);
    fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    close(listener);
    return fd;
}

static int connect_once(const struct lab_seat *seat) {
    struct sockaddr_in peer = address_of(seat->peer);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    return fd >= 0 && connect(fd, (struct sockaddr *)&peer, sizeof peer) == 0 ? fd : -1;
}

static int open_stream(const struct lab_seat *seat) {
    int one = 1, fd = seat->side == LAB_SERVER ? listen_once(seat) : connect_once(seat);
    if (fd < 0 || setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) != 0)
        return lab_problem_errno(seat, "TCP socket");
    return fd;
}

int inet_open(const struct lab_seat *seat, int type) {
    return type == SOCK_DGRAM ? open_datagram(seat) : open_stream(seat);
}

static int is_nothing_yet(ssize_t n) { return n < 0 && (errno == EAGAIN || errno == EINTR); }

int inet_send(int fd, const void *octets, size_t length, enum waiting waiting) {
    const char *at = octets;
    int flags = MSG_NOSIGNAL | (waiting == WAIT_SPIN ? MSG_DONTWAIT : 0);
    uint64_t looks = 0;
    while (length > 0) {
        ssize_t n = send(fd, at, length, flags);
        if (is_nothing_yet(n)) {
            lab_look_in_vain(&looks, LOOKS_OF_PATIENCE);
            continue;
        }
        if (n < 0)
            return -1;
        at += n;
        length -= (size_t)n;
    }
    return 0;
}

int inet_receive(int fd, void *octets, size_t length, enum waiting waiting) {
    char *at = octets;
    int flags = waiting == WAIT_SPIN ? MSG_DONTWAIT : 0;
    uint64_t looks = 0;
    while (length > 0) {
        ssize_t n = recv(fd, at, length, flags);
        if (is_nothing_yet(n)) {
            lab_look_in_vain(&looks, LOOKS_OF_PATIENCE);
            continue;
        }
        looks = 0;
        if (n == 0)
            errno = ECONNRESET;
        if (n <= 0)
            return -1;
        at += n;
        length -= (size_t)n;
    }
    return 0;
}
