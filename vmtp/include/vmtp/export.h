/* SPDX-License-Identifier: BSD-2-Clause */
/* vmtp/export.h - marks the functions a shared library shows; everything else is hidden. */
#ifndef VMTP_EXPORT_H
#define VMTP_EXPORT_H

#if defined(__GNUC__)
#define VMTP_API __attribute__((visibility("default")))
#else
#define VMTP_API
#endif

#endif
