/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What differs between Wireshark 4.0 and 4.6 is said here and nowhere else. */
#ifndef DISSECTOR_COMPAT_H
#define DISSECTOR_COMPAT_H

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <ws_version.h>
#include <glib.h>
#include <epan/packet.h>
#include <epan/tfs.h>

#define WIRESHARK_AT_LEAST(major, minor)                                                                               \
    (WIRESHARK_VERSION_MAJOR > (major) || (WIRESHARK_VERSION_MAJOR == (major) && WIRESHARK_VERSION_MINOR >= (minor)))

/* Booleans of callbacks, preferences and heuristics: 4.4 has those of C. */
#if WIRESHARK_AT_LEAST(4, 4)
typedef bool compat_bool;
#else
typedef gboolean compat_bool;
#endif

#if WIRESHARK_AT_LEAST(4, 4)
#define compat_octet tvb_get_uint8
#define compat_find_octet tvb_find_uint8
#else
#define compat_octet tvb_get_guint8
#define compat_find_octet tvb_find_guint8
#endif

/* Conversation filters are told what was registered with them since 4.2. */
#if WIRESHARK_AT_LEAST(4, 2)
#define COMPAT_USER_DATA , void *user_data _U_
#define COMPAT_NO_USER_DATA , NULL
#else
#define COMPAT_USER_DATA
#define COMPAT_NO_USER_DATA
#endif

#if WIRESHARK_AT_LEAST(4, 4)
#define compat_heuristics(name, description, proto)                                                                    \
    register_heur_dissector_list_with_description((name), (description), (proto))
#else
#define compat_heuristics(name, description, proto) register_heur_dissector_list((name), (proto))
#endif

/* Followers tell how many streams there are since 4.2. */
#if WIRESHARK_AT_LEAST(4, 2)
#define COMPAT_REGISTER_FOLLOW(...) register_follow_stream(__VA_ARGS__, statistics_streams, NULL)
#else
#define COMPAT_REGISTER_FOLLOW(...) register_follow_stream(__VA_ARGS__)
#endif

/* Levels of a menu are separated by more since 4.2. */
#if WIRESHARK_AT_LEAST(4, 2)
#define COMPAT_MENU "//"
#else
#define COMPAT_MENU "/"
#endif

#if WIRESHARK_AT_LEAST(4, 6)
#define compat_try_uint dissector_try_uint_with_data
#else
#define compat_try_uint dissector_try_uint_new
#endif

#endif
