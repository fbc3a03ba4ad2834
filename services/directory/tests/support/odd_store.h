/* SPDX-License-Identifier: BSD-2-Clause */
/* odd_store.h - a store that passes on to another one, and does what networks and clusters do. */
#ifndef DIRECTORY_TESTS_ODD_STORE_H
#define DIRECTORY_TESTS_ODD_STORE_H

#include "directory/backend.h"

enum odd_mode {
    ODD_NOT,          /* as the other */
    ODD_DOWN,         /* VDIR_NOT_NOW */
    ODD_HOLD,         /* nothing, until odd_release */
    ODD_LOSE_REQUEST, /* writes: VDIR_UNSURE, and not done */
    ODD_LOSE_ANSWER,  /* writes: VDIR_UNSURE, but done */
    ODD_TWICE         /* writes: VDIR_CHANGED, and it was this write that has changed it */
};

struct odd_store {
    vdir_store store;
    vdir_store *inner;
    enum odd_mode mode;
    unsigned times; /* how many writes are to go wrong; then as the other */
    unsigned held;
};

struct odd_store *odd_wrap(vdir_store *inner); /* which is closed with it */
/* What is held is done now. */
void odd_release(struct odd_store *odd);

#endif
