/* SPDX-License-Identifier: BSD-2-Clause */
/* What v_page_server.c and v_pages.c agree on. */
#ifndef V_PAGES_H
#define V_PAGES_H

/* The logical id of the page server: whoever has it on the segment. */
#define PAGE_SERVER 17u
#define PAGE 1024u

/* Codes, with their words and access; the reply's code is 0 or NO_PAGE. */
#define READ_PAGE 1u  /* [0] page; V_WRITE to a page.    Reply: [0] octets of it, with the reply itself */
#define WRITE_PAGE 2u /* [0] page; V_READ to its octets, which come with the message */
#define LOAD 3u       /* V_WRITE to room for the file.   Reply: [0] octets, [1] of how many */
#define NO_PAGE 0x800001u

#endif
