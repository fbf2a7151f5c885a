/* The Linux calls that Swift's Glibc module does not carry, as plain functions without policy.
 * Every function returns what its system call returns and leaves errno as the call left it. */
#ifndef SWITCHYARD_CLINUX_H
#define SWITCHYARD_CLINUX_H

#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <time.h>

#include "member.h"
#include "network.h"
#include "reuseport.h"

int clinux_epoll_create(void);
/* timeout_ns < 0 waits for ever. Uses epoll_pwait2(2), or epoll_wait(2) rounded up to the next
 * millisecond where the kernel is older than 5.11. */
int clinux_epoll_wait(int epfd, struct epoll_event *events, int capacity, int64_t timeout_ns);
int clinux_epoll_control(int epfd, int operation, int fd, uint32_t interest, uint64_t token);

/* recv(2) and send(2) without being cancellation points: in a process with threads the C library
 * pays two atomic exchanges a call to be one, and nothing here is ever cancelled. */
ssize_t clinux_receive(int fd, void *buffer, size_t capacity);
ssize_t clinux_send(int fd, const void *bytes, size_t count);

/* ppoll(2) of one descriptor, and of `waker` for input unless it is -1: the descriptor's events, 0
 * where none came in time. Events are numbered as epoll's. */
int clinux_poll(int fd, int events, int waker, int64_t timeout_ns);
/* The longest that a receive and a send on a socket wait (socket(7), SO_RCVTIMEO, SO_SNDTIMEO). */
int clinux_limit_waits(int fd, int64_t receive_ns, int64_t send_ns);

int clinux_eventfd(void);
int clinux_pipe(int ends[2]);
int clinux_signalfd_term(void);
/* The number of the next signal that a signalfd holds, or -1. */
int clinux_next_signal(int fd);
int clinux_block_term_signals(void);
int clinux_unblock_all_signals(void);

/* SIGURG, which nobody else sends unless asked to, is taken by a handler that does nothing, and
 * without SA_RESTART: it ends what a thread sleeps in. It does not queue, however often it is
 * sent. */
void clinux_take_interruptions(void);
/* The calling thread lets it through, whatever mask it has inherited. */
void clinux_unblock_interruptions(void);
void clinux_interrupt(pid_t tid);

int clinux_accept(int fd);

int clinux_socket(int family);
int clinux_set_option(int fd, int level, int name, int value);
/* Closing resets the connection, and nothing of it stays behind (socket(7), SO_LINGER). */
int clinux_reset_on_close(int fd);
int clinux_pending_error(int fd);
/* The state of a TCP connection as <netinet/tcp.h> numbers them, with CLINUX_SYN_DATA where the SYN
 * carried data that the peer has taken (tcp(7), TCP_INFO); -1 where the kernel does not say. */
enum { CLINUX_SYN_DATA = 0x100, CLINUX_SYN_SENT = 2, CLINUX_TCP_CLOSED = 7 };
int clinux_tcp_opening(int fd);
/* Bytes sent that the peer has not acknowledged, bytes received that nobody has read (tcp(7),
 * SIOCOUTQ and SIOCINQ); -1 where the kernel does not say. */
int clinux_unacknowledged(int fd);
int clinux_unread(int fd);
/* Whether a connection waits for accept at a listener that has not been ended (poll(2)). */
int clinux_has_waiting(int listener);

/* CPU sets are bit masks of 64-bit words, least significant CPU first. */
int clinux_set_affinity(pid_t tid, const uint64_t *words, int count);
int clinux_get_affinity(pid_t tid, uint64_t *words, int count);
/* Waits for, or gives back, the bytes of a file as one open file description has them (fcntl(2),
 * F_OFD_SETLKW): whoever closes it or dies gives them back. */
int clinux_lock_bytes(int fd, int64_t start, int64_t count);
int clinux_unlock_bytes(int fd, int64_t start, int64_t count);
/* The C library's words for an errno. */
void clinux_error_text(int code, char *text, size_t capacity);
int clinux_current_cpu(void);
pid_t clinux_thread_id(void);
int clinux_set_thread_name(const char *name);
int clinux_set_timer_slack(unsigned long nanoseconds);
int clinux_thread_usage(struct rusage *usage);
int clinux_process_usage(struct rusage *usage);
int clinux_thread_cpu_clock(pid_t tid, struct timespec *time);

struct clinux_spawn {
    const char *path;          /* looked up in PATH when it has no slash */
    char *const *arguments;    /* argv, NULL-terminated */
    char *const *environment;  /* NULL: inherit */
    const char *directory;     /* NULL: stay */
    int standard_input;        /* descriptors for 0, 1 and 2; -1: inherit */
    int standard_output;
    int standard_error;
    int own_group;             /* leads a process group of its own */
    int terminal;              /* whose foreground that group becomes; -1: none */
    int user_namespace;        /* whose rights the next one needs; -1: those of the caller */
    int network_namespace;     /* which it runs in; -1: that of the caller */
    int ends_with_parent;      /* with its group, by a guardian; needs own_group */
    const uint64_t *cpus;      /* NULL: inherit */
    int cpu_words;
    uint64_t descriptor_limit; /* soft RLIMIT_NOFILE; 0: inherit */
};
/* Returns the child's id, or -1 with errno of the step that failed, execvp(3) included.
 *
 * `guardian` becomes the id of another child, a member of the group that sleeps until the caller
 * has ended and then ends the group (SIGTERM, after two seconds SIGKILL); 0 where there is none. It
 * is to be reaped once the group was killed. */
pid_t clinux_spawn(const struct clinux_spawn *request, pid_t *guardian);
/* Kills the group of a child that was not waited for yet, and reaps it and its guardian, if any. */
void clinux_end_group(pid_t leader, pid_t guardian);
/* Waits for the end of a child, unless `process` is 0. */
void clinux_reap(pid_t process);
/* write(2) to a pipe, which fails with EPIPE where nobody reads it and raises no signal. */
ssize_t clinux_write_quietly(int fd, const void *bytes, size_t count);
/* A descriptor that is readable once the process has ended (pidfd_open(2), Linux 5.3). */
int clinux_process_handle(pid_t process);

uint32_t clinux_epoll_exclusive(void);
uint32_t clinux_epoll_edge(void);
uint32_t clinux_epoll_oneshot(void);

#endif
