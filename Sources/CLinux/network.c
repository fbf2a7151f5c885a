#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <linux/veth.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

int clinux_new_user_namespace(void) { return unshare(CLONE_NEWUSER); }
int clinux_new_network_namespace(void) { return unshare(CLONE_NEWNET); }
int clinux_enter_user_namespace(int fd) { return setns(fd, CLONE_NEWUSER); }
int clinux_enter_network_namespace(int fd) { return setns(fd, CLONE_NEWNET); }

static int named(struct ifreq *request, const char *name) {
    memset(request, 0, sizeof *request);
    size_t length = strlen(name);
    if (length >= sizeof request->ifr_name) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(request->ifr_name, name, length + 1);
    return 0;
}

/* An ioctl of netdevice(7), on a socket of the calling thread's namespace. */
static int of_device(unsigned long operation, void *request) {
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    int result = ioctl(fd, operation, request);
    int saved = errno;
    close(fd);
    errno = saved;
    return result;
}

static void put_address(struct sockaddr *place, uint32_t address) {
    struct sockaddr_in value = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(address)};
    memcpy(place, &value, sizeof value);
}

int clinux_attach_tun(int fd, const char *name) {
    struct ifreq request;
    if (named(&request, name) < 0) return -1;
    request.ifr_flags = IFF_TUN | IFF_NO_PI;
    return ioctl(fd, TUNSETIFF, &request);
}

int clinux_set_address(const char *name, uint32_t address, int prefix) {
    struct ifreq request;
    if (named(&request, name) < 0) return -1;
    put_address(&request.ifr_addr, address);
    if (of_device(SIOCSIFADDR, &request) < 0) return -1;
    put_address(&request.ifr_netmask, prefix <= 0 ? 0 : ~UINT32_C(0) << (32 - prefix));
    return of_device(SIOCSIFNETMASK, &request);
}

int clinux_set_mtu(const char *name, int bytes) {
    struct ifreq request;
    if (named(&request, name) < 0) return -1;
    request.ifr_mtu = bytes;
    return of_device(SIOCSIFMTU, &request);
}

int clinux_set_up(const char *name) {
    struct ifreq request;
    if (named(&request, name) < 0) return -1;
    if (of_device(SIOCGIFFLAGS, &request) < 0) return -1;
    request.ifr_flags |= IFF_UP;
    return of_device(SIOCSIFFLAGS, &request);
}

int clinux_hardware_address(const char *name, uint8_t address[6]) {
    struct ifreq request;
    if (named(&request, name) < 0) return -1;
    if (of_device(SIOCGIFHWADDR, &request) < 0) return -1;
    memcpy(address, request.ifr_hwaddr.sa_data, 6);
    return 0;
}

int clinux_set_neighbour(const char *name, uint32_t address, const uint8_t hardware[6]) {
    struct arpreq request = {.arp_flags = ATF_COM | ATF_PERM};
    put_address(&request.arp_pa, address);
    request.arp_ha.sa_family = ARPHRD_ETHER;
    memcpy(request.arp_ha.sa_data, hardware, 6);
    if (strlen(name) >= sizeof request.arp_dev) {
        errno = ENAMETOOLONG;
        return -1;
    }
    strcpy(request.arp_dev, name);
    return of_device(SIOCSARP, &request);
}

int clinux_disable_offloads(const char *name) {
    /* Without the first, the sender fills in all checksums and cuts all segments; the others say so
     * by their own names. */
    static const uint32_t settings[] = {ETHTOOL_STXCSUM, ETHTOOL_STSO, ETHTOOL_SGSO, ETHTOOL_SGRO};
    struct ifreq request;
    if (named(&request, name) < 0) return -1;
    for (size_t index = 0; index < sizeof settings / sizeof *settings; index++) {
        struct ethtool_value value = {.cmd = settings[index], .data = 0};
        request.ifr_data = (char *)&value;
        if (of_device(SIOCETHTOOL, &request) < 0) return -1;
    }
    return 0;
}

int clinux_open_packets(const char *name, int buffer) {
    unsigned index = if_nametoindex(name);
    if (index == 0) return -1;
    /* Of no protocol until it is bound, so that it never holds packets of other devices. One of a
     * protocol, unlike one of all, is not shown what it sends itself (packet(7)). */
    int fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof buffer) < 0)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
    struct sockaddr_ll place = {
        .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_IP), .sll_ifindex = (int)index};
    if (bind(fd, (struct sockaddr *)&place, sizeof place) == 0) return fd;
    int saved = errno;
    close(fd);
    errno = saved;
    return -1;
}

int64_t clinux_packet_drops(int fd) {
    struct tpacket_stats statistics = {0};
    socklen_t length = sizeof statistics;
    if (getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, &statistics, &length) < 0) return -1;
    return statistics.tp_drops;
}

/* A netlink message that grows by attributes (rtnetlink(7)). */
struct message {
    struct nlmsghdr head;
    struct ifinfomsg device;
    char attributes[512];
};

static void *end_of(struct message *message) {
    return (char *)message + NLMSG_ALIGN(message->head.nlmsg_len);
}

/* All that is ever put in is known and fits: three names, a kind and a number. */
static struct rtattr *put(
    struct message *message, unsigned short type, const void *value, size_t length
) {
    struct rtattr *attribute = end_of(message);
    attribute->rta_type = type;
    attribute->rta_len = (unsigned short)RTA_LENGTH(length);
    if (length > 0) memcpy(RTA_DATA(attribute), value, length);
    message->head.nlmsg_len =
        NLMSG_ALIGN(message->head.nlmsg_len) + (uint32_t)RTA_ALIGN(attribute->rta_len);
    return attribute;
}

static void close_nest(struct message *message, struct rtattr *nest) {
    nest->rta_len = (unsigned short)((char *)end_of(message) - (char *)nest);
}

/* Sends a request and waits for its acknowledgement. */
static int ask(const struct message *message) {
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    if (fd < 0) return -1;
    int result = -1;
    struct {
        struct nlmsghdr head;
        struct nlmsgerr outcome;
        char rest[1024];
    } answer;
    if (send(fd, message, message->head.nlmsg_len, 0) >= 0) {
        ssize_t got;
        do {
            got = recv(fd, &answer, sizeof answer, 0);
        } while (got < 0 && errno == EINTR);
        if (got >= (ssize_t)NLMSG_LENGTH(sizeof answer.outcome)
            && answer.head.nlmsg_type == NLMSG_ERROR) {
            errno = -answer.outcome.error;
            result = answer.outcome.error == 0 ? 0 : -1;
        } else if (got >= 0) {
            errno = EBADMSG;
        }
    }
    int saved = errno;
    close(fd);
    errno = saved;
    return result;
}

int clinux_add_veth(const char *name, const char *peer, int peer_namespace) {
    if (strlen(name) >= IFNAMSIZ || strlen(peer) >= IFNAMSIZ) {
        errno = ENAMETOOLONG;
        return -1;
    }
    struct message message = {
        .head = {
            .nlmsg_len = NLMSG_LENGTH(sizeof(struct ifinfomsg)),
            .nlmsg_type = RTM_NEWLINK,
            .nlmsg_flags = NLM_F_REQUEST | NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK,
        },
    };
    put(&message, IFLA_IFNAME, name, strlen(name) + 1);
    struct rtattr *information = put(&message, IFLA_LINKINFO, NULL, 0);
    put(&message, IFLA_INFO_KIND, "veth", 5);
    struct rtattr *data = put(&message, IFLA_INFO_DATA, NULL, 0);
    struct ifinfomsg other = {0};
    struct rtattr *pair = put(&message, VETH_INFO_PEER, &other, sizeof other);
    put(&message, IFLA_IFNAME, peer, strlen(peer) + 1);
    put(&message, IFLA_NET_NS_FD, &peer_namespace, sizeof peer_namespace);
    close_nest(&message, pair);
    close_nest(&message, data);
    close_nest(&message, information);
    return ask(&message);
}

int clinux_set_queue_length(const char *name, int packets) {
    /* The ioctl for it asks for rights outside of user namespaces. */
    struct message message = {
        .head = {
            .nlmsg_len = NLMSG_LENGTH(sizeof(struct ifinfomsg)),
            .nlmsg_type = RTM_NEWLINK,
            .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK,
        },
        .device.ifi_index = (int)if_nametoindex(name),
    };
    if (message.device.ifi_index == 0) return -1;
    uint32_t length = (uint32_t)packets;
    put(&message, IFLA_TXQLEN, &length, sizeof length);
    return ask(&message);
}

int clinux_run_first(void) {
    struct sched_param lowest = {.sched_priority = sched_get_priority_min(SCHED_RR)};
    return sched_setscheduler(0, SCHED_RR | SCHED_RESET_ON_FORK, &lowest);
}

int clinux_set_foreground(int terminal, pid_t group) {
    /* tcsetpgrp(3): who is in the background and does not block SIGTTOU is stopped. */
    sigset_t stop, before;
    sigemptyset(&stop);
    sigaddset(&stop, SIGTTOU);
    int failed = pthread_sigmask(SIG_BLOCK, &stop, &before);
    if (failed) {
        errno = failed;
        return -1;
    }
    int result = tcsetpgrp(terminal, group);
    int saved = errno;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = saved;
    return result;
}

int clinux_signalfd_child(void) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    int failed = pthread_sigmask(SIG_BLOCK, &set, NULL);
    if (failed) {
        errno = failed;
        return -1;
    }
    return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}
