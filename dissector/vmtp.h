/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vmtp.h - what the parts of the plugin know of each other.
 *
 *   packet-vmtp.c  registration, and the way of a packet through all of the following
 *   header.c       the 64 octets of the header, as a tree
 *   check.c        what contradicts the specification in one packet
 *   checksum.c     its sum
 *   entity.c       identifiers as text, as addresses, and their names
 *   values.c       words for numbers, from spec/registry.tsv
 *   words.c        parameters in the words of a message, from tables, as a tree and in Info
 *   track.c        transactions: which packets belong together
 *   collect.c      segments of several packets and messages of several packet groups
 *   story.c        what track.c and collect.c know, as items of a packet
 *   notify.c       Notify operations and the packets that they speak of
 *   manage.c       management procedures
 *   packet-v*.c    protocols above
 *   statistics.c   taps, and what Wireshark counts, follows and finds by them
 *   objects.c      instances of UIO, and what was read of them as files
 */
#ifndef DISSECTOR_VMTP_H
#define DISSECTOR_VMTP_H

#include "compat.h"

#include <epan/expert.h>
#include <epan/proto_data.h>
#include <epan/tap.h>

#include "registry-tables.h"

#define VMTP_HEADER_OCTETS 64
#define VMTP_CHECKSUM_OCTETS 4
#define VMTP_BLOCK_OCTETS 512u
#define VMTP_GROUP_OCTETS 16384u
#define VMTP_MESSAGE_OCTETS 4194304u
#define VMTP_WORDS 7 /* behind the Code */

extern int proto_vmtp, proto_vnaming, proto_vuio, proto_vtest, proto_vipc;
extern expert_module_t *vmtp_experts;

/* ---- one packet --------------------------------------------------------------------------------------------- */

struct vmtp_packet {
    tvbuff_t *tvb; /* from the first octet of the header */
    uint64_t client, server;
    uint32_t head; /* the word at octet 8 */
    uint32_t control;
    uint32_t transaction, delivery;
    uint32_t code; /* with its flags */
    uint32_t words[VMTP_WORDS];
    uint32_t octets;      /* of the packet, by what the layer below says */
    uint32_t data_octets; /* between header and checksum */
    bool whole;           /* all of it was captured */
    bool sound;           /* nothing in it contradicts itself: it is worth to be remembered */
    bool to_group;        /* by MPG or by the Ethernet address */
};

#define PACKET_RESPONSE(p) (((p)->control & 1) != 0)
#define PACKET_RETRANSMIT(p) (((p)->control >> 20) & 7)
#define PACKET_FORWARD(p) (((p)->control >> 16) & 15)
#define PACKET_PGCOUNT(p) (((p)->control >> 8) & 255)
#define PACKET_LENGTH(p) ((p)->head & 0x1FFF)
#define PACKET_CODE(p) ((uint32_t)((p)->code & VMTP_CODE_MASK))
#define PACKET_HAS_SEGMENT(p) (((p)->code & VMTP_SDA) != 0)
#define PACKET_IN_RUN(p) (((p)->control & (VMTP_NSR | VMTP_NER | VMTP_CMG)) != 0)

/* Octets of the whole message's segment, and of the part that this packet group carries. */
uint32_t packet_segment_size(const struct vmtp_packet *p);
uint32_t packet_group_size(const struct vmtp_packet *p);
/* Octets that the blocks of mask have in a packet group of size octets. */
uint32_t blocks_octets(uint32_t mask, uint32_t size);
uint32_t blocks_of(uint32_t size);
/* "0-3,7", or "none". */
char *blocks_text(wmem_allocator_t *scope, uint32_t mask);
proto_item *blocks_item(proto_tree *tree, int field, tvbuff_t *tvb, int offset, packet_info *pinfo);

/* ---- header.c ----------------------------------------------------------------------------------------------- */

/* Items of the tree to which something may be remarked. */
struct vmtp_items {
    proto_item *top, *version, *domain, *packet_flags, *length, *control, *reserved, *delivery, *client, *server, *code;
    proto_item *segment_size, *msg_delivery, *checksum;
};

void header_register(void);
/* Fills items as far as the octets go: what is cut off ends it by an exception. */
void header_tree(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, struct vmtp_items *items);
void packet_parse(struct vmtp_packet *p, tvbuff_t *tvb, packet_info *pinfo);

/* ---- check.c, checksum.c -------------------------------------------------------------------------------------- */

void check_register(void);
/* Remarks on what is wrong, and tells whether the packet is sound. */
bool check_packet(const struct vmtp_packet *p, packet_info *pinfo, const struct vmtp_items *items);
/* Remarks that a rule was broken, with its sentence, as vmtp.rule too. */
void rule_broken(packet_info *pinfo, proto_item *item, expert_field *field, const char *rule);

void checksum_register(void);
void checksum_preferences(struct pref_module *module);
/* Adds the trailer.  false: the sum is there and wrong. */
bool checksum_tree(const struct vmtp_packet *p, packet_info *pinfo, proto_tree *tree);

/* ---- entity.c ------------------------------------------------------------------------------------------------- */

void entity_register(void);
/* "0123-4567-89ab-cdef", with its names behind it, well-known or learned by then. */
char *entity_text(wmem_allocator_t *scope, uint64_t entity, uint32_t frame);
/* For a column: all names that it has in the capture, or the identifier. */
char *entity_label(wmem_allocator_t *scope, uint64_t entity);
void entity_learn(uint64_t entity, const char *name, uint32_t frame);
proto_item *entity_item(proto_tree *tree, int field, tvbuff_t *tvb, int offset, packet_info *pinfo);
void entity_addresses(packet_info *pinfo, uint64_t source, uint64_t destination, address *from, address *to);
void entity_columns(packet_info *pinfo, uint64_t source, uint64_t destination);
/* Hidden items that find an entity wherever it stands. */
void entity_tree(proto_tree *tree, tvbuff_t *tvb, bool response);

/* ---- values.c ------------------------------------------------------------------------------------------------- */

extern const value_string response_codes[], request_codes[], functions[], priorities[], name_reasons[],
    name_back_ends[], test_entities[], test_outcomes[], test_changes[], test_states[], test_events[], uio_types[],
    uio_locks[], uio_controls[];
/* For a column: control characters are dots. */
const char *printable(wmem_allocator_t *scope, const char *text);
const char *request_code_text(wmem_allocator_t *scope, uint32_t code);
const char *response_code_text(wmem_allocator_t *scope, uint32_t code);

/* Records of one segment that are shown: Wireshark takes a tree of a million items for a bug. */
#define LIST_LIMIT 4096

/* ---- track.c: what the packets so far have told --------------------------------------------------------------- */

#define SEARCH_LIMIT 512 /* packets of one group that are searched for one of them */

enum verdict { VERDICT_FIRST, VERDICT_AGAIN, VERDICT_COPY, VERDICT_ASKS, VERDICT_ALIEN };

/* A packet of a packet group. */
struct vmtp_piece {
    struct vmtp_piece *next;
    uint32_t frame, mask;
    uint8_t retransmit;
    uint64_t print;  /* a number for the header, the checksum and the pair of Ethernet addresses */
    uint8_t *octets; /* of the blocks that were new, until the group is whole */
    uint32_t taken;  /* those blocks */
};

/* A packet group: what was sent of one message, or of one part of it. */
struct vmtp_group {
    struct vmtp_piece *first, *last;
    uint32_t packets;
    uint32_t frame;
    nstime_t time;
    uint32_t segment_size; /* octets of the whole message's segment */
    bool part;             /* of a message of several groups, though message may not be known */
    uint32_t transaction;  /* of a part of a Response */
    struct vmtp_group *next_part;
    uint32_t size;           /* octets that it has of it */
    uint32_t expected, have; /* blocks */
    uint32_t done_frame;     /* 0: not whole */
    uint32_t asked, asked_frame;
    uint8_t retransmit; /* of an idempotent Response: which one is being collected */
    uint8_t *segment;   /* when whole */
    struct vmtp_message *message;
    uint32_t index; /* in it */
};

/* A message of several packet groups. */
struct vmtp_message {
    uint32_t first_transaction, count, size, whole;
    struct vmtp_group **groups;
    uint32_t frame, done_frame;
    nstime_t time;
    uint8_t *segment;
    struct vmtp_answer *answer; /* a Response's */
    struct vmtp_call *call;     /* a Request's: of its last group; a Response's: what it answers */
};

/* What one server sent as its Response. */
struct vmtp_answer {
    struct vmtp_answer *next;
    uint64_t server;
    uint32_t server_row; /* in statistics */
    uint32_t frame, code, forward;
    nstime_t time;
    struct vmtp_group *group; /* the last, if it was made anew with another size */
    struct vmtp_group *parts; /* or those of its message */
    uint32_t part_count;
    struct vmtp_message *message;
    uint32_t pgcount;
};

/* The Request on its way from server to server: [0] as the Client sent it. */
struct vmtp_hop {
    struct vmtp_hop *next;
    uint32_t forward, frame;
    uint64_t server;
    uint32_t code;
    struct vmtp_group group;
};

struct vmtp_notice {
    struct vmtp_notice *next;
    uint32_t frame, code, missing;
    uint32_t about; /* the frame that it speaks of */
};

struct vmtp_client {
    uint64_t entity;
    uint32_t number; /* counted from 0, for those who follow it */
    struct vmtp_call *newest;
    struct vmtp_message *messages[2]; /* the last of several groups: Request, Response */
};

/* A message transaction. */
struct vmtp_call {
    struct vmtp_call *older; /* of the same Client and Transaction */
    uint64_t client, server;
    uint32_t transaction, code, words[VMTP_WORDS];
    uint32_t number;            /* of transactions, from 1 */
    uint32_t operation_row;     /* in statistics */
    uint32_t frame, last_frame; /* 0: the Request was not seen */
    nstime_t time, last_time;
    nstime_t sent[8]; /* by RetransmitCount */
    uint8_t sent_mask;
    bool multicast;
    struct vmtp_hop *hops;
    struct vmtp_answer *answers, *last_answer;
    uint32_t answer_count;
    struct vmtp_notice *notices, *last_notice;
    uint32_t notice_count;
    uint32_t covered_frame;         /* the Response of a later Request stands for it */
    uint32_t ended_frame, end_code; /* by a Notify */
    uint32_t run_frame, run_position;
    bool waits;          /* what its run began with was not seen so far */
    uint32_t next_frame; /* the Client's next Request that is not of the same run */
    struct vmtp_client *owner;
    const char *name; /* that an operation by name takes */
};

/* What became known of one packet when it was seen first. */
struct vmtp_seen {
    struct vmtp_call *call;
    struct vmtp_hop *hop;
    struct vmtp_answer *answer;
    struct vmtp_group *group;
    enum verdict verdict;
    uint32_t earlier;    /* the frame that this one repeats */
    uint32_t asked;      /* the Notify that asked for it */
    bool completes;      /* its packet group */
    bool finishes;       /* its message of several packet groups */
    bool late, extra;    /* a Response: after its Client went on; besides the one wanted */
    uint32_t late_frame; /* where the Client went on */
    bool since_known;
    nstime_t since;            /* a Response: from the transmission that its RetransmitCount names */
    uint32_t *covered, covers; /* a Response: earlier Requests for which it stands */
    /* Notify operations */
    struct vmtp_call *about;
    uint32_t about_frame, missing;
};

void track_register(void);
/* The first time a packet is seen it changes what is known; later the same is told again.  NULL: nothing is kept of it. */
struct vmtp_seen *track_packet(const struct vmtp_packet *p, packet_info *pinfo);
struct vmtp_call *track_find(uint64_t client, uint32_t transaction, uint64_t station);
struct vmtp_group *track_part(const struct vmtp_answer *answer, uint32_t transaction); /* NULL: has not come */
struct vmtp_answer *track_answer(const struct vmtp_call *call, uint64_t server); /* NULL: that server has not answered */
bool code_is_notify(uint32_t code);
uint32_t track_clients(void); /* how many there are */

/* collect.c */
enum verdict collect(struct vmtp_group *group, const struct vmtp_packet *p, packet_info *pinfo, struct vmtp_seen *seen);
/* The segment as far as this frame completes it, else NULL.  whole: of the message, not only of a part. */
tvbuff_t *collect_segment(const struct vmtp_packet *p, packet_info *pinfo, const struct vmtp_seen *seen);

/* story.c */
void story_register(void);
void story_tree(const struct vmtp_packet *p, packet_info *pinfo, proto_tree *tree, const struct vmtp_seen *seen,
                tvbuff_t *segment);
void story_time(packet_info *pinfo); /* remembers when the capture ends */
/* For Info: what went wrong; which part of a segment this is, and where that is whole; where the other half is. */
const char *story_marks(const struct vmtp_packet *p, packet_info *pinfo, const struct vmtp_seen *seen);
void story_part(wmem_strbuf_t *text, const struct vmtp_packet *p, packet_info *pinfo, const struct vmtp_seen *seen);
void story_other_half(wmem_strbuf_t *text, const struct vmtp_packet *p, packet_info *pinfo, const struct vmtp_seen *seen);
/* Whether this is the first packet of its message. */
bool story_begins(packet_info *pinfo, const struct vmtp_seen *seen);

/* notify.c */
void notify_track(const struct vmtp_packet *p, packet_info *pinfo, struct vmtp_seen *seen);

#define CODE_UNKNOWN UINT32_MAX /* of a Response whose Request was not seen */

/* What a dissector above gets as data; its tvb is the segment, empty unless this frame completes it. */
struct vmtp_info {
    const struct vmtp_packet *packet;
    const struct vmtp_seen *seen;
    uint32_t code; /* RequestCode, in Responses too, but for CODE_UNKNOWN */
    bool response, complete;
    proto_tree *top; /* of VMTP */
};

void manage_register(void);
/* The parameters of a management procedure, into the tree of VMTP. */
void manage_message(const struct vmtp_info *info, tvbuff_t *segment, packet_info *pinfo);

/* statistics.c */
void statistics_register(void);
void statistics_handoff(void);
void statistics_packet(const struct vmtp_packet *p, packet_info *pinfo, const struct vmtp_seen *seen);
void statistics_segment(packet_info *pinfo, tvbuff_t *segment);
uint32_t statistics_streams(void);

/* packet-vmtp.c: what a message is, such as "ReadInstance Request". */
const char *message_head(const struct vmtp_packet *p, uint32_t code, wmem_allocator_t *scope);

/* packet-vnaming.c */
/* The parameters of an operation by name (spec/naming.md section 6.1).  Returns where in the segment the operation goes on. */
int by_name_tree(const struct vmtp_info *info, tvbuff_t *segment, packet_info *pinfo, proto_tree *tree);
/* What comes with NAME_MOVED, NAME_ALIAS and NAME_HELD; false: not one of these. */
bool naming_refusal(const struct vmtp_info *info, tvbuff_t *segment, packet_info *pinfo, proto_tree *tree);
/* Records, one behind the other. */
void naming_records(tvbuff_t *segment, packet_info *pinfo, proto_tree *tree);
void proto_register_vnaming(void);
void proto_reg_handoff_vnaming(void);
void proto_register_vuio(void);
void proto_reg_handoff_vuio(void);
void proto_register_vtest(void);
void proto_reg_handoff_vtest(void);
void proto_register_vipc(void);
void proto_reg_handoff_vipc(void);

/* ---- plugin-wide -------------------------------------------------------------------------------------------------- */

/* Registers fields and subtrees of a protocol. */
#define REGISTER_FIELDS(proto, fields) proto_register_field_array((proto), (fields), G_N_ELEMENTS(fields))

void proto_register_vmtp(void);
void proto_reg_handoff_vmtp(void);

#endif
