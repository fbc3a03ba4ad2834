/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vuio.h - instances of UIO: packet-vuio.c sees them made and read, objects.c remembers them and hands them out as files. */
#ifndef DISSECTOR_VUIO_H
#define DISSECTOR_VUIO_H

#include "words.h"

struct vuio_instance {
    uint64_t manager;
    uint32_t number, attributes, block_size, frame;
    const char *name; /* as it was opened, or NULL */
};

/* What one ReadInstance brought. */
struct vuio_read {
    const struct vuio_instance *instance;
    uint64_t block;
    uint32_t offset;
    tvbuff_t *data;
};

struct vuio_instance *vuio_find(uint64_t manager, uint32_t number);
/* words: of the Response to CreateInstance. */
void vuio_created(uint64_t manager, const uint32_t *words, const char *name, uint32_t frame);
/* Returns the tap to which reads are told. */
int vuio_objects_register(void);

#endif
