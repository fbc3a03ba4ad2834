/* SPDX-License-Identifier: BSD-2-Clause */
#define _GNU_SOURCE /* explicit_bzero */
#include "etcd_login.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

/* ---- what it is made of -------------------------------------------------------------------------------------------- */

static int copy(char **to, const char *text, char *error, size_t error_size) {
    if (!text)
        return 0;
    *to = strdup(text);
    if (!*to)
        snprintf(error, error_size, "out of memory");
    return *to ? 0 : -1;
}

static int copy_file(char **to, const char *file, char *error, size_t error_size) {
    if (file && access(file, R_OK) != 0) {
        snprintf(error, error_size, "%s: %s", file, strerror(errno));
        return -1;
    }
    return copy(to, file, error, error_size);
}

/* All addresses: what is secret goes nowhere else. */
static int is_https(const char *endpoints) {
    for (const char *at = endpoints; at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL)
        if (strncasecmp(at, "https://", 8) != 0)
            return 0;
    return 1;
}

static const char *contradiction(const struct vdir_etcd_options *o) {
    if (!o->user != !o->password)
        return "a user needs a password, and a password a user";
    if (o->key && !o->certificate)
        return "a key needs its certificate";
    if ((o->ca || o->certificate || o->user) && !is_https(o->endpoints))
        return "certificates and passwords need addresses that begin with https://";
    return NULL;
}

int etcd_login_open(struct etcd_login *login, const struct vdir_etcd_options *o, char *error, size_t error_size) {
    const char *why = contradiction(o);
    if (why) {
        snprintf(error, error_size, "%s", why);
        return -1;
    }
    if (copy_file(&login->ca, o->ca, error, error_size) ||
        copy_file(&login->certificate, o->certificate, error, error_size) ||
        copy_file(&login->key, o->key, error, error_size) || copy(&login->user, o->user, error, error_size) ||
        copy(&login->password, o->password, error, error_size))
        return -1;
    return 0;
}

static void forget(char *secret) {
    if (secret)
        explicit_bzero(secret, strlen(secret));
    free(secret);
}

void etcd_login_forget(struct etcd_login *login) {
    forget(login->token);
    login->token = NULL;
}

void etcd_login_close(struct etcd_login *login) {
    free(login->ca);
    free(login->certificate);
    free(login->key);
    free(login->user);
    forget(login->password);
    forget(login->token);
}

/* ---- connections --------------------------------------------------------------------------------------------------- */

void etcd_login_set_up(const struct etcd_login *login, CURL *easy) {
    if (login->ca)
        curl_easy_setopt(easy, CURLOPT_CAINFO, login->ca);
    if (!login->certificate)
        return;
    curl_easy_setopt(easy, CURLOPT_SSLCERT, login->certificate);
    curl_easy_setopt(easy, CURLOPT_SSLKEY, login->key ? login->key : login->certificate);
}

/* ---- the token ----------------------------------------------------------------------------------------------------- */

int etcd_login_is_due(const struct etcd_login *login) { return login->user && !login->token; }

char *etcd_login_request(const struct etcd_login *login) {
    json_t *request = json_pack("{s:s, s:s}", "name", login->user, "password", login->password);
    char *text = request ? json_dumps(request, JSON_COMPACT) : NULL;
    json_decref(request);
    return text;
}

/* It becomes part of a header. */
static int is_plain(const char *token) {
    for (const char *at = token; *at; at++)
        if (*at <= 32 || *at >= 127)
            return 0;
    return *token != 0;
}

int etcd_login_answer(struct etcd_login *login, const char *text, size_t size) {
    json_t *answer = json_loadb(text, size, 0, NULL);
    const char *token = json_string_value(json_object_get(answer, "token"));
    etcd_login_forget(login);
    if (token && is_plain(token))
        login->token = strdup(token);
    json_decref(answer);
    return login->token != NULL;
}

struct curl_slist *etcd_login_headers(const struct etcd_login *login) {
    /* "Expect:" alone: do not ask whether a body may follow. */
    static const char *const always[] = {"Content-Type: application/json", "Expect:"};
    struct curl_slist *list = NULL, *longer;
    char *line = NULL;
    for (unsigned i = 0; i < 2; i++, list = longer)
        if (!(longer = curl_slist_append(list, always[i])))
            goto failed;
    if (!login->token)
        return list;
    if (asprintf(&line, "Authorization: %s", login->token) < 0)
        goto failed;
    longer = curl_slist_append(list, line);
    forget(line);
    if (longer)
        return longer;
failed:
    curl_slist_free_all(list);
    return NULL;
}
