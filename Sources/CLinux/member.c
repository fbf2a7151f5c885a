#include "member.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

pid_t clinux_fork(void) { return fork(); }

int clinux_message_pair(int ends[2]) {
    return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends);
}

int clinux_send_message(int fd, const void *bytes, size_t count) {
    while (send(fd, bytes, count, MSG_NOSIGNAL) < 0) {
        if (errno == EINTR) continue;
        if (errno != EAGAIN) return -1;
        struct pollfd room = {.fd = fd, .events = POLLOUT};
        if (poll(&room, 1, -1) < 0 && errno != EINTR) return -1;
    }
    return 0;
}

ssize_t clinux_receive_message(int fd, void *buffer, size_t capacity) {
    ssize_t count;
    do {
        count = recv(fd, buffer, capacity, 0);
    } while (count < 0 && errno == EINTR);
    return count;
}

/* Room for one descriptor, aligned as a control message is (cmsg(3)). */
union control {
    char bytes[CMSG_SPACE(sizeof(int))];
    struct cmsghdr alignment;
};

int clinux_pass_descriptor(int fd, int passed) {
    char byte = 0;
    struct iovec content = {.iov_base = &byte, .iov_len = 1};
    union control control;
    memset(&control, 0, sizeof control);
    struct msghdr message = {
        .msg_iov = &content,
        .msg_iovlen = 1,
        .msg_control = control.bytes,
        .msg_controllen = sizeof control.bytes,
    };
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(header), &passed, sizeof passed);
    ssize_t sent;
    do {
        sent = sendmsg(fd, &message, MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    return sent < 0 ? -1 : 0;
}

int clinux_take_descriptor(int fd) {
    char byte;
    struct iovec content = {.iov_base = &byte, .iov_len = 1};
    union control control;
    struct msghdr message = {
        .msg_iov = &content,
        .msg_iovlen = 1,
        .msg_control = control.bytes,
        .msg_controllen = sizeof control.bytes,
    };
    ssize_t got;
    do {
        got = recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
    } while (got < 0 && errno == EINTR);
    if (got < 0) return -1;
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    if (header && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS
        && header->cmsg_len == CMSG_LEN(sizeof(int))) {
        int passed;
        memcpy(&passed, CMSG_DATA(header), sizeof passed);
        return passed;
    }
    /* Where there was no place for it the kernel has closed it (unix(7)). */
    errno = got == 0 ? EPIPE : EMFILE;
    return -1;
}
