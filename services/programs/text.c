/* SPDX-License-Identifier: BSD-2-Clause */
/* A program in lines. */
#include "internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <vmtp/wire.h>

void programs_line(struct programs_text *text, const char *word, const char *format, ...) {
    char line[PROGRAMS_TEXT];
    va_list arguments;
    const int head = snprintf(line, sizeof line, "%s: ", word);
    if (head < 0 || (size_t)head >= sizeof line) {
        text->programs->counters.lines_left_out++;
        return;
    }
    va_start(arguments, format);
    const int tail = vsnprintf(line + head, sizeof line - (size_t)head, format, arguments);
    va_end(arguments);
    const size_t length = (size_t)head + (tail > 0 ? (size_t)tail : 0);
    if (tail < 0 || length >= sizeof text->octets - text->length) {
        text->programs->counters.lines_left_out++;
        return;
    }
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)line[i] < 32)
            line[i] = '?';
    memcpy(text->octets + text->length, line, length);
    text->length += (uint32_t)length;
    text->octets[text->length++] = '\n';
}

void programs_write(struct programs_text *text, struct program *p) {
    char entity[VMTP_ENTITY_TEXT];
    text->programs = p->programs;
    text->length = 0;
    programs_line(text, "entity", "%s", vmtp_entity_format(entity, p->entity));
    programs_line(text, "name", "%s", p->name);
    const vmtp_time running = vipc_now(uio_manager_ipc(p->programs->manager)) - p->since;
    programs_line(text, "running", "%llu", (unsigned long long)(running / VMTP_SECOND));
    if (p->describe)
        p->describe(p, text);
}
