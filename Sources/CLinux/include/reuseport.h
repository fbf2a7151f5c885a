/* How the kernel chooses among listeners that share a port (socket(7), SO_REUSEPORT); included by
 * CLinux.h. */
#ifndef SWITCHYARD_CLINUX_REUSEPORT_H
#define SWITCHYARD_CLINUX_REUSEPORT_H

#include <stdint.h>

/* The listener of the CPU on which a connection arrives: the i-th of `count` for cpus[i], for other
 * CPUs the CPU's number modulo `count`. Set on any one of the group (SO_ATTACH_REUSEPORT_CBPF). */
int clinux_choose_by_cpu(int listener, const uint32_t *cpus, int count);
/* The listener prefers connections that arrive on `cpu` (SO_INCOMING_CPU). */
int clinux_prefer_cpu(int listener, int cpu);

/* What is known of one listener and the loop behind it, in memory shared with the kernel. */
struct clinux_listener_load {
    /* CLOCK_MONOTONIC in nanoseconds of when the loop began the turn it is in; 0 while it waits. */
    uint64_t busy_since;
    /* The connections it has. */
    uint64_t connections;
    /* Connections that were ever sent its way, counted by the kernel. */
    uint64_t chosen;
    /* How many of those it has taken or will never see. */
    uint64_t taken;
};

/* Written by the loop's thread alone, while the kernel reads. */
static inline void clinux_publish_turn(struct clinux_listener_load *load, uint64_t busy_since) {
    __atomic_store_n(&load->busy_since, busy_since, __ATOMIC_RELAXED);
}

static inline void clinux_publish_rest(
    struct clinux_listener_load *load, uint64_t connections, uint64_t taken) {
    __atomic_store_n(&load->connections, connections, __ATOMIC_RELAXED);
    __atomic_store_n(&load->taken, taken, __ATOMIC_RELAXED);
    __atomic_store_n(&load->busy_since, 0, __ATOMIC_RELAXED);
}

static inline uint64_t clinux_chosen(const struct clinux_listener_load *load) {
    return __atomic_load_n(&load->chosen, __ATOMIC_RELAXED);
}

/* An array map (bpf(2)) whose one element is `count` of these, and its memory in `loads`. */
int clinux_create_loads(int count, struct clinux_listener_load **loads);
void clinux_unmap_loads(struct clinux_listener_load *loads, int count);
/* Loads the program that takes `count` listeners in turn, or the one that takes that with the
 * fewest connections whose loop has not been busy for `stall_ns` (of at most `candidates`, from a
 * random one on). They count in the map, which must have `count` elements. */
int clinux_load_turns(int map, int count);
int clinux_load_least(int map, int count, int candidates, uint64_t stall_ns);
/* Has the program choose for the group of which `listener` is one (SO_ATTACH_REUSEPORT_EBPF). */
int clinux_choose_by_program(int listener, int program);

#endif
