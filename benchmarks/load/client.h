/* The load client: many websockets in one thread, and a judge over what each of them gets.

   main.c   options, and when to send
   lines.c  the sockets: connect, handshake, frames in and out
   judge.c  what arrived: nothing lost, doubled or out of order, and how long it took */

#ifndef CLIENT_H
#define CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MAX_PORTS = 8, LARGEST_TEXT = 16384, LARGEST_READ = 1 << 20 };

struct options {
    int ports[MAX_PORTS], port_count;
    const char *path; /* with several rooms, a # in it stands for the number of one */
    int readers, senders, deaf; /* a sender reads as well; a deaf one never does */
    int rooms;                  /* that these are spread over: a message is for those in its sender's alone */
    int quiet, quiet_rooms;     /* sockets in other rooms, of which nobody sends anything */
    int window;                 /* messages of a sender on their way at once */
    double rate;                /* messages a second by the clock, instead of a window */
    bool acks;                  /* a sender goes on when its message was acknowledged, not when all have it */
    bool unheard;               /* the server tells nobody: only acknowledgements are to come */
    double warm, seconds, patience;
    int size; /* characters of a message */
};

enum state { CONNECTING, HANDSHAKE, OPEN };

struct line {
    int fd;
    int sender; /* its number, or -1 */
    int room;
    bool deaf;
    enum state state;
    char *rest; /* the beginning of a frame that has not come whole */
    size_t rest_size;
    uint32_t *next; /* the number that must come next, of each sender */
    uint64_t order; /* a hash of all that came, in its order */
};

struct verdict {
    long sent, acknowledged, deliveries, frames, others; /* others: frames without a message of ours */
    long skipped, again, strayed, wrong_acks, closed; /* faults; one is enough to end the run */
};

extern struct options options;
extern struct verdict verdict;
extern struct line *lines;
extern int line_count;
extern double busy_seconds; /* spent on what came in, so without the looking */

double now(void);
_Noreturn void die(const char *what);

/* lines.c */
void open_lines(void);
void watch_lines(double until);
void send_text(struct line *line, const char *text, size_t size);
int deaf_dropped(void);

/* judge.c */
void judge_start(void);
void judge_forget(void); /* the times and counts so far; not the order */
void judge_sent(int sender, uint32_t number, double when);
void judge_frame(struct line *line, const char *text, size_t size);
bool judge_fault(void);
long judge_outstanding(void);
long judge_missing(void);
int judge_disagreeing(void);
double judge_quantile(double share); /* seconds */

/* main.c */
void on_complete(int sender); /* everybody has a message of this sender, or it is acknowledged with --acks */

#endif
