/* SPDX-License-Identifier: BSD-2-Clause */
/* etcd_login.h - how a store shows etcd who it is, and knows that it is etcd: certificates, a user with a password, and the token for it. */
#ifndef DIRECTORY_ETCD_LOGIN_H
#define DIRECTORY_ETCD_LOGIN_H

#include <curl/curl.h>

#include "store.h"

struct etcd_login {
    char *ca, *certificate, *key; /* files; NULL: the system's, none */
    char *user, *password, *token;
};

/* Copies what there is.  0, or -1 and one line in error: files that cannot be read, a password without a user, no https. */
int etcd_login_open(struct etcd_login *login, const struct vdir_etcd_options *options, char *error, size_t error_size);
void etcd_login_close(struct etcd_login *login);

/* What a connection needs. */
void etcd_login_set_up(const struct etcd_login *login, CURL *easy);
/* 1: a token has to be asked for before anything else. */
int etcd_login_is_due(const struct etcd_login *login);
/* Where and with what: free() the text, NULL: no memory. */
#define ETCD_LOGIN_PATH "/v3/auth/authenticate"
char *etcd_login_request(const struct etcd_login *login);
/* The answer (HTTP status 200): 1, and the token is kept, or 0. */
int etcd_login_answer(struct etcd_login *login, const char *text, size_t size);
/* etcd does not take it any more. */
void etcd_login_forget(struct etcd_login *login);
/* The headers of a Request, to be freed by curl_slist_free_all; NULL: no memory. */
struct curl_slist *etcd_login_headers(const struct etcd_login *login);

#endif
