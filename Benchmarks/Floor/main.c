#include "floor.h"

#include <errno.h>
#include <getopt.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char usage_text[] =
    "The least an epoll server and client can do, to hold others against.\n\n"
    "usage: switchyard-floor server [--port N] [--cpu N]\n"
    "                               [--http2 | --websocket | --tls --cert FILE --key FILE]\n"
    "       switchyard-floor client --port N [-c N] [-d SECONDS] [--warmup SECONDS]\n"
    "                               [--http2 [-m STREAMS] | --websocket [--message-size BYTES] |\n"
    "                                [--tls] [--churn]]\n"
    "                               [--path PATH] [--cpu N] [--json]\n";

_Noreturn void fail(const char *what) {
    fprintf(stderr, "switchyard-floor: %s: %s\n", what, strerror(errno));
    exit(1);
}

_Noreturn void give_up(const char *why) {
    fprintf(stderr, "switchyard-floor: %s\n", why);
    exit(1);
}

int check(int result, const char *what) {
    if (result < 0) fail(what);
    return result;
}

uint64_t nanoseconds(int clock) {
    struct timespec now;
    check(clock_gettime(clock, &now), "clock_gettime");
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

const struct sockaddr *loopback(int port) {
    static struct sockaddr_in address;
    _Static_assert(sizeof address == LOOPBACK_BYTES, "sockaddr_in has 16 bytes");
    address.sin_family = AF_INET;
    address.sin_port = htons((uint16_t)port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return (const struct sockaddr *)&address;
}

_Noreturn static void refuse(const char *what) {
    fprintf(stderr, "switchyard-floor: %s\n\n%s", what, usage_text);
    exit(64);
}

static double number(const char *text, double low, double high, const char *complaint) {
    char *end;
    double value = strtod(text, &end);
    if (end == text || *end || !(value >= low && value <= high)) refuse(complaint);
    return value;
}

static void pin(int cpu) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    check(sched_setaffinity(0, sizeof set, &set), "sched_setaffinity");
}

int main(int argc, char **argv) {
    static const struct option known[] = {
        {"port", required_argument, 0, 'p'},   {"cpu", required_argument, 0, 'u'},
        {"warmup", required_argument, 0, 'w'}, {"path", required_argument, 0, 'a'},
        {"json", no_argument, 0, 'j'},         {"http2", no_argument, 0, '2'},
        {"websocket", no_argument, 0, 's'},    {"message-size", required_argument, 0, 'b'},
        {"tls", no_argument, 0, 't'},          {"cert", required_argument, 0, 'r'},
        {"key", required_argument, 0, 'k'},    {"churn", no_argument, 0, 'n'},
        {"help", no_argument, 0, 'h'},         {0},
    };
    struct options options = {.connections = 64, .seconds = 2, .warmup = 0.3, .streams = 1};
    for (int option; (option = getopt_long(argc, argv, "c:d:m:h", known, 0)) != -1;) {
        switch (option) {
        case 'p': options.port = (int)number(optarg, 0, 65535, "--port takes 0 to 65535"); break;
        case 'u': pin((int)number(optarg, 0, CPU_SETSIZE - 1, "--cpu takes a CPU number")); break;
        case 'c':
            options.connections =
                (int)number(optarg, 1, CONNECTIONS_MAX, "-c takes 1 to 10000 connections");
            break;
        case 'd': options.seconds = number(optarg, 0.01, 86400, "-d takes seconds"); break;
        case 'w': options.warmup = number(optarg, 0, 3600, "--warmup takes seconds"); break;
        case 'a': options.path = optarg; break;
        case '2': options.protocol = HTTP2; break;
        case 's': options.protocol = WEBSOCKET; break;
        case 'b':
            options.message_bytes =
                (int)number(optarg, 1, MESSAGE_BYTES_MAX, "--message-size takes 1 to 16384 bytes");
            break;
        case 'm':
            options.streams = (int)number(optarg, 1, STREAMS_MAX, "-m takes 1 to 1000 streams");
            break;
        case 't': options.tls = 1; break;
        case 'r': options.certificate = optarg; break;
        case 'k': options.key = optarg; break;
        case 'n': options.churns = 1; break;
        case 'j': options.json = 1; break;
        case 'h': fputs(usage_text, stdout); return 0;
        default: refuse("unknown option");
        }
    }
    if (options.streams > 1 && options.protocol != HTTP2) refuse("-m needs --http2");
    if (options.message_bytes && options.protocol != WEBSOCKET) {
        refuse("--message-size needs --websocket");
    }
    if ((options.tls || options.churns) && options.protocol != HTTP1) {
        refuse("--tls and --churn go with HTTP/1.1");
    }
    if (!options.message_bytes) options.message_bytes = 13;
    if (!options.path) options.path = options.protocol == WEBSOCKET ? "/ws" : "/plaintext";
    if (optind + 1 != argc) refuse("say server or client");
    if (!strcmp(argv[optind], "server")) {
        if (options.tls && !(options.certificate && options.key)) {
            refuse("--tls needs --cert and --key");
        }
        serve(&options);
    } else if (!strcmp(argv[optind], "client")) {
        if (!options.port) refuse("client needs --port");
        drive(&options);
    } else {
        refuse("say server or client");
    }
    return 0;
}
