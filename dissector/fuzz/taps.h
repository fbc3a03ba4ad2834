/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DISSECTOR_FUZZ_TAPS_H
#define DISSECTOR_FUZZ_TAPS_H

#include <epan/epan.h>

/* For one sequence of frames. */
void taps_open(void);
void taps_close(void);
/* After a frame, before what is known of it is reset. */
void taps_frame(epan_dissect_t *edt);

#endif
