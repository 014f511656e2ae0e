/* The floor: a program that puts a message into the fragment and writes the frame to all its sockets, and nothing else.

       writer PORT FRAGMENT-FILE

   Its handshake is only as good as the load client needs: Sec-WebSocket-Accept is not computed. */

#include <arpa/inet.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MOST = 65536, LARGEST = 65536 };
static const char GAP[] = "{{ message }}", UPGRADE[] = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                                                       "Connection: Upgrade\r\nSec-WebSocket-Accept: none\r\n\r\n";
static int epoll, count, sockets[MOST];
static bool open_[MOST];
static char fragment[LARGEST], *gap;

static void die(const char *what) {
    perror(what);
    exit(1);
}

static void read_fragment(const char *path) {
    FILE *file = fopen(path, "r");
    if (!file || !fread(fragment, 1, sizeof fragment - 1, file) || !(gap = strstr(fragment, GAP))) die("fragment");
    fclose(file);
}

static void add(int fd) {
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

static void leave(int fd) {
    for (int i = 0; i < count; i++)
        if (sockets[i] == fd) sockets[i] = sockets[--count];
    open_[fd] = false;
    close(fd);
}

static void write_whole(int fd, const char *bytes, size_t size) {
    for (ssize_t done; size; bytes += done, size -= (size_t)done)
        if ((done = send(fd, bytes, size, MSG_NOSIGNAL)) < 0) return;
}

static void broadcast(const char *text, size_t size) {
    static char frame[2 * LARGEST];
    size_t before = (size_t)(gap - fragment), after = strlen(gap) - strlen(GAP);
    size_t whole = before + size + after, head = 4;
    frame[0] = (char)0x81;
    frame[1] = 126;
    frame[2] = (char)(whole >> 8), frame[3] = (char)whole;
    if (whole < 126) frame[1] = (char)whole, head = 2;
    memcpy(frame + head, fragment, before);
    memcpy(frame + head + before, text, size);
    memcpy(frame + head + before + size, gap + strlen(GAP), after);
    for (int i = 0; i < count; i++) write_whole(sockets[i], frame, head + whole);
}

/* One or more masked text frames, each {"message": "…"}; the load client sends them whole. */
static void take(char *bytes, ssize_t size) {
    for (ssize_t head, length; size >= 6; bytes += head + length, size -= head + length) {
        length = bytes[1] & 0x7f, head = 6;
        if (length == 126) length = (unsigned char)bytes[2] << 8 | (unsigned char)bytes[3], head = 8;
        if (length + head > size) return;
        for (ssize_t i = 0; i < length; i++) bytes[head + i] ^= bytes[head - 4 + i % 4];
        char *text = memmem(bytes + head, (size_t)length, "\"message\": \"", 12);
        char *end = text ? memchr(text + 12, '"', (size_t)(bytes + head + length - text - 12)) : NULL;
        if (end) broadcast(text + 12, (size_t)(end - text - 12));
    }
}

static void serve(int fd) {
    static char bytes[LARGEST];
    ssize_t size = recv(fd, bytes, sizeof bytes - 1, MSG_DONTWAIT);
    if (size <= 0) leave(fd);
    else if (open_[fd]) take(bytes, size);
    else {
        write_whole(fd, UPGRADE, sizeof UPGRADE - 1);
        open_[fd] = true;
        sockets[count++] = fd;
    }
}

int main(int words, char **word) {
    if (words != 3) return 2;
    read_fragment(word[2]);
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    here.sin_port = htons((unsigned short)atoi(word[1]));
    int door = socket(AF_INET, SOCK_STREAM, 0), yes = 1;
    setsockopt(door, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(door, (struct sockaddr *)&here, sizeof here) || listen(door, 512)) die("listen");
    epoll = epoll_create1(0);
    for (add(door);;) {
        struct epoll_event events[64];
        int ready = epoll_wait(epoll, events, 64, -1);
        for (int i = 0; i < ready; i++) {
            if (events[i].data.fd != door) serve(events[i].data.fd);
            else {
                int fd = accept(door, NULL, NULL);
                if (fd >= 0 && fd < MOST) add(fd);
                else if (fd >= 0) close(fd);
            }
        }
    }
}
