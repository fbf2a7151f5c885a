#include "CRing.h"

#include <errno.h>
#include <liburing.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

struct cring {
    struct io_uring ring;
    struct io_uring_buf_ring *free_buffers;
    unsigned char *buffers;
    unsigned buffer_count;
    unsigned buffer_bytes;
    uint64_t calls;
    int is_stopped;
};

enum { BUFFER_GROUP = 0 };

static void *map(size_t bytes) {
    void *memory =
        mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

static size_t list_bytes(const struct cring *ring) {
    return ring->buffer_count * sizeof(struct io_uring_buf);
}

static size_t memory_bytes(const struct cring *ring) {
    return (size_t)ring->buffer_count * ring->buffer_bytes;
}

static int open_buffers(struct cring *ring) {
    ring->free_buffers = map(list_bytes(ring));
    ring->buffers = map(memory_bytes(ring));
    if (!ring->free_buffers || !ring->buffers) return -ENOMEM;
    struct io_uring_buf_reg registration = {
        .ring_addr = (uint64_t)(uintptr_t)ring->free_buffers,
        .ring_entries = ring->buffer_count,
        .bgid = BUFFER_GROUP,
    };
    int result = io_uring_register_buf_ring(&ring->ring, &registration, 0);
    if (result < 0) return result;
    io_uring_buf_ring_init(ring->free_buffers);
    for (unsigned index = 0; index < ring->buffer_count; index++) {
        io_uring_buf_ring_add(
            ring->free_buffers, ring->buffers + (size_t)index * ring->buffer_bytes,
            ring->buffer_bytes, (unsigned short)index,
            io_uring_buf_ring_mask(ring->buffer_count), (int)index);
    }
    io_uring_buf_ring_advance(ring->free_buffers, (int)ring->buffer_count);
    return 0;
}

static void unmap_buffers(struct cring *ring) {
    if (ring->free_buffers) munmap(ring->free_buffers, list_bytes(ring));
    if (ring->buffers) munmap(ring->buffers, memory_bytes(ring));
}

struct cring *cring_open(unsigned entries, unsigned buffers, unsigned buffer_bytes) {
    struct cring *ring = calloc(1, sizeof *ring);
    if (!ring) return NULL;
    ring->buffer_count = buffers;
    ring->buffer_bytes = buffer_bytes;
    struct io_uring_params parameters = {
        /* Completions are made when their thread asks for them, and at no other time. */
        .flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_R_DISABLED
            | IORING_SETUP_CQSIZE | IORING_SETUP_CLAMP,
        .cq_entries = 4 * entries,
    };
    int result = io_uring_queue_init_params(entries, &ring->ring, &parameters);
    if (result < 0) {
        free(ring);
        errno = -result;
        return NULL;
    }
    result = open_buffers(ring);
    if (result < 0) {
        cring_close(ring);
        errno = -result;
        return NULL;
    }
    return ring;
}

void cring_stop(struct cring *ring) {
    if (ring->is_stopped) return;
    ring->is_stopped = 1;
    io_uring_queue_exit(&ring->ring);
}

void cring_close(struct cring *ring) {
    cring_stop(ring);
    unmap_buffers(ring);
    free(ring);
}

int cring_enable(struct cring *ring) {
    /* io_uring_enable_rings(3) is declared by liburing 2.3, but not in its library. */
    int fd = ring->ring.ring_fd;
    if (syscall(SYS_io_uring_register, fd, IORING_REGISTER_ENABLE_RINGS, NULL, 0) < 0) return -1;
    /* Saves a look at the table of descriptors with each call; not every kernel can. */
    (void)io_uring_register_ring_fd(&ring->ring);
    return 0;
}

static struct io_uring_sqe *take(struct cring *ring) {
    struct io_uring_sqe *entry = io_uring_get_sqe(&ring->ring);
    if (entry) return entry;
    ring->calls++;
    (void)io_uring_submit(&ring->ring);
    return io_uring_get_sqe(&ring->ring);
}

int cring_accept(struct cring *ring, int listener, uint64_t tag) {
    struct io_uring_sqe *entry = take(ring);
    if (!entry) return -1;
    io_uring_prep_multishot_accept(entry, listener, NULL, NULL, SOCK_CLOEXEC);
    io_uring_sqe_set_data64(entry, tag);
    return 0;
}

int cring_receive(struct cring *ring, int fd, uint64_t tag) {
    struct io_uring_sqe *entry = take(ring);
    if (!entry) return -1;
    io_uring_prep_recv_multishot(entry, fd, NULL, 0, 0);
    entry->flags |= IOSQE_BUFFER_SELECT;
    entry->buf_group = BUFFER_GROUP;
    io_uring_sqe_set_data64(entry, tag);
    return 0;
}

int cring_send(struct cring *ring, int fd, const void *bytes, size_t count, uint64_t tag) {
    struct io_uring_sqe *entry = take(ring);
    if (!entry) return -1;
    io_uring_prep_send(entry, fd, bytes, count, MSG_NOSIGNAL | MSG_WAITALL);
    io_uring_sqe_set_data64(entry, tag);
    return 0;
}

int cring_poll(struct cring *ring, int fd, uint64_t tag) {
    struct io_uring_sqe *entry = take(ring);
    if (!entry) return -1;
    io_uring_prep_poll_multishot(entry, fd, POLLIN);
    io_uring_sqe_set_data64(entry, tag);
    return 0;
}

int cring_cancel(struct cring *ring, uint64_t other, uint64_t tag) {
    struct io_uring_sqe *entry = take(ring);
    if (!entry) return -1;
    io_uring_prep_cancel64(entry, other, 0);
    io_uring_sqe_set_data64(entry, tag);
    return 0;
}

int cring_close_file(struct cring *ring, int fd, uint64_t tag) {
    struct io_uring_sqe *entry = take(ring);
    if (!entry) return -1;
    io_uring_prep_close(entry, fd);
    io_uring_sqe_set_data64(entry, tag);
    return 0;
}

int cring_finish_sending(struct cring *ring, int fd, uint64_t tag) {
    struct io_uring_sqe *entry = take(ring);
    if (!entry) return -1;
    io_uring_prep_shutdown(entry, fd, SHUT_WR);
    io_uring_sqe_set_data64(entry, tag);
    return 0;
}

int cring_enter(struct cring *ring, int64_t timeout_ns) {
    ring->calls++;
    int result;
    if (timeout_ns == 0) {
        result = io_uring_submit_and_get_events(&ring->ring);
    } else {
        struct __kernel_timespec limit = {
            .tv_sec = timeout_ns / 1000000000, .tv_nsec = timeout_ns % 1000000000};
        struct io_uring_cqe *first;
        result = io_uring_submit_and_wait_timeout(
            &ring->ring, &first, 1, timeout_ns < 0 ? NULL : &limit, NULL);
    }
    if (result >= 0 || result == -ETIME || result == -EINTR) return 0;
    errno = -result;
    return -1;
}

uint64_t cring_calls(const struct cring *ring) { return ring->calls; }

int cring_next(struct cring *ring, struct cring_completion *completion) {
    struct io_uring_cqe *entry;
    unsigned head;
    io_uring_for_each_cqe(&ring->ring, head, entry) {
        completion->tag = io_uring_cqe_get_data64(entry);
        completion->result = entry->res;
        completion->buffer =
            entry->flags & IORING_CQE_F_BUFFER ? (int32_t)(entry->flags >> IORING_CQE_BUFFER_SHIFT)
                                               : -1;
        completion->has_more = (entry->flags & IORING_CQE_F_MORE) != 0;
        completion->has_rest = (entry->flags & IORING_CQE_F_SOCK_NONEMPTY) != 0;
        io_uring_cq_advance(&ring->ring, 1);
        return 1;
    }
    return 0;
}

const void *cring_buffer(const struct cring *ring, int32_t buffer) {
    return ring->buffers + (size_t)buffer * ring->buffer_bytes;
}

void cring_give_back(struct cring *ring, int32_t buffer) {
    io_uring_buf_ring_add(
        ring->free_buffers, ring->buffers + (size_t)buffer * ring->buffer_bytes,
        ring->buffer_bytes, (unsigned short)buffer, io_uring_buf_ring_mask(ring->buffer_count), 0);
    io_uring_buf_ring_advance(ring->free_buffers, 1);
}
