/* SPDX-License-Identifier: BSD-2-Clause */
/* test_objects.h - the service as a client of UIO, section 4.19 of spec/testing.md: test_objects.c, and test_objects_set.c for replicas. */
#ifndef VSUITE_TEST_OBJECTS_H
#define VSUITE_TEST_OBJECTS_H

#include "test_names.h"

#include <vuio/client.h>
#include <vuio/replicas.h>

#define VTEST_HANDLES 4u
#define VTEST_READ_MOST 16384u

enum vtest_object_flag { VTEST_LARGE = 1, VTEST_REBIND = 2, VTEST_OBJECT_ALL = 3 };
enum vtest_set { VTEST_SET_FORGET, VTEST_SET_CREATE, VTEST_SET_WRITE, VTEST_SET_GIVE_UP, VTEST_SET_RELEASE };

struct vtest_handle {
    struct vtest_objects *objects;
    struct vtest_slot *slot; /* NULL: nothing is outstanding */
    struct uio_handle handle;
    struct uio_named named, again;
    struct uio_call call;
    uint32_t code, wanted, done, flags, offset;
    uint64_t block;
    char name[VNAME_NAME_OCTETS + 1], new_name[VNAME_NAME_OCTETS + 1], again_name[VNAME_NAME_OCTETS + 1];
    uint8_t room[UIO_LARGE_ROOM], again_room[UIO_LARGE_ROOM];
    uint8_t area[UIO_INSTANCE_OCTETS];
};

struct vtest_objects {
    struct vtest_names *names;
    struct uio_client client;
    struct vtest_handle handles[VTEST_HANDLES];
    struct uio_replicas set;
    struct vtest_slot *set_slot;
    char set_name[VNAME_NAME_OCTETS + 1];
};

/* Made when it is first asked for; NULL: no memory, or no entity. */
struct vtest_objects *vtest_objects_of(vtest_service *s);
void vtest_objects_later(struct vtest_work *w);
void vtest_objects_answer(struct vtest_objects *o, struct vtest_slot *slot, const struct vmtp_message *answer,
                          const void *segment, uint32_t size);

#endif
