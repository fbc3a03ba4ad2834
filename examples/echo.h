/* SPDX-License-Identifier: BSD-2-Clause */
/* What client.c, server.c and the loops agree on: a service that returns the segment it was sent. */
#ifndef ECHO_H
#define ECHO_H

/* A strictly stable entity identifier: chosen once, by a person, for one server on the segment. */
#define ECHO_SERVER 0x00000000EC400100u
/* Its only Code.  Codes without PIC are a server's own. */
#define ECHO_TEXT 1u

#endif
