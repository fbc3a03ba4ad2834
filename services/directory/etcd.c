/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * etcd.c - a directory's content in a cluster of etcd.
 *
 * All reads are linearizable and all writes transactions, which etcd has agreed upon with a majority of its members before it answers:
 * what it cannot do for want of one it does not answer.  Each operation is one POST.  The member that answered last is asked first,
 * and the next one when it does not; a write of which it is not sure that it was not done is not repeated here, since whether it was is
 * for the directory to find out.
 */
#define _DEFAULT_SOURCE /* explicit_bzero */
#include "backend.h"
#include "etcd_login.h"
#include "etcd_messages.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <unistd.h>

#define CONNECT_MS 500L                      /* on a local network somebody who is there answers sooner */
#define ATTEMPT_MS 1000L                     /* then another member is asked */
#define SECURE_MS 2000L                      /* certificates and passwords take time to look at */
#define LEAST (200 * VMTP_MILLISECOND)       /* less than that is no use */
#define ROUND_PAUSE (100 * VMTP_MILLISECOND) /* when all of them have failed */
#define ANSWER_MOST (4u << 20)
#define URL_MOST 512
#define IDLE_MOST 8u /* easy handles that are kept */

struct etcd_store {
    struct vdir_store store;
    CURLM *multi;
    struct etcd_login login;
    int epoll;
    vmtp_time timer; /* when curl wants to be called; VMTP_NEVER: not */
    uint32_t count, preferred;
    char *endpoints[VDIR_ENDPOINTS_MOST];
    uint32_t idle_count;
    CURL *idle[IDLE_MOST];
};

/* An operation under way. */
struct attempt {
    struct etcd_store *store;
    struct vdir_op *op;
    CURL *easy;      /* NULL: between two attempts */
    vmtp_time again; /* when to begin the next one */
    uint32_t member, tried;
    int sent;    /* an attempt may have been carried out */
    int logs_in; /* this one asks for a token */
    int renewed; /* the token was refused, and another asked for */
    char *request, *login, *answer;
    struct curl_slist *headers;
    size_t size, room;
    char url[URL_MOST + 32];
    char error[CURL_ERROR_SIZE];
};

static struct etcd_store *etcd_of(vdir_store *store) { return (struct etcd_store *)store; }

/* ---- what curl asks for -------------------------------------------------------------------------------------------- */

static size_t on_octets(char *data, size_t one, size_t count, void *context) {
    struct attempt *a = context;
    size_t size = one * count;
    if (size > ANSWER_MOST - a->size)
        return 0; /* curl gives up */
    if (a->size + size > a->room) {
        size_t room = 2 * (a->size + size) + 1024;
        char *more = realloc(a->answer, room);
        if (!more)
            return 0;
        a->answer = more;
        a->room = room;
    }
    memcpy(a->answer + a->size, data, size);
    a->size += size;
    return size;
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *context, void *known) {
    struct etcd_store *s = context;
    struct epoll_event event = {.data.fd = fd};
    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        epoll_ctl(s->epoll, EPOLL_CTL_DEL, fd, NULL); /* fails when it is closed already, which is as good */
        return 0;
    }
    event.events = (what & CURL_POLL_IN ? EPOLLIN : 0u) | (what & CURL_POLL_OUT ? EPOLLOUT : 0u);
    if (epoll_ctl(s->epoll, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event) != 0)
        return -1;
    curl_multi_assign(s->multi, fd, s);
    return 0;
}

static int on_timer(CURLM *multi, long milliseconds, void *context) {
    struct etcd_store *s = context;
    (void)multi;
    s->timer = milliseconds < 0 ? VMTP_NEVER : s->store.now + (vmtp_time)milliseconds * VMTP_MILLISECOND;
    return 0;
}

/* ---- one attempt --------------------------------------------------------------------------------------------------- */

static CURL *take_easy(struct etcd_store *s) {
    CURL *easy = s->idle_count > 0 ? s->idle[--s->idle_count] : curl_easy_init();
    if (easy)
        curl_easy_reset(easy);
    return easy;
}

static void put_easy(struct etcd_store *s, CURL *easy) {
    if (s->idle_count < IDLE_MOST)
        s->idle[s->idle_count++] = easy;
    else
        curl_easy_cleanup(easy);
}

static int is_secure(const struct attempt *a) { return strncasecmp(a->url, "https:", 6) == 0; }

static void set_up(const struct attempt *a, long milliseconds) {
    CURL *easy = a->easy;
    const char *text = a->logs_in ? a->login : a->request;
    etcd_login_set_up(&a->store->login, easy);
    curl_easy_setopt(easy, CURLOPT_URL, a->url);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, a->headers);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, text);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, (long)strlen(text));
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_octets);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, a);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, a);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, a->error);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, milliseconds);
    const long connecting = is_secure(a) ? SECURE_MS : CONNECT_MS;
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, milliseconds < connecting ? milliseconds : connecting);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
}

/* How long one member may take: not so long that there is no time left to ask another one. */
static long attempt_milliseconds(const struct attempt *a) {
    vmtp_time now = a->store->store.now, rest = a->op->deadline > now ? a->op->deadline - now : 0;
    if (a->store->count > 1 && rest > 2 * LEAST)
        rest /= 2;
    const vmtp_time most = is_secure(a) ? SECURE_MS : ATTEMPT_MS;
    return rest / VMTP_MILLISECOND >= most ? (long)most : (long)(rest / VMTP_MILLISECOND) + 1;
}

/* Text and headers of the next attempt, by whether a token is needed first: 0, or -1. */
static int prepare(struct attempt *a) {
    const struct etcd_login *login = &a->store->login;
    a->logs_in = etcd_login_is_due(login);
    if (a->logs_in && !a->login && !(a->login = etcd_login_request(login)))
        return -1;
    curl_slist_free_all(a->headers);
    a->headers = etcd_login_headers(login);
    return a->headers ? 0 : -1;
}

/* 0, or -1 when there is no memory. */
static int begin(struct attempt *a) {
    struct etcd_store *s = a->store;
    a->easy = prepare(a) == 0 ? take_easy(s) : NULL;
    if (!a->easy)
        return -1;
    s->store.counts.attempts++;
    a->size = 0;
    a->error[0] = 0;
    a->again = VMTP_NEVER;
    snprintf(a->url, sizeof a->url, "%s%s", s->endpoints[a->member], a->logs_in ? ETCD_LOGIN_PATH : etcd_path(a->op));
    set_up(a, attempt_milliseconds(a));
    if (curl_multi_add_handle(s->multi, a->easy) == CURLM_OK)
        return 0;
    put_easy(s, a->easy);
    a->easy = NULL;
    return -1;
}

static void stop(struct attempt *a) {
    if (!a->easy)
        return;
    curl_multi_remove_handle(a->store->multi, a->easy);
    put_easy(a->store, a->easy);
    a->easy = NULL;
}

static void release(struct attempt *a) {
    stop(a);
    if (a->login)
        explicit_bzero(a->login, strlen(a->login));
    free(a->login);
    free(a->request);
    free(a->answer);
    curl_slist_free_all(a->headers);
    free(a);
}

static void end(struct attempt *a, enum vdir_result result) {
    struct etcd_store *s = a->store;
    struct vdir_op *op = a->op;
    release(a);
    vdir_store_end(&s->store, op, result);
}

/* What comes after an attempt that failed: the next member, at once or, after a round of all, a little later. */
static void go_on(struct attempt *a) {
    struct etcd_store *s = a->store;
    a->tried++;
    a->member = (a->member + 1) % s->count;
    s->preferred = a->member;
    if (a->op->kind == VDIR_REPLACE && a->sent)
        end(a, VDIR_UNSURE);
    else if (s->store.now >= a->op->deadline)
        end(a, VDIR_NOT_NOW);
    else if (a->tried % s->count == 0)
        a->again = s->store.now + ROUND_PAUSE;
    else if (begin(a) != 0)
        end(a, VDIR_NOT_NOW);
}

static void answered(struct attempt *a) {
    struct etcd_store *s = a->store;
    enum etcd_outcome outcome = etcd_answer(a->op, a->answer ? a->answer : "", a->size, &s->store.counts.bad_answers);
    if (outcome != ETCD_BAD) {
        s->preferred = a->member;
        end(a, outcome == ETCD_OK ? VDIR_DONE : VDIR_CHANGED);
        return;
    }
    s->store.counts.bad_answers++;
    vdir_store_failed(&s->store, "%s: its answer is none of etcd", s->endpoints[a->member]);
    go_on(a);
}

/* Has etcd refused this for its token alone, or for the want of one?  Then it was not carried out. */
static int token_is_old(const struct attempt *a, CURLcode code, long status) {
    return a->store->login.user && !a->logs_in && !a->renewed && code == CURLE_OK && (status == 401 || status == 400);
}

static void renew(struct attempt *a) {
    a->renewed = 1;
    etcd_login_forget(&a->store->login);
    if (begin(a) != 0)
        end(a, VDIR_NOT_NOW);
}

/* The answer with a token, and now what it is for. */
static void logged_in(struct attempt *a) {
    struct etcd_store *s = a->store;
    if (etcd_login_answer(&s->login, a->answer ? a->answer : "", a->size)) {
        if (begin(a) != 0)
            end(a, VDIR_NOT_NOW);
        return;
    }
    s->store.counts.bad_answers++;
    vdir_store_failed(&s->store, "%s: its answer has no token", s->endpoints[a->member]);
    go_on(a);
}

static void complain(struct attempt *a, CURLcode code, long status) {
    struct etcd_store *s = a->store;
    char words[120] = "";
    if (code != CURLE_OK)
        vdir_store_failed(&s->store, "%s: %s", s->endpoints[a->member],
                          a->error[0] ? a->error : curl_easy_strerror(code));
    else {
        etcd_complaint(words, sizeof words, a->answer ? a->answer : "", a->size);
        vdir_store_failed(&s->store, "%s: status %ld %s", s->endpoints[a->member], status, words);
    }
}

/* curl has done with it. */
static void over(struct attempt *a, CURLcode code) {
    long status = 0, sent = 0;
    curl_easy_getinfo(a->easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(a->easy, CURLINFO_REQUEST_SIZE, &sent);
    stop(a);
    if (token_is_old(a, code, status)) {
        renew(a);
        return;
    }
    a->sent |= sent > 0 && !a->logs_in;
    if (code == CURLE_OK && status == 200) {
        if (a->logs_in)
            logged_in(a);
        else
            answered(a);
        return;
    }
    complain(a, code, status);
    if (a->logs_in && code == CURLE_OK && status / 100 == 4) /* the password is wrong, and stays so */
        end(a, vdir_store_gives_up(a->op, a->sent));
    else
        go_on(a);
}

/* ---- as a back end ------------------------------------------------------------------------------------------------- */

static void etcd_start(vdir_store *store, struct vdir_op *op) {
    struct etcd_store *s = etcd_of(store);
    struct attempt *a = calloc(1, sizeof *a);
    char *request = a ? etcd_request(op) : NULL;
    if (!request) {
        free(a);
        vdir_store_failed(store, "out of memory");
        vdir_store_end(store, op, VDIR_NOT_NOW);
        return;
    }
    *a = (struct attempt){.store = s, .op = op, .request = request, .member = s->preferred, .again = VMTP_NEVER};
    op->record_of_store = a;
    if (begin(a) != 0)
        end(a, VDIR_NOT_NOW);
}

static void etcd_cancel(vdir_store *store, struct vdir_op *op) {
    (void)store;
    release(op->record_of_store);
}

static int etcd_fd(const vdir_store *store) { return ((const struct etcd_store *)store)->epoll; }

static vmtp_time etcd_deadline(const vdir_store *store) {
    vmtp_time first = ((const struct etcd_store *)store)->timer;
    for (const struct vdir_op *op = store->first; op; op = op->next) {
        const struct attempt *a = op->record_of_store;
        vmtp_time at = a->again < op->deadline ? a->again : op->deadline;
        if (!a->easy && at < first)
            first = at;
    }
    return first;
}

/* One that waits between two rounds and whose time has come. */
static struct attempt *due(const struct etcd_store *s) {
    for (struct vdir_op *op = s->store.first; op; op = op->next) {
        struct attempt *a = op->record_of_store;
        if (!a->easy && (s->store.now >= a->again || s->store.now >= op->deadline))
            return a;
    }
    return NULL;
}

static void take_results(struct etcd_store *s) {
    CURLMsg *message;
    int left;
    while ((message = curl_multi_info_read(s->multi, &left)) != NULL) {
        struct attempt *a = NULL;
        CURLcode code = message->data.result;
        if (message->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&a);
        over(a, code); /* message is gone after that */
    }
}

static void etcd_turn(vdir_store *store) {
    struct etcd_store *s = etcd_of(store);
    struct epoll_event events[16];
    struct attempt *a;
    int running, ready = epoll_wait(s->epoll, events, 16, 0);
    if (store->now >= s->timer) {
        s->timer = VMTP_NEVER;
        curl_multi_socket_action(s->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    }
    for (int i = 0; i < ready; i++) {
        int what = (events[i].events & EPOLLIN ? CURL_CSELECT_IN : 0) |
                   (events[i].events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
                   (events[i].events & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0);
        curl_multi_socket_action(s->multi, events[i].data.fd, what, &running);
    }
    take_results(s);
    while ((a = due(s)) != NULL) {
        if (store->now >= a->op->deadline || begin(a) != 0)
            end(a, vdir_store_gives_up(a->op, a->sent));
    }
}

static void etcd_close(vdir_store *store) {
    struct etcd_store *s = etcd_of(store);
    while (s->idle_count > 0)
        curl_easy_cleanup(s->idle[--s->idle_count]);
    if (s->multi)
        curl_multi_cleanup(s->multi);
    etcd_login_close(&s->login);
    if (s->epoll >= 0)
        close(s->epoll);
    for (uint32_t i = 0; i < s->count; i++)
        free(s->endpoints[i]);
    free(s);
    curl_global_cleanup();
}

static const struct vdir_backend backend = {VNAME_BACK_END_ETCD, etcd_start, etcd_cancel, etcd_fd,
                                            etcd_deadline,       etcd_turn,  etcd_close};

/* ---- opening ------------------------------------------------------------------------------------------------------- */

static int part_is(CURLU *url, CURLUPart part, const char *value) {
    char *text = NULL;
    CURLUcode code = curl_url_get(url, part, &text, 0);
    int same = value ? code == CURLUE_OK && strcmp(text, value) == 0 : code != CURLUE_OK;
    curl_free(text);
    return same;
}

/* "http://HOST:PORT" and nothing behind it. */
static int is_endpoint(const char *text) {
    CURLU *url = curl_url();
    int good = url && strlen(text) < URL_MOST && curl_url_set(url, CURLUPART_URL, text, 0) == CURLUE_OK &&
               (part_is(url, CURLUPART_SCHEME, "http") || part_is(url, CURLUPART_SCHEME, "https")) &&
               part_is(url, CURLUPART_PATH, "/") && part_is(url, CURLUPART_QUERY, NULL) &&
               part_is(url, CURLUPART_FRAGMENT, NULL) && part_is(url, CURLUPART_USER, NULL);
    curl_url_cleanup(url);
    return good;
}

static int add_endpoint(struct etcd_store *s, const char *text, size_t length, char *error, size_t error_size) {
    char *endpoint = s->count < VDIR_ENDPOINTS_MOST ? strndup(text, length) : NULL;
    if (!endpoint) {
        snprintf(error, error_size, "more than %u addresses, or no memory", VDIR_ENDPOINTS_MOST);
        return -1;
    }
    s->endpoints[s->count++] = endpoint;
    if (!is_endpoint(endpoint)) {
        snprintf(error, error_size, "\"%s\" is no address of a member of etcd; write http://10.0.0.1:2379", endpoint);
        return -1;
    }
    while (length > 0 && endpoint[length - 1] == '/')
        endpoint[--length] = 0;
    return 0;
}

static int add_endpoints(struct etcd_store *s, const char *text, char *error, size_t error_size) {
    for (;;) {
        size_t length = strcspn(text, ",");
        if (add_endpoint(s, text, length, error, error_size) != 0)
            return -1;
        if (text[length] == 0)
            return 0;
        text += length + 1;
    }
}

static int set_up_curl(struct etcd_store *s, char *error, size_t error_size) {
    s->epoll = epoll_create1(EPOLL_CLOEXEC);
    s->multi = curl_multi_init();
    if (s->epoll < 0 || !s->multi) {
        snprintf(error, error_size, "no memory, or no more descriptors");
        return -1;
    }
    curl_multi_setopt(s->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(s->multi, CURLMOPT_SOCKETDATA, s);
    curl_multi_setopt(s->multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(s->multi, CURLMOPT_TIMERDATA, s);
    return 0;
}

int vdir_etcd_open(vdir_store **out, const char *endpoints, char *error, size_t error_size) {
    const struct vdir_etcd_options options = {.endpoints = endpoints};
    return vdir_etcd_open_as(out, &options, error, error_size);
}

int vdir_etcd_open_as(vdir_store **out, const struct vdir_etcd_options *options, char *error, size_t error_size) {
    struct etcd_store *s = calloc(1, sizeof *s);
    *out = NULL;
    if (!s || curl_global_init(CURL_GLOBAL_DEFAULT) != 0) {
        snprintf(error, error_size, "out of memory");
        free(s);
        return -1;
    }
    s->store.backend = &backend;
    s->epoll = -1;
    s->timer = VMTP_NEVER;
    snprintf(s->store.name, sizeof s->store.name, "%s", options->endpoints);
    if (add_endpoints(s, options->endpoints, error, error_size) != 0 ||
        etcd_login_open(&s->login, options, error, error_size) != 0 || set_up_curl(s, error, error_size) != 0) {
        etcd_close(&s->store);
        return -1;
    }
    *out = &s->store;
    return 0;
}
