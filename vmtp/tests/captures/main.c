/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vmtp-captures - writes a capture of each feature of the protocol, and an index of them; for dissectors and people.
 *
 *   vmtp-captures FEATURES REQUIREMENTS DIRECTORY [NAME]
 *
 * FEATURES is features.tsv: name, feature, rules that it shows, and what must be found in the frames' descriptions, separated by ";".
 * It fails when a line has no scene, a scene no line, a rule does not exist, or something is not found.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "stage.h"

#define LINES 128
#define COLUMNS 4
#define WORDS 32

struct line {
    char *column[COLUMNS]; /* name, feature, rules, words */
    int used;
};

static struct line lines[LINES];
static unsigned line_count;
static char *rules; /* the whole of requirements.tsv */

static char *read_file(const char *path) {
    FILE *f = fopen(path, "rb");
    char *text = calloc(1, 4u << 20);
    if (!f || !text) {
        fprintf(stderr, "captures: cannot read %s\n", path);
        exit(2);
    }
    size_t n = fread(text, 1, (4u << 20) - 1, f);
    text[n] = 0;
    fclose(f);
    return text;
}

static void read_features(const char *path) {
    char *rest = read_file(path);
    strsep(&rest, "\n"); /* the names of the columns */
    for (char *text; (text = strsep(&rest, "\n")) != NULL && *text && line_count < LINES; line_count++)
        for (unsigned i = 0; i < COLUMNS; i++) {
            lines[line_count].column[i] = strsep(&text, "\t");
            if (!lines[line_count].column[i]) {
                fprintf(stderr, "captures: %s: line %u has too few columns\n", path, line_count + 2);
                exit(2);
            }
        }
}

static struct line *line_of(const char *name) {
    for (unsigned i = 0; i < line_count; i++)
        if (strcmp(lines[i].column[0], name) == 0)
            return &lines[i];
    return NULL;
}

/* Each is at the beginning of a line there. */
static int rules_exist(const char *list) {
    char copy[512], *rest = copy, key[64];
    snprintf(copy, sizeof copy, "%s", list);
    for (char *id; (id = strsep(&rest, " ")) != NULL;) {
        snprintf(key, sizeof key, "\n%s\t", id);
        if (!strstr(rules, key)) {
            fprintf(stderr, "captures: there is no rule %s\n", id);
            return 0;
        }
    }
    return 1;
}

/* 0: good. */
static int play(const struct scene *scene, const char *directory, FILE *index) {
    struct line *line = line_of(scene->name);
    char copy[1024], *rest = copy, *words[WORDS];
    int found[WORDS] = {0};
    unsigned count = 0;
    if (!line) {
        fprintf(stderr, "captures: %s is not in the list of features\n", scene->name);
        return 1;
    }
    line->used = 1;
    snprintf(copy, sizeof copy, "%s", line->column[3]);
    while (count < WORDS && (words[count] = strsep(&rest, ";")) != NULL)
        count++;
    unsigned frames = stage_play(scene, directory, words, found, count);
    int bad = !rules_exist(line->column[2]);
    for (unsigned i = 0; i < count; i++)
        if (!found[i]) {
            fprintf(stderr, "captures: %s does not show \"%s\"\n", scene->name, words[i]);
            bad = 1;
        }
    if (index)
        fprintf(index, "%s.pcapng\t%s\t%s\t%u\n", scene->name, line->column[1], line->column[2], frames);
    return bad;
}

int main(int argc, char **argv) {
    static const struct scene *const all[] = {scenes_basic,   scenes_notify,  scenes_manager,  scenes_groups,
                                              scenes_streams, scenes_forward, scenes_malformed};
    char path[1024];
    int bad = 0;
    if (argc < 4 || argc > 5) {
        fprintf(stderr, "usage: vmtp-captures FEATURES REQUIREMENTS DIRECTORY [NAME]\n");
        return 2;
    }
    read_features(argv[1]);
    rules = read_file(argv[2]);
    mkdir(argv[3], 0777);
    snprintf(path, sizeof path, "%s/index.tsv", argv[3]);
    FILE *index = argc == 4 ? fopen(path, "w") : NULL;
    if (argc == 4 && !index) {
        perror(path);
        return 2;
    }
    if (index)
        fprintf(index, "file\tfeature\trequirements\tframes\n");
    for (unsigned i = 0; i < sizeof all / sizeof all[0]; i++)
        for (const struct scene *s = all[i]; s->name; s++)
            if (argc == 4 || strcmp(argv[4], s->name) == 0)
                bad |= play(s, argv[3], index);
    for (unsigned i = 0; argc == 4 && i < line_count; i++)
        if (!lines[i].used) {
            fprintf(stderr, "captures: nobody plays %s\n", lines[i].column[0]);
            bad = 1;
        }
    if (index && fclose(index)) {
        perror(path);
        bad = 1;
    }
    return bad;
}
