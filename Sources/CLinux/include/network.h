/* Namespaces, network devices and packets, for a link that is emulated; included by CLinux.h.
 *
 * Devices are named in the network namespace that the calling thread is in. Addresses are IPv4 in
 * host order. */
#ifndef SWITCHYARD_CLINUX_NETWORK_H
#define SWITCHYARD_CLINUX_NETWORK_H

#include <stdint.h>
#include <sys/types.h>

/* unshare(2) of the calling thread; a user namespace needs a process of one thread. */
int clinux_new_user_namespace(void);
int clinux_new_network_namespace(void);
/* setns(2) of the calling thread; into a user namespace, of a process of one thread. */
int clinux_enter_user_namespace(int fd);
int clinux_enter_network_namespace(int fd);

/* The other end of a TUN device called `name` becomes `fd`, an open /dev/net/tun. Packets have no
 * header before them. */
int clinux_attach_tun(int fd, const char *name);
/* A pair of Ethernet devices: `name` here and `peer` in the namespace `peer_namespace`. */
int clinux_add_veth(const char *name, const char *peer, int peer_namespace);
int clinux_set_address(const char *name, uint32_t address, int prefix);
int clinux_set_mtu(const char *name, int bytes);
int clinux_set_queue_length(const char *name, int packets);
int clinux_set_up(const char *name);
int clinux_hardware_address(const char *name, uint8_t address[6]);
/* Whoever has `address` on the link is at `hardware`: nobody asks. */
int clinux_set_neighbour(const char *name, uint32_t address, const uint8_t hardware[6]);
/* The device gets packets as they are on a wire: each of its own, with its checksums. */
int clinux_disable_offloads(const char *name);
/* A non-blocking socket of the IPv4 packets that come in at the device; what is sent on it goes out
 * there. Both with their Ethernet heads (packet(7)). Its buffer has `buffer` bytes where that is
 * allowed. */
int clinux_open_packets(const char *name, int buffer);
/* What did not fit into such a socket's buffer since the last call. */
int64_t clinux_packet_drops(int fd);

/* The calling thread runs before all that is not real-time; the threads and processes that it
 * starts do not (sched(7)). */
int clinux_run_first(void);

/* The group in the foreground of a terminal (tcsetpgrp(3)), also for who is not in it. */
int clinux_set_foreground(int terminal, pid_t group);
/* A descriptor that is readable when a child has ended or was stopped (signalfd(2), SIGCHLD). */
int clinux_signalfd_child(void);

#endif
