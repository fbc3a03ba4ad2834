/* SPDX-License-Identifier: BSD-2-Clause */
/* All tables of cases, in the order in which they run: what others stand on comes first. */
#include "case.h"

extern const struct vc_case vc_header_cases[];

const struct vc_case *const vc_tables[] = {vc_header_cases, NULL};
