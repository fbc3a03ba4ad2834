/* SPDX-License-Identifier: BSD-2-Clause */
/* oracle_internal.h - what the oracle remembers of a segment. */
#ifndef VC_ORACLE_INTERNAL_H
#define VC_ORACLE_INTERNAL_H

#include "oracle.h"

/* A message that was seen: a Request or a Response, by whomever. */
struct seen_message {
    uint64_t client, server;
    uint32_t transaction, code, words[7], control, delivery;
    uint32_t controls; /* all flags that any packet of it had */
    uint8_t function, priority, forward, retransmit, gap, multicast, apg;
    uint8_t mac[6];      /* who sent it last */
    uint8_t retransmits; /* bit n: a packet with RetransmitCount n came */
    uint32_t blocks;     /* sent so far in this transmission */
    uint8_t disturbed;   /* it was asked for again, so blocks may repeat */
    unsigned packets;
    vc_time last;
};

#define ORACLE_MESSAGES 1024u
#define ORACLE_CLIENTS 256u

/* A Client of a node that is judged. */
struct seen_client {
    uint64_t client;
    uint32_t transaction;
    uint8_t sti, notifier, other;
};

/* An instance of an object that a manager has made (oracle_objects.c). */
struct seen_instance {
    uint64_t manager, client;
    uint32_t number, attributes, block_size, max_transfer, transaction;
};
#define ORACLE_INSTANCES 1024u

struct vc_oracle {
    struct vc_oracle_options options;
    struct seen_message messages[ORACLE_MESSAGES]; /* a ring: what is oldest makes room */
    unsigned message_next;
    struct seen_client clients[ORACLE_CLIENTS];
    unsigned client_next;
    vc_time round_trip, now;                          /* now: when what is judged came */
    int logs;                                         /* APG may stand in first transmissions (section 13.10) */
    struct seen_instance instances[ORACLE_INSTANCES]; /* a ring */
    unsigned instance_next;
};

/* The rule holds (text NULL), or what was expected and seen. */
void vc_oracle_held(vc_oracle *o, const char *id);
void vc_oracle_broken(vc_oracle *o, const char *id, const char *expected, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* One of both. */
void vc_oracle_rule(vc_oracle *o, const char *id, int ok, const char *expected, const char *what, uint64_t seen);

/* The newest one of that kind; of several with different servers that of this one, if there is one (0: of whichever). */
struct seen_message *vc_oracle_find(vc_oracle *o, uint64_t client, uint32_t transaction, uint8_t function,
                                    uint64_t server);
int vc_oracle_multicast(const struct vc_packet *p);

/* One packet by itself (oracle_packet.c), as part of its transaction (oracle_message.c), and a Notify (there too). */
void vc_oracle_packet(vc_oracle *o, const struct vc_packet *p, enum vc_shape shape);
void vc_oracle_response(vc_oracle *o, const struct vc_packet *p);
void vc_oracle_request(vc_oracle *o, const struct vc_packet *p);
/* The same as messages of UIO (oracle_objects.c). */
void vc_oracle_objects_response(vc_oracle *o, const struct vc_packet *p, const struct seen_message *request);
void vc_oracle_objects_request(vc_oracle *o, const struct vc_packet *p);
struct seen_instance *vc_oracle_instance(vc_oracle *o, uint64_t manager, uint32_t number);
/* Of the naming protocol (oracle_names.c). */
void vc_oracle_names_request(vc_oracle *o, const struct vc_packet *p);
void vc_oracle_names_response(vc_oracle *o, const struct vc_packet *p, const struct seen_message *request);
void vc_oracle_notify(vc_oracle *o, const struct vc_packet *p, uint32_t operation);

#endif
