/* Options, and when to send. In a phase messages are sent for some seconds, then all that is on its way must arrive:
   so whatever was sent in a phase was delivered in it, and counting both is exact. */

#include "client.h"
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct options options = {
    .path = "/", .senders = 1, .rooms = 1, .quiet_rooms = 1, .window = 1, .warm = 0.5, .seconds = 3, .patience = 60, .size = 60};
struct verdict verdict;
static uint32_t *numbers; /* the next of each sender */
static double sending_ends;

double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

_Noreturn void die(const char *what) {
    fprintf(stderr, "%s\n", what);
    exit(1);
}

static void post(int sender, double when) {
    static const char words[] = " and so on in words of a message";
    char text[LARGEST_TEXT], frame[LARGEST_TEXT];
    uint32_t number = numbers[sender]++;
    int size = sprintf(text, "bench%04dn%08uend", sender, number);
    for (int i = 0; size < options.size; i++) text[size++] = words[i % (int)(sizeof words - 1)];
    text[size] = 0;
    if (options.acks)
        size = snprintf(frame, sizeof frame, "{\"message\": \"%s\", \"nonce\": \"ack%04dn%08uend\"}", text, sender,
                        number);
    else size = snprintf(frame, sizeof frame, "{\"message\": \"%s\"}", text);
    judge_sent(sender, number, when);
    send_text(&lines[sender], frame, (size_t)size);
}

void on_complete(int sender) {
    if (!options.rate && now() < sending_ends) post(sender, now());
}

static void phase(double seconds) {
    double start = now();
    long due = 0;
    sending_ends = start + seconds;
    for (int sender = 0; sender < options.senders && !options.rate; sender++)
        for (int i = 0; i < options.window; i++) post(sender, now());
    while (!judge_fault()) {
        double time = now(), wake = sending_ends + options.patience;
        if (options.rate) {
            double next = start + (double)due / options.rate;
            if (next < sending_ends) {
                if (time >= next) {
                    post((int)(due++ % options.senders), next); /* timed from when it was due, late or not */
                    continue;
                }
                wake = next;
            }
        }
        if (time >= sending_ends && (judge_outstanding() == 0 || time >= sending_ends + options.patience)) return;
        if (time < sending_ends && wake > sending_ends) wake = sending_ends;
        watch_lines(wake);
    }
}

static void report(double seconds, double used) {
    printf("{\"sent\": %ld, \"acknowledged\": %ld, \"deliveries\": %ld, \"frames\": %ld, \"others\": %ld, ",
           verdict.sent, verdict.acknowledged, verdict.deliveries, verdict.frames, verdict.others);
    printf("\"seconds\": %.6f, \"cpu\": %.6f, \"p50\": %.6f, \"p99\": %.6f, ", seconds, used, judge_quantile(0.5),
           judge_quantile(0.99));
    printf("\"skipped\": %ld, \"again\": %ld, \"strayed\": %ld, \"wrong_acks\": %ld, \"closed\": %ld, ",
           verdict.skipped, verdict.again, verdict.strayed, verdict.wrong_acks, verdict.closed);
    printf("\"missing\": %ld, \"disagreeing\": %d, \"deaf_dropped\": %d}\n", judge_missing(), judge_disagreeing(),
           deaf_dropped());
    fflush(stdout);
}

static void say(const char *word) {
    puts(word);
    fflush(stdout);
}

static void read_options(int count, char **words) {
    static const struct option known[] = {
        {"port", 1, 0, 'p'},    {"path", 1, 0, 'u'}, {"readers", 1, 0, 'r'}, {"senders", 1, 0, 's'},
        {"deaf", 1, 0, 'd'},    {"size", 1, 0, 'z'}, {"window", 1, 0, 'w'},  {"rate", 1, 0, 'R'},
        {"seconds", 1, 0, 't'}, {"warm", 1, 0, 'W'}, {"patience", 1, 0, 'P'}, {"acks", 0, 0, 'a'},
        {"unheard", 0, 0, 'n'}, {"rooms", 1, 0, 'o'}, {"quiet", 1, 0, 'q'},  {"quiet-rooms", 1, 0, 'Q'},
        {0, 0, 0, 0}};
    for (int which; (which = getopt_long(count, words, "", known, NULL)) != -1;) switch (which) {
            case 'p':
                if (options.port_count == MAX_PORTS) die("too many ports");
                options.ports[options.port_count++] = atoi(optarg);
                break;
            case 'u': options.path = optarg; break;
            case 'r': options.readers = atoi(optarg); break;
            case 's': options.senders = atoi(optarg); break;
            case 'd': options.deaf = atoi(optarg); break;
            case 'z': options.size = atoi(optarg); break;
            case 'w': options.window = atoi(optarg); break;
            case 'R': options.rate = atof(optarg); break;
            case 't': options.seconds = atof(optarg); break;
            case 'W': options.warm = atof(optarg); break;
            case 'P': options.patience = atof(optarg); break;
            case 'a': options.acks = true; break;
            case 'n': options.unheard = true; break;
            case 'o': options.rooms = atoi(optarg); break;
            case 'q': options.quiet = atoi(optarg); break;
            case 'Q': options.quiet_rooms = atoi(optarg); break;
            default: die("unknown option");
        }
    if (!options.port_count || options.senders < 1 || options.size > LARGEST_TEXT / 2) die("wrong options");
    if (options.rooms < 1 || options.quiet_rooms < 1) die("wrong options");
}

int main(int count, char **words) {
    read_options(count, words);
    open_lines();
    judge_start();
    numbers = calloc((size_t)options.senders, sizeof *numbers);
    say("open"); /* what opening has left to do is done when the harness answers */
    if (getchar() == EOF) die("nobody waits for this");
    phase(options.warm);
    if (judge_fault() || judge_outstanding()) {
        report(0, 0);
        return 0;
    }
    judge_forget();
    say("begin");
    double start = now(), used = busy_seconds;
    phase(options.seconds);
    double end = now();
    used = busy_seconds - used;
    say("end");
    report(end - start, used);
}
