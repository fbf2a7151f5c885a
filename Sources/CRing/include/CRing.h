#ifndef CRING_H
#define CRING_H

#include <stddef.h>
#include <stdint.h>

/* One io_uring(7) of one thread, with a ring of buffers that the kernel fills, as plain functions
 * over liburing, most of which is inline and hidden from Swift. What is asked for by the functions
 * named after calls goes to the kernel with the next cring_enter; each gives `tag` back with its
 * completions. */
struct cring;

struct cring_completion {
    uint64_t tag;
    /* What the call would have returned, or a negated errno. */
    int32_t result;
    /* Which buffer holds the bytes, or -1. It is to be given back. */
    int32_t buffer;
    /* Whether more completions of the same request follow. */
    int32_t has_more;
    /* Of a receive: whether something was left in the socket behind what it brought. */
    int32_t has_rest;
};

/* Makes a ring that is disabled until its thread enables it. NULL with errno where the kernel
 * refuses: EINVAL before Linux 6.1, EPERM where io_uring is disabled. */
struct cring *cring_open(unsigned entries, unsigned buffers, unsigned buffer_bytes);
/* The kernel goes on to read and write nothing afterwards. */
void cring_stop(struct cring *ring);
/* Stops the ring as well. */
void cring_close(struct cring *ring);
/* By the thread that alone uses the ring from now on. */
int cring_enable(struct cring *ring);

/* -1 where the kernel takes nothing before completions have been taken. */
int cring_accept(struct cring *ring, int listener, uint64_t tag);
int cring_receive(struct cring *ring, int fd, uint64_t tag);
/* The bytes are to stay where they are until the completion; all are sent, or it is an error. */
int cring_send(struct cring *ring, int fd, const void *bytes, size_t count, uint64_t tag);
int cring_poll(struct cring *ring, int fd, uint64_t tag);
int cring_cancel(struct cring *ring, uint64_t other, uint64_t tag);
int cring_close_file(struct cring *ring, int fd, uint64_t tag);
int cring_finish_sending(struct cring *ring, int fd, uint64_t tag);

/* Hands in what was asked for and waits for a completion, at the latest until the time is over:
 * below 0 for ever, 0 not at all. 0, or -1 with errno; that the time is over is no error. */
int cring_enter(struct cring *ring, int64_t timeout_ns);
/* Calls of io_uring_enter(2) so far. */
uint64_t cring_calls(const struct cring *ring);
/* Takes the oldest completion; 0 where there is none. */
int cring_next(struct cring *ring, struct cring_completion *completion);

const void *cring_buffer(const struct cring *ring, int32_t buffer);
void cring_give_back(struct cring *ring, int32_t buffer);

#endif
