/* The sockets: connect a few at a time, shake hands, take frames apart, answer pings. */

#include "client.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { AT_ONCE = 32, DEAF_BUFFER = 4096, CONNECT_SECONDS = 120 };

struct line *lines;
int line_count;
double busy_seconds;
static int epoll, opened, begun;
static char *buffer; /* of one read, with the rest of the one before in front of it */

static void connect_line(struct line *line, int number) {
    struct sockaddr_in there = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    there.sin_port = htons((uint16_t)options.ports[number % options.port_count]);
    line->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (line->fd < 0) die("no more sockets: raise the limit of open files (ulimit -n)");
    int yes = 1, small = DEAF_BUFFER;
    setsockopt(line->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    if (line->deaf) setsockopt(line->fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    if (connect(line->fd, (struct sockaddr *)&there, sizeof there) && errno != EINPROGRESS) die("cannot connect");
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT, .data.ptr = line};
    epoll_ctl(epoll, EPOLL_CTL_ADD, line->fd, &event);
}

static void ask(struct line *line) {
    char request[1024], path[256];
    const char *gap = strchr(options.path, '#');
    if (gap) snprintf(path, sizeof path, "%.*s%d%s", (int)(gap - options.path), options.path, line->room, gap + 1);
    else snprintf(path, sizeof path, "%s", options.path);
    int port = options.ports[(line - lines) % options.port_count];
    int size = snprintf(request, sizeof request,
                        "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nOrigin: http://127.0.0.1:%d\r\n"
                        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
                        path, port, port);
    if (send(line->fd, request, (size_t)size, MSG_NOSIGNAL) != size) die("the server did not take the handshake");
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = line};
    epoll_ctl(epoll, EPOLL_CTL_MOD, line->fd, &event);
    line->state = HANDSHAKE;
}

static void send_frame(struct line *line, int opcode, const char *text, size_t size) {
    static char frame[LARGEST_TEXT + 16]; /* masked with zeros, which leaves the text as it is */
    size_t head = 2;
    if (size > LARGEST_TEXT) die("a text is too long");
    frame[0] = (char)(0x80 | opcode);
    frame[1] = (char)(0x80 | (size < 126 ? size : 126));
    if (size >= 126) frame[head++] = (char)(size >> 8), frame[head++] = (char)size;
    memset(frame + head, 0, 4);
    memcpy(frame + head + 4, text, size);
    ssize_t whole = (ssize_t)(head + 4 + size);
    if (send(line->fd, frame, (size_t)whole, MSG_NOSIGNAL) != whole) verdict.closed++;
}

void send_text(struct line *line, const char *text, size_t size) { send_frame(line, 1, text, size); }

static void take_frame(struct line *line, int opcode, const char *text, size_t size) {
    if (opcode == 0x81) judge_frame(line, text, size);
    else if (opcode == 0x89) send_frame(line, 10, text, size);
    else if (opcode != 0x8a) verdict.closed++; /* a goodbye, or what no server of ours sends */
}

/* Take whole frames; returns how many bytes they were. */
static size_t take_frames(struct line *line, const unsigned char *bytes, size_t size) {
    size_t done = 0;
    while (size - done >= 2) {
        const unsigned char *frame = bytes + done;
        size_t length = frame[1], head = 2;
        if (length == 126) {
            if (size - done < 4) break;
            length = (size_t)frame[2] << 8 | frame[3], head = 4;
        } else if (length == 127) {
            if (size - done < 10) break;
            head = 10, length = 0;
            for (int i = 2; i < 10; i++) length = length << 8 | frame[i];
        }
        if (head + length > LARGEST_READ) die("a frame is too large");
        if (size - done < head + length) break;
        take_frame(line, frame[0], (const char *)frame + head, length);
        done += head + length;
    }
    return done;
}

static size_t take_handshake(struct line *line, const char *bytes, size_t size) {
    char *end = memmem(bytes, size, "\r\n\r\n", 4);
    if (!end) return 0;
    if (strncmp(bytes, "HTTP/1.1 101", 12)) {
        fprintf(stderr, "%.*s\n", (int)(end - bytes), bytes);
        die("the handshake was refused");
    }
    line->state = OPEN;
    opened++;
    if (line->deaf) epoll_ctl(epoll, EPOLL_CTL_DEL, line->fd, NULL);
    return (size_t)(end - bytes) + 4;
}

static void read_line(struct line *line) {
    memcpy(buffer, line->rest, line->rest_size);
    ssize_t got = recv(line->fd, buffer + line->rest_size, LARGEST_READ, 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got <= 0) {
        if (line->state != OPEN) die("the server closed a connection before it was open");
        verdict.closed++;
        epoll_ctl(epoll, EPOLL_CTL_DEL, line->fd, NULL);
        return;
    }
    size_t size = line->rest_size + (size_t)got, done = 0;
    if (line->state == HANDSHAKE) done = take_handshake(line, buffer, size);
    if (line->state == OPEN) done += take_frames(line, (unsigned char *)buffer + done, size - done);
    line->rest_size = size - done;
    line->rest = realloc(line->rest, line->rest_size + 1);
    if (!line->rest) die("no memory");
    memcpy(line->rest, buffer + done, line->rest_size);
}

static int look(int milliseconds) {
    struct epoll_event events[256];
    int count = epoll_wait(epoll, events, 256, milliseconds);
    double start = now();
    for (int i = 0; i < count; i++) {
        struct line *line = events[i].data.ptr;
        if (line->state == CONNECTING) ask(line);
        else read_line(line);
    }
    if (count > 0) busy_seconds += now() - start;
    return count;
}

/* Never sleeps: to wake us would be at the server's expense, and the more so the slower the server is. */
void watch_lines(double until) {
    while (look(0) <= 0 && now() < until);
}

void open_lines(void) {
    double end = now() + CONNECT_SECONDS;
    epoll = epoll_create1(EPOLL_CLOEXEC);
    buffer = malloc(2 * LARGEST_READ + 16);
    line_count = options.senders + options.readers + options.quiet + options.deaf;
    lines = calloc((size_t)line_count, sizeof *lines);
    if (!lines || !buffer) die("no memory");
    while (opened < line_count) {
        for (; begun < line_count && begun - opened < AT_ONCE; begun++) {
            lines[begun].sender = begun < options.senders ? begun : -1;
            int quiet = begun - options.senders - options.readers; /* its number among them */
            lines[begun].deaf = quiet >= options.quiet;
            bool apart = quiet >= 0 && !lines[begun].deaf;
            lines[begun].room = apart ? options.rooms + quiet % options.quiet_rooms : begun % options.rooms;
            connect_line(&lines[begun], begun);
        }
        look(1000);
        if (now() > end) die("the server did not open all connections in time");
    }
}

int deaf_dropped(void) {
    int dropped = 0;
    for (int i = line_count - options.deaf; i < line_count; i++) {
        struct pollfd asked = {.fd = lines[i].fd, .events = POLLRDHUP};
        poll(&asked, 1, 0);
        dropped += (asked.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
    }
    return dropped;
}
