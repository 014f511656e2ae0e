/* What arrived. Each message bears its sender and number; each line must get each number of each sender in its room once
   and in its order, none of another room's, and all lines of a room the same order of all senders. Times go from the sending to the delivery at one line. */

#include "client.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STEPS = 32, BUCKETS = 40 * STEPS }; /* of times: 32 steps to each doubling, from a microsecond on */

struct message {
    double sent;
    int missing; /* lines that do not have it yet */
};

struct sender {
    struct message *messages;
    uint32_t count, capacity, acknowledged;
};

static struct sender *senders;
static long outstanding; /* deliveries, and with --acks acknowledgements, that are still to come */
static long counts[BUCKETS], counted;
static int *listeners; /* in each room */

void judge_start(void) {
    senders = calloc((size_t)options.senders, sizeof *senders);
    listeners = calloc((size_t)(options.rooms + options.quiet_rooms), sizeof *listeners);
    for (int i = 0; i < line_count; i++) {
        lines[i].next = calloc((size_t)options.senders, sizeof *lines[i].next);
        listeners[lines[i].room] += !lines[i].deaf && !options.unheard;
    }
}

void judge_forget(void) {
    memset(counts, 0, sizeof counts);
    counted = 0;
    verdict = (struct verdict){0};
}

void judge_sent(int sender, uint32_t number, double when) {
    struct sender *from = &senders[sender];
    if (number != from->count) die("a sender lost count");
    if (from->count == from->capacity) {
        from->capacity = from->capacity ? 2 * from->capacity : 1024;
        from->messages = realloc(from->messages, from->capacity * sizeof *from->messages);
        if (!from->messages) die("no memory for so many messages");
    }
    int hearing = listeners[lines[sender].room];
    from->messages[from->count++] = (struct message){when, hearing};
    outstanding += hearing + (options.acks ? 1 : 0);
    verdict.sent++;
}

static void count_time(double seconds) {
    double doublings = seconds > 1e-6 ? log2(seconds * 1e6) : 0;
    int bucket = (int)(doublings * STEPS);
    counts[bucket < BUCKETS ? bucket : BUCKETS - 1]++;
    counted++;
}

double judge_quantile(double share) {
    long wanted = (long)ceil(share * (double)counted), passed = 0;
    for (int bucket = 0; bucket < BUCKETS && counted; bucket++)
        if ((passed += counts[bucket]) >= wanted) return exp2((bucket + 0.5) / STEPS) * 1e-6;
    return 0;
}

static void deliver(struct line *line, unsigned sender, uint32_t number) {
    struct sender *from = &senders[sender];
    if (sender >= (unsigned)options.senders || number >= from->count || number < line->next[sender]) {
        verdict.again++; /* a second time, or after a later one, or never sent */
        return;
    }
    if (line->room != lines[sender].room) {
        verdict.strayed++;
        return;
    }
    verdict.skipped += number - line->next[sender];
    line->next[sender] = number + 1;
    line->order = (line->order ^ ((uint64_t)sender << 32 | number)) * 0x9E3779B97F4A7C15u + 1;
    verdict.deliveries++;
    outstanding--;
    count_time(now() - from->messages[number].sent);
    if (--from->messages[number].missing == 0 && !options.acks) on_complete((int)sender);
}

static void acknowledge(struct line *line, unsigned sender, uint32_t number) {
    if ((int)sender != line->sender || number != senders[sender].acknowledged || number >= senders[sender].count) {
        verdict.wrong_acks++;
        return;
    }
    senders[sender].acknowledged++;
    verdict.acknowledged++;
    outstanding--;
    on_complete((int)sender);
}

static bool digits(const char *text, int count, uint32_t *number) {
    *number = 0;
    for (int i = 0; i < count; i++) {
        if (text[i] < '0' || text[i] > '9') return false;
        *number = *number * 10 + (uint32_t)(text[i] - '0');
    }
    return true;
}

/* Calls `found` for each "<word>0007n00000042end" in the text, and says how many there were. */
static int each(struct line *line, const char *text, size_t size, const char *word,
                void (*found)(struct line *, unsigned, uint32_t)) {
    const size_t length = strlen(word), rest = 16;
    const char *end = text + size;
    int count = 0;
    while ((text = memmem(text, (size_t)(end - text), word, length))) {
        uint32_t sender, number;
        text += length;
        if ((size_t)(end - text) < rest) break;
        if (!digits(text, 4, &sender) || text[4] != 'n' || !digits(text + 5, 8, &number)) continue;
        if (memcmp(text + 13, "end", 3)) continue;
        found(line, sender, number);
        count++;
    }
    return count;
}

void judge_frame(struct line *line, const char *text, size_t size) {
    int found = each(line, text, size, "bench", deliver);
    if (options.acks && line->sender >= 0) found += each(line, text, size, "composer-ack", acknowledge);
    if (found) verdict.frames++;
    else verdict.others++;
}

bool judge_fault(void) {
    return verdict.skipped || verdict.again || verdict.strayed || verdict.wrong_acks || verdict.closed;
}

long judge_outstanding(void) { return outstanding; }

/* Messages that some line does not have. */
long judge_missing(void) {
    long missing = 0;
    for (int i = 0; i < line_count && !options.unheard; i++)
        for (int s = 0; s < options.senders && !lines[i].deaf; s++)
            if (lines[s].room == lines[i].room) missing += senders[s].count - lines[i].next[s];
    for (int s = 0; s < options.senders && options.acks; s++) missing += senders[s].count - senders[s].acknowledged;
    return missing;
}

int judge_disagreeing(void) {
    struct line **first = calloc((size_t)(options.rooms + options.quiet_rooms), sizeof *first);
    int different = 0;
    for (int i = 0; i < line_count; i++) {
        struct line **known = &first[lines[i].room];
        if (lines[i].deaf) continue;
        if (!*known) *known = &lines[i];
        different += lines[i].order != (*known)->order;
    }
    free(first);
    return different;
}
