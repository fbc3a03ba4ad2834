/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Inodes.  UIO knows objects by names, the kernel by numbers: a node is a number that the kernel has been told, with the names under which it was
 * found.  What has several names is one node if its manager gives the same number for them.
 */
#include "mount.h"

#include <stdlib.h>

/* ---- buckets ----------------------------------------------------------------------------------------------------- */

static uint32_t hash_of(uint64_t parent, const char *name, size_t length) {
    uint64_t h = parent * 0x9e3779b97f4a7c15u;
    for (size_t i = 0; i < length; i++)
        h = (h ^ (uint8_t)name[i]) * 0x100000001b3u;
    return (uint32_t)(h ^ h >> 32);
}

static struct mount_entry **find(struct mount *m, const struct mount_node *parent, const char *name) {
    const size_t length = strlen(name);
    const uint32_t hash = hash_of((uintptr_t)parent, name, length);
    struct mount_entry **at = &m->buckets[hash & (m->bucket_count - 1)];
    while (*at && ((*at)->hash != hash || (*at)->parent != parent || (*at)->length != length ||
                   memcmp((*at)->name, name, length) != 0))
        at = &(*at)->next;
    return at;
}

static void grow(struct mount *m) {
    const uint32_t count = m->bucket_count * 2;
    struct mount_entry **buckets = calloc(count, sizeof *buckets);
    if (!buckets)
        return; /* longer lists, then */
    for (uint32_t i = 0; i < m->bucket_count; i++) {
        struct mount_entry *next;
        for (struct mount_entry *e = m->buckets[i]; e; e = next) {
            next = e->next;
            e->next = buckets[e->hash & (count - 1)];
            buckets[e->hash & (count - 1)] = e;
        }
    }
    free(m->buckets);
    m->buckets = buckets;
    m->bucket_count = count;
}

int mount_nodes_open(struct mount *m) {
    m->bucket_count = 1024;
    m->buckets = calloc(m->bucket_count, sizeof *m->buckets);
    m->root = calloc(1, sizeof *m->root);
    if (!m->buckets || !m->root)
        return -1;
    m->to_release_last = &m->to_release;
    m->root->refs = 1;
    m->root->inode = 1;
    m->root->type = UIO_TYPE_CONTEXT;
    return 0;
}

/* ---- entries ----------------------------------------------------------------------------------------------------- */

static struct mount_node **place_of(struct mount *m, uint64_t number) {
    return &m->counted[(number * 0x9e3779b97f4a7c15u) >> 32 & (MOUNT_COUNTED - 1)];
}

static struct mount_node **find_counted(struct mount *m, uint64_t number, vmtp_entity manager, uint16_t type) {
    struct mount_node **at = place_of(m, number);
    while (*at && ((*at)->number != number || (*at)->manager != manager || (*at)->type != type))
        at = &(*at)->next_counted;
    return at;
}

static void no_more_counted(struct mount *m, struct mount_node *node) {
    struct mount_node **at = place_of(m, node->number);
    while (node->counted && *at != node)
        at = &(*at)->next_counted;
    if (node->counted)
        *at = node->next_counted;
    node->counted = 0;
}

/* Takes *at out of its bucket and off its node, without freeing it. */
static struct mount_entry *take_out(struct mount *m, struct mount_entry **at) {
    struct mount_entry *e = *at, **of_node = &e->node->entries;
    *at = e->next;
    while (*of_node != e)
        of_node = &(*of_node)->next_of_node;
    *of_node = e->next_of_node;
    m->entry_count--;
    if (!e->node->entries) /* the number may come back for another object */
        no_more_counted(m, e->node);
    return e;
}

static void put_in(struct mount *m, struct mount_entry *e) {
    struct mount_entry **at = &m->buckets[e->hash & (m->bucket_count - 1)];
    e->next = *at;
    *at = e;
    e->next_of_node = e->node->entries;
    e->node->entries = e;
    if (++m->entry_count > m->bucket_count)
        grow(m);
}

static void drop(struct mount *m, struct mount_entry **at) {
    struct mount_entry *e = take_out(m, at);
    struct mount_node *parent = e->parent;
    free(e);
    mount_node_unref(m, parent);
}

static int bind(struct mount *m, struct mount_node *parent, const char *name, struct mount_node *node) {
    const size_t length = strlen(name);
    struct mount_entry *e = malloc(sizeof *e + length + 1);
    if (!e)
        return -1;
    e->parent = mount_node_ref(parent);
    e->node = node;
    e->length = length;
    e->hash = hash_of((uintptr_t)parent, name, length);
    memcpy(e->name, name, length + 1);
    put_in(m, e);
    return 0;
}

/* ---- nodes ------------------------------------------------------------------------------------------------------- */

struct mount_node *mount_node_of(struct mount *m, fuse_ino_t number) {
    return number == FUSE_ROOT_ID ? m->root : (struct mount_node *)(uintptr_t)number;
}

fuse_ino_t mount_number_of(const struct mount *m, const struct mount_node *node) {
    return node == m->root ? FUSE_ROOT_ID : (fuse_ino_t)(uintptr_t)node;
}

struct mount_node *mount_node_ref(struct mount_node *node) {
    node->refs++;
    return node;
}

void mount_node_unref(struct mount *m, struct mount_node *node) {
    if (!node || --node->refs || node == m->root)
        return;
    while (node->entries)
        drop(m, find(m, node->entries->parent, node->entries->name));
    no_more_counted(m, node);
    *(node->previous ? &node->previous->next : &m->nodes) = node->next;
    if (node->next)
        node->next->previous = node->previous;
    free(node);
}

void mount_node_told(struct mount_node *node) {
    if (!node->lookups++)
        node->refs++;
}

void mount_node_forget(struct mount *m, struct mount_node *node, uint64_t lookups) {
    if (node == m->root || !node->lookups)
        return;
    node->lookups -= lookups < node->lookups ? lookups : node->lookups;
    if (!node->lookups)
        mount_node_unref(m, node);
}

int mount_node_is(const struct mount_node *node, const struct uio_object *object) {
    return node->number == object->number && node->type == object->type;
}

/* What its manager has no number for gets one of its name (UIO-3.1-05). */
uint64_t mount_inode(const struct mount_node *parent, const char *name, const struct uio_object *object) {
    if (object->number)
        return object->number;
    return ((uint64_t)hash_of(parent->inode, name, strlen(name)) << 20) + object->type + 2;
}

struct mount_node *mount_node_known(struct mount *m, const struct mount_node *parent, const char *name) {
    const struct mount_entry *e = *find(m, parent, name);
    return e ? e->node : NULL;
}

static struct mount_node *new_node(struct mount *m, const struct uio_object *object, vmtp_entity manager) {
    struct mount_node *node = calloc(1, sizeof *node);
    if (!node)
        return NULL;
    node->number = object->number;
    node->type = object->type;
    node->manager = manager;
    node->refs = 1;
    node->next = m->nodes;
    if (node->next)
        node->next->previous = node;
    m->nodes = node;
    return node;
}

/* Another name of what is known already, or something new. */
static struct mount_node *node_for(struct mount *m, const struct uio_object *object, vmtp_entity manager, uint64_t inode) {
    struct mount_node **at = find_counted(m, object->number, manager, object->type), *node = *at;
    if (node && object->names > 1)
        return mount_node_ref(node);
    node = new_node(m, object, manager);
    if (node)
        node->inode = inode;
    if (!node || object->type == UIO_TYPE_CONTEXT) /* which has one name only */
        return node;
    at = place_of(m, object->number);
    node->counted = 1;
    node->next_counted = *at;
    *at = node;
    return node;
}

struct mount_node *mount_node_at(struct mount *m, struct mount_node *parent, const char *name,
                                 const struct uio_object *object, vmtp_entity manager) {
    struct mount_entry **at = find(m, parent, name);
    if (*at && mount_node_is((*at)->node, object)) {
        (*at)->node->manager = manager;
        return mount_node_ref((*at)->node);
    }
    if (*at)
        drop(m, at);
    struct mount_node *node = node_for(m, object, manager, mount_inode(parent, name, object));
    if (node && bind(m, parent, name, node) < 0) {
        mount_node_unref(m, node);
        return NULL;
    }
    return node;
}

/* ---- changes of names -------------------------------------------------------------------------------------------- */

void mount_name_gone(struct mount *m, struct mount_node *parent, const char *name) {
    struct mount_entry **at = find(m, parent, name);
    if (*at)
        drop(m, at);
}

void mount_name_moved(struct mount *m, struct mount_node *parent, const char *name, struct mount_node *new_parent,
                      const char *new_name) {
    struct mount_node *node = mount_node_known(m, parent, name), *other = mount_node_known(m, new_parent, new_name);
    if (node && node == other)
        return; /* two names of one object: nothing happens */
    if (other)
        mount_name_gone(m, new_parent, new_name);
    if (!node)
        return;
    mount_node_ref(node);
    (void)!bind(m, new_parent, new_name, node); /* without memory it is looked up again */
    mount_name_gone(m, parent, name);
    mount_node_unref(m, node);
}

void mount_names_exchanged(struct mount *m, struct mount_node *parent, const char *name, struct mount_node *new_parent,
                           const char *new_name) {
    struct mount_node *one = mount_node_known(m, parent, name), *two = mount_node_known(m, new_parent, new_name);
    if (one)
        mount_node_ref(one);
    if (two)
        mount_node_ref(two);
    mount_name_gone(m, parent, name);
    mount_name_gone(m, new_parent, new_name);
    if (one)
        (void)!bind(m, new_parent, new_name, one); /* without memory they are looked up again */
    if (two)
        (void)!bind(m, parent, name, two);
    mount_node_unref(m, one);
    mount_node_unref(m, two);
}

/* ---- names of UIO ------------------------------------------------------------------------------------------------ */

/* Writes it from its end on: where it begins, or ENAMETOOLONG, ESTALE as numbers below 0. */
static int write_up(const struct mount *m, char *path, int at, const struct mount_node *node) {
    while (node != m->root) {
        const struct mount_entry *e = node->entries;
        if (!e)
            return -ESTALE;
        if ((size_t)at < e->length + 1 + m->root_length)
            return -ENAMETOOLONG;
        at -= (int)e->length;
        memcpy(path + at, e->name, e->length);
        path[--at] = '/';
        node = e->parent;
    }
    return at;
}

int mount_path(const struct mount *m, char path[MOUNT_PATH], const struct mount_node *node, const char *name) {
    int at = (int)VNAME_NAME_OCTETS;
    const size_t length = name ? strlen(name) : 0;
    if (name && (length > UIO_COMPONENT_OCTETS || length + 1 + m->root_length > (size_t)at))
        return -ENAMETOOLONG;
    if (name && !vname_is_utf8(name, length))
        return -EILSEQ;
    if (name) {
        at -= (int)length;
        memcpy(path + at, name, length);
        path[--at] = '/';
    }
    at = write_up(m, path, at, node);
    if (at < 0)
        return at;
    at -= (int)m->root_length;
    memcpy(path + at, m->root_name, m->root_length);
    memmove(path, path + at, VNAME_NAME_OCTETS - (size_t)at);
    path[VNAME_NAME_OCTETS - (uint32_t)at] = 0;
    return (int)VNAME_NAME_OCTETS - at;
}

/* ---- the end ----------------------------------------------------------------------------------------------------- */

/* With all that belongs to it; nothing is under way any more. */
static void free_node(struct mount_node *node) {
    mount_lockers_free(node);
    mount_behind_free(node);
    while (node->handles) {
        struct mount_handle *handle = node->handles;
        node->handles = handle->next;
        mount_ahead_free(handle);
        mount_list_free(handle);
        mount_stream_free(handle);
        free(handle);
    }
    free(node);
}

void mount_nodes_close(struct mount *m) {
    for (uint32_t i = 0; m->buckets && i < m->bucket_count; i++)
        while (m->buckets[i]) {
            struct mount_entry *e = m->buckets[i];
            m->buckets[i] = e->next;
            free(e);
        }
    free(m->buckets);
    while (m->nodes) {
        struct mount_node *node = m->nodes;
        m->nodes = node->next;
        free_node(node);
    }
    if (m->root)
        free_node(m->root);
}
