#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int set_lock(int fd, short kind, int64_t start, int64_t count) {
    struct flock lock = {
        .l_type = kind, .l_whence = SEEK_SET, .l_start = start, .l_len = count};
    return fcntl(fd, F_OFD_SETLKW, &lock);
}

int clinux_lock_bytes(int fd, int64_t start, int64_t count) {
    return set_lock(fd, F_WRLCK, start, count);
}

int clinux_unlock_bytes(int fd, int64_t start, int64_t count) {
    return set_lock(fd, F_UNLCK, start, count);
}

int clinux_epoll_create(void) { return epoll_create1(EPOLL_CLOEXEC); }

static int lacks_pwait2;

int clinux_epoll_wait(int epfd, struct epoll_event *events, int capacity, int64_t timeout_ns) {
    if (timeout_ns < 0 || timeout_ns == 0)
        return epoll_wait(epfd, events, capacity, timeout_ns < 0 ? -1 : 0);
    if (!__atomic_load_n(&lacks_pwait2, __ATOMIC_RELAXED)) {
        struct timespec limit = {timeout_ns / 1000000000, timeout_ns % 1000000000};
        int ready = epoll_pwait2(epfd, events, capacity, &limit, NULL);
        if (ready >= 0 || errno != ENOSYS) return ready;
        __atomic_store_n(&lacks_pwait2, 1, __ATOMIC_RELAXED);
    }
    int64_t milliseconds = (timeout_ns + 999999) / 1000000;
    int longest = milliseconds > 86400000 ? 86400000 : (int)milliseconds;
    return epoll_wait(epfd, events, capacity, longest);
}

int clinux_epoll_control(int epfd, int operation, int fd, uint32_t interest, uint64_t token) {
    struct epoll_event event = {.events = interest, .data.u64 = token};
    return epoll_ctl(epfd, operation, fd, &event);
}

uint32_t clinux_epoll_exclusive(void) { return EPOLLEXCLUSIVE; }
uint32_t clinux_epoll_edge(void) { return EPOLLET; }
uint32_t clinux_epoll_oneshot(void) { return EPOLLONESHOT; }

ssize_t clinux_receive(int fd, void *buffer, size_t capacity) {
    return syscall(SYS_recvfrom, fd, buffer, capacity, 0, NULL, NULL);
}

ssize_t clinux_send(int fd, const void *bytes, size_t count) {
    return syscall(SYS_sendto, fd, bytes, count, MSG_NOSIGNAL, NULL, 0);
}

int clinux_poll(int fd, int events, int waker, int64_t timeout_ns) {
    struct pollfd entries[] = {{fd, (short)events, 0}, {waker, POLLIN, 0}};
    struct timespec limit = {timeout_ns / 1000000000, timeout_ns % 1000000000};
    int ready = ppoll(entries, waker < 0 ? 1 : 2, timeout_ns < 0 ? NULL : &limit, NULL);
    if (ready < 0) return -1;
    uint64_t count;
    /* Unlike an edge, a level is taken away, or every wait would end at once. */
    if (waker >= 0 && entries[1].revents && read(waker, &count, sizeof count) < 0) {}
    return entries[0].revents;
}

static int limit_wait(int fd, int option, int64_t ns) {
    struct timeval limit = {ns / 1000000000, ns % 1000000000 / 1000};
    return setsockopt(fd, SOL_SOCKET, option, &limit, sizeof limit);
}

int clinux_limit_waits(int fd, int64_t receive_ns, int64_t send_ns) {
    int result = limit_wait(fd, SO_RCVTIMEO, receive_ns);
    return result < 0 ? result : limit_wait(fd, SO_SNDTIMEO, send_ns);
}

int clinux_eventfd(void) { return eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC); }

int clinux_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC); }

static void term_signals(sigset_t *set) {
    sigemptyset(set);
    sigaddset(set, SIGTERM);
    sigaddset(set, SIGINT);
    /* nohup(1) has it ignored; a blocked one would be queued all the same (signal(7)). */
    struct sigaction hangup;
    if (sigaction(SIGHUP, NULL, &hangup) == 0 && hangup.sa_handler != SIG_IGN)
        sigaddset(set, SIGHUP);
}

int clinux_block_term_signals(void) {
    sigset_t set;
    term_signals(&set);
    return pthread_sigmask(SIG_BLOCK, &set, NULL);
}

int clinux_unblock_all_signals(void) {
    sigset_t set;
    sigemptyset(&set);
    return pthread_sigmask(SIG_SETMASK, &set, NULL);
}

int clinux_signalfd_term(void) {
    sigset_t set;
    term_signals(&set);
    return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

int clinux_next_signal(int fd) {
    struct signalfd_siginfo info;
    return read(fd, &info, sizeof info) == sizeof info ? (int)info.ssi_signo : -1;
}

static void ignore_signal(int number) { (void)number; }

void clinux_take_interruptions(void) {
    struct sigaction action = {.sa_handler = ignore_signal};
    sigaction(SIGURG, &action, NULL);
}

void clinux_unblock_interruptions(void) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGURG);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

void clinux_interrupt(pid_t tid) { syscall(SYS_tgkill, getpid(), tid, SIGURG); }

int clinux_accept(int fd) { return accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC); }

int clinux_socket(int family) {
    return socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

int clinux_set_option(int fd, int level, int name, int value) {
    return setsockopt(fd, level, name, &value, sizeof value);
}

int clinux_reset_on_close(int fd) {
    struct linger none = {.l_onoff = 1, .l_linger = 0};
    return setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
}

int clinux_tcp_opening(int fd) {
    struct tcp_info info = {0};
    socklen_t length = sizeof info;
    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length) < 0) return -1;
    return info.tcpi_state | (info.tcpi_options & TCPI_OPT_SYN_DATA ? CLINUX_SYN_DATA : 0);
}

int clinux_unacknowledged(int fd) {
    int count = 0;
    return ioctl(fd, SIOCOUTQ, &count) == 0 ? count : -1;
}

int clinux_unread(int fd) {
    int count = 0;
    return ioctl(fd, SIOCINQ, &count) == 0 ? count : -1;
}

int clinux_has_waiting(int listener) {
    struct pollfd entry = {listener, POLLIN, 0};
    return poll(&entry, 1, 0) == 1 && (entry.revents & POLLIN) && !(entry.revents & POLLHUP);
}

int clinux_pending_error(int fd) {
    int error = 0;
    socklen_t length = sizeof error;
    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) == 0 ? error : errno;
}

int clinux_set_affinity(pid_t tid, const uint64_t *words, int count) {
    return sched_setaffinity(tid, (size_t)count * sizeof *words, (const cpu_set_t *)words);
}

int clinux_get_affinity(pid_t tid, uint64_t *words, int count) {
    /* The raw call says how many bytes it filled; glibc's wrapper hides it. */
    memset(words, 0, (size_t)count * sizeof *words);
    return syscall(SYS_sched_getaffinity, tid, (size_t)count * sizeof *words, words) < 0 ? -1 : 0;
}

void clinux_error_text(int code, char *text, size_t capacity) {
    snprintf(text, capacity, "%s", strerrordesc_np(code) ? strerrordesc_np(code) : "unknown error");
}

int clinux_current_cpu(void) { return sched_getcpu(); }
pid_t clinux_thread_id(void) { return (pid_t)syscall(SYS_gettid); }
int clinux_set_thread_name(const char *name) { return prctl(PR_SET_NAME, name, 0, 0, 0); }

int clinux_set_timer_slack(unsigned long nanoseconds) {
    return prctl(PR_SET_TIMERSLACK, nanoseconds, 0, 0, 0);
}

int clinux_thread_usage(struct rusage *usage) { return getrusage(RUSAGE_THREAD, usage); }

int clinux_process_usage(struct rusage *usage) { return getrusage(RUSAGE_SELF, usage); }

int clinux_thread_cpu_clock(pid_t tid, struct timespec *time) {
    /* A thread's CPU clock id as the kernel builds it (posix-timers_types.h): the complement of the
     * thread id above CPUCLOCK_PERTHREAD_MASK (4) and CPUCLOCK_SCHED (2). */
    clockid_t clock = (clockid_t)((~(unsigned)tid << 3) | 6);
    return clock_gettime(clock, time);
}

/* For the group of a program that has ended to end in order, in milliseconds. */
enum { guardian_grace = 2000 };

/* Lets the guardian not be found by the command line of the program that it was cloned from: who
 * ends that by its name shall not end the guardian with it. The arguments lie behind each other,
 * from the first one, which program_invocation_name(3) points to. */
static void forget_command_line(void) {
    char text[1024];
    size_t length = 0;
    int fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
    if (fd < 0) return;
    for (ssize_t got; (got = read(fd, text, sizeof text)) > 0;) length += (size_t)got;
    close(fd);
    static const char name[] = "guardian";
    if (length < sizeof name) return;
    memset(program_invocation_name, 0, length);
    memcpy(program_invocation_name, name, sizeof name);
}

/* Sleeps until the process behind `program`, a pidfd, has ended, and then ends the group that the
 * guardian itself is in. While it is a member, the id of the group can't be given to another one;
 * the last signal ends it too. Whoever ends the group earlier ends the guardian with it. It holds
 * nothing but `program`: no pipe, socket, lock or folder. */
static void guard(int program) {
    prctl(PR_SET_NAME, "guardian", 0, 0, 0);
    forget_command_line();
    if (program != 0 && dup2(program, 0) < 0) _exit(1);
    if (syscall(SYS_close_range, 1U, ~0U, 0U) < 0) {
        /* Kernels before 5.9. */
        for (long fd = sysconf(_SC_OPEN_MAX); fd > 0; fd--) close((int)fd);
    }
    if (chdir("/") < 0) _exit(1);
    struct pollfd ended = {.fd = 0, .events = POLLIN};
    int ready;
    do {
        ready = poll(&ended, 1, -1);
    } while (ready < 0 && errno == EINTR);
    if (ready != 1) _exit(1);
    kill(0, SIGTERM);
    kill(0, SIGCONT);
    poll(NULL, 0, guardian_grace);
    kill(0, SIGKILL);
    _exit(0);
}

/* Makes the guardian of the calling process's group, as a child of `clinux_spawn`'s caller. All
 * signals are blocked from here on. */
static pid_t make_guardian(int program) {
    sigset_t all;
    sigfillset(&all);
    if (pthread_sigmask(SIG_BLOCK, &all, NULL) != 0) return -1;
    pid_t guardian = (pid_t)syscall(SYS_clone, CLONE_PARENT | SIGCHLD, NULL, NULL, NULL, NULL);
    if (guardian == 0) guard(program);
    return guardian;
}

/* What the child tells clinux_spawn before execvp(3). */
struct spawn_report {
    pid_t guardian;
    int error;
};

/* The child's half of clinux_spawn: only async-signal-safe calls between fork(2) and execvp(3). */
static void become(
    const struct clinux_spawn *request, int parent, struct spawn_report *report, int report_fd
) {
    if (request->own_group && setpgid(0, 0) < 0) return;
    if (request->ends_with_parent) {
        report->guardian = make_guardian(parent);
        if (report->guardian < 0) return;
        if (write(report_fd, report, sizeof *report) != sizeof *report) return;
    }
    if (request->terminal >= 0 && clinux_set_foreground(request->terminal, getpid()) < 0) return;
    if (request->user_namespace >= 0
        && clinux_enter_user_namespace(request->user_namespace) < 0) return;
    if (request->network_namespace >= 0
        && clinux_enter_network_namespace(request->network_namespace) < 0) return;
    if (request->cpus && clinux_set_affinity(0, request->cpus, request->cpu_words) < 0) return;
    if (request->descriptor_limit) {
        struct rlimit limit;
        if (getrlimit(RLIMIT_NOFILE, &limit) < 0) return;
        limit.rlim_cur = request->descriptor_limit;
        if (limit.rlim_max < limit.rlim_cur) limit.rlim_max = limit.rlim_cur;
        if (setrlimit(RLIMIT_NOFILE, &limit) < 0) return;
    }
    if (request->directory && chdir(request->directory) < 0) return;
    int wanted[3] = {request->standard_input, request->standard_output, request->standard_error};
    for (int target = 0; target < 3; target++) {
        if (wanted[target] < 0) continue;
        if (wanted[target] == target) {
            if (fcntl(target, F_SETFD, 0) < 0) return;
        } else if (dup2(wanted[target], target) < 0) {
            return;
        }
    }
    /* A descriptor that somebody forgot to mark close-on-exec would keep a socket or pipe alive as
     * long as the child. Kernels before 5.11 refuse, and then it is as it always was. */
    syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC);
    /* What waits for the child now was sent to the group of its parent, which it was still in;
     * to ignore a signal drops it (POSIX, sigaction). */
    struct sigaction ignored = {.sa_handler = SIG_IGN};
    struct sigaction standard = {.sa_handler = SIG_DFL};
    for (int number = 1; number < NSIG; number++) {
        if (request->own_group) sigaction(number, &ignored, NULL);
        sigaction(number, &standard, NULL);
    }
    if (clinux_unblock_all_signals() != 0) return;
    if (request->environment) {
        execvpe(request->path, request->arguments, request->environment);
    } else {
        execvp(request->path, request->arguments);
    }
}

pid_t clinux_spawn(const struct clinux_spawn *request, pid_t *guardian) {
    *guardian = 0;
    /* A close-on-exec pipe carries the guardian and the errno of a failed step; exec closes it. */
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0) return -1;
    int parent = request->ends_with_parent ? clinux_process_handle(getpid()) : -1;
    pid_t child = request->ends_with_parent && parent < 0 ? -1 : fork();
    if (child == 0) {
        struct spawn_report report = {0};
        become(request, parent, &report, ends[1]);
        report.error = errno;
        ssize_t written = write(ends[1], &report, sizeof report);
        _exit(written == sizeof report ? 127 : 126);
    }
    int saved = errno;
    if (parent >= 0) close(parent);
    close(ends[1]);
    if (child < 0) {
        close(ends[0]);
        errno = saved;
        return -1;
    }
    struct spawn_report report = {0}, next;
    ssize_t got;
    do {
        /* At most PIPE_BUF bytes, so each comes whole (pipe(7)). */
        got = read(ends[0], &next, sizeof next);
        if (got == sizeof next) report = next;
    } while (got == sizeof next || (got < 0 && errno == EINTR));
    close(ends[0]);
    if (report.guardian > 0) *guardian = report.guardian;
    if (report.error == 0) return child;
    clinux_end_group(child, *guardian);
    errno = report.error;
    return -1;
}

void clinux_end_group(pid_t leader, pid_t guardian) {
    /* Not yet waited for, the leader keeps the id of its group. */
    kill(-leader, SIGKILL);
    while (waitpid(leader, NULL, 0) < 0 && errno == EINTR) {}
    clinux_reap(guardian);
}

void clinux_reap(pid_t process) {
    while (process > 0 && waitpid(process, NULL, 0) < 0 && errno == EINTR) {}
}

ssize_t clinux_write_quietly(int fd, const void *bytes, size_t count) {
    sigset_t broken, former, pending;
    sigemptyset(&broken);
    sigaddset(&broken, SIGPIPE);
    sigpending(&pending);
    bool was_pending = sigismember(&pending, SIGPIPE) == 1;
    if (pthread_sigmask(SIG_BLOCK, &broken, &former) != 0) return -1;
    ssize_t written;
    do {
        written = write(fd, bytes, count);
    } while (written < 0 && errno == EINTR);
    int error = errno;
    if (written < 0 && error == EPIPE && !was_pending) {
        static const struct timespec now = {0};
        while (sigtimedwait(&broken, NULL, &now) < 0 && errno == EINTR) {}
    }
    pthread_sigmask(SIG_SETMASK, &former, NULL);
    errno = error;
    return written;
}

int clinux_process_handle(pid_t process) { return (int)syscall(SYS_pidfd_open, process, 0); }
