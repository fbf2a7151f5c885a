#include "reuseport.h"

#include <errno.h>
#include <linux/bpf.h>
#include <linux/filter.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

int clinux_choose_by_cpu(int listener, const uint32_t *cpus, int count) {
    /* Two instructions a CPU, and four: classic programs have 4,096 at most (BPF_MAXINSNS). */
    size_t room = 2 * (size_t)count + 4;
    struct sock_filter *code = calloc(room, sizeof *code);
    if (!code) return -1;
    unsigned short length = 0;
    /* The extension SKF_AD_CPU: the CPU that handles the packet (networking/filter.rst). */
    code[length++] = (struct sock_filter)BPF_STMT(
        BPF_LD | BPF_W | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_CPU));
    for (int index = 0; index < count; index++) {
        code[length++] =
            (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, cpus[index], 0, 1);
        code[length++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, (uint32_t)index);
    }
    code[length++] = (struct sock_filter)BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, (uint32_t)count);
    code[length++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_A, 0);
    struct sock_fprog program = {.len = length, .filter = code};
    int result = setsockopt(
        listener, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &program, sizeof program);
    int error = errno;
    free(code);
    errno = error;
    return result;
}

int clinux_prefer_cpu(int listener, int cpu) {
    return setsockopt(listener, SOL_SOCKET, SO_INCOMING_CPU, &cpu, sizeof cpu);
}

static int bpf(int command, union bpf_attr *attributes) {
    return (int)syscall(SYS_bpf, command, attributes, sizeof *attributes);
}

static size_t mapped_bytes(int count) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t bytes = (size_t)count * sizeof(struct clinux_listener_load);
    return (bytes + page - 1) / page * page;
}

int clinux_create_loads(int count, struct clinux_listener_load **loads) {
    union bpf_attr attributes;
    memset(&attributes, 0, sizeof attributes);
    attributes.map_type = BPF_MAP_TYPE_ARRAY;
    attributes.key_size = sizeof(uint32_t);
    attributes.value_size = (uint32_t)count * sizeof(struct clinux_listener_load);
    attributes.max_entries = 1;
    attributes.map_flags = BPF_F_MMAPABLE;
    int map = bpf(BPF_MAP_CREATE, &attributes);
    if (map < 0) return -1;
    void *memory =
        mmap(NULL, mapped_bytes(count), PROT_READ | PROT_WRITE, MAP_SHARED, map, 0);
    if (memory == MAP_FAILED) {
        int error = errno;
        close(map);
        errno = error;
        return -1;
    }
    *loads = memory;
    return map;
}

void clinux_unmap_loads(struct clinux_listener_load *loads, int count) {
    munmap(loads, mapped_bytes(count));
}

/* Instructions by the mnemonics of the kernel's own listings (bpf/standardization,
 * instruction-set.rst). Registers 6 to 9 outlive the call of a helper. */
#define INSN(CODE, DST, SRC, OFF, IMM)                                                       \
    ((struct bpf_insn){.code = (CODE), .dst_reg = (DST), .src_reg = (SRC), .off = (OFF),     \
                       .imm = (int32_t)(IMM)})
#define MOV(DST, SRC) INSN(BPF_ALU64 | BPF_MOV | BPF_X, DST, SRC, 0, 0)
#define MOV_K(DST, K) INSN(BPF_ALU64 | BPF_MOV | BPF_K, DST, 0, 0, K)
#define ALU(OP, DST, SRC) INSN(BPF_ALU64 | (OP) | BPF_X, DST, SRC, 0, 0)
#define ALU_K(OP, DST, K) INSN(BPF_ALU64 | (OP) | BPF_K, DST, 0, 0, K)
#define ALU32_K(OP, DST, K) INSN(BPF_ALU | (OP) | BPF_K, DST, 0, 0, K)
#define JUMP(OP, DST, SRC, OFF) INSN(BPF_JMP | (OP) | BPF_X, DST, SRC, OFF, 0)
#define JUMP_K(OP, DST, K, OFF) INSN(BPF_JMP | (OP) | BPF_K, DST, 0, OFF, K)
#define LOAD(SIZE, DST, SRC, OFF) INSN(BPF_LDX | BPF_MEM | (SIZE), DST, SRC, OFF, 0)
#define STORE(SIZE, DST, SRC, OFF) INSN(BPF_STX | BPF_MEM | (SIZE), DST, SRC, OFF, 0)
#define STORE_K(SIZE, DST, OFF, K) INSN(BPF_ST | BPF_MEM | (SIZE), DST, 0, OFF, K)
#define FETCH_ADD(DST, SRC, OFF) \
    INSN(BPF_STX | BPF_ATOMIC | BPF_DW, DST, SRC, OFF, BPF_ADD | BPF_FETCH)
#define CALL(HELPER) INSN(BPF_JMP | BPF_CALL, 0, 0, 0, HELPER)
#define EXIT INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)

enum { PROGRAM_MAX = 1024 };

struct program {
    struct bpf_insn code[PROGRAM_MAX];
    int length;
};

static void emit(struct program *program, struct bpf_insn insn) {
    /* The longest that is ever written has half of the room. */
    if (program->length == PROGRAM_MAX) abort();
    program->code[program->length++] = insn;
}

/* Register 6 becomes the address of the map's element; without one the program ends with a number
 * that no listener has, and the kernel chooses by its hash. */
static void emit_element(struct program *program, int map) {
    emit(program, STORE_K(BPF_W, BPF_REG_10, -4, 0));
    /* Two halves of one instruction: the map's address (BPF_LD_MAP_FD). */
    emit(program, INSN(BPF_LD | BPF_DW | BPF_IMM, BPF_REG_1, BPF_PSEUDO_MAP_FD, 0, map));
    emit(program, INSN(0, 0, 0, 0, 0));
    emit(program, MOV(BPF_REG_2, BPF_REG_10));
    emit(program, ALU_K(BPF_ADD, BPF_REG_2, -4));
    emit(program, CALL(BPF_FUNC_map_lookup_elem));
    emit(program, JUMP_K(BPF_JNE, BPF_REG_0, 0, 2));
    emit(program, MOV_K(BPF_REG_0, -1));
    emit(program, EXIT);
    emit(program, MOV(BPF_REG_6, BPF_REG_0));
}

/* Loads what was written, and frees it. */
static int load(struct program *program) {
    union bpf_attr attributes;
    memset(&attributes, 0, sizeof attributes);
    attributes.prog_type = BPF_PROG_TYPE_SOCKET_FILTER;
    attributes.insns = (uint64_t)(uintptr_t)program->code;
    attributes.insn_cnt = (uint32_t)program->length;
    attributes.license = (uint64_t)(uintptr_t)"Apache-2.0";
    int result = bpf(BPF_PROG_LOAD, &attributes);
    int error = errno;
    free(program);
    errno = error;
    return result;
}

int clinux_load_turns(int map, int count) {
    struct program *program = calloc(1, sizeof *program);
    if (!program) return -1;
    emit_element(program, map);
    /* The first listener's count is that of all. */
    emit(program, MOV_K(BPF_REG_0, 1));
    emit(program, FETCH_ADD(BPF_REG_6, BPF_REG_0, offsetof(struct clinux_listener_load, chosen)));
    emit(program, ALU_K(BPF_MOD, BPF_REG_0, count));
    emit(program, EXIT);
    return load(program);
}

/* Register 7: the candidate to begin with; 8: the best so far; 9: its load; on the stack: now. */
int clinux_load_least(int map, int count, int candidates, uint64_t stall_ns) {
    struct program *program = calloc(1, sizeof *program);
    if (!program) return -1;
    emit_element(program, map);
    emit(program, CALL(BPF_FUNC_ktime_get_ns));
    emit(program, STORE(BPF_DW, BPF_REG_10, BPF_REG_0, -16));
    emit(program, CALL(BPF_FUNC_get_prandom_u32));
    emit(program, MOV(BPF_REG_7, BPF_REG_0));
    emit(program, ALU32_K(BPF_MOD, BPF_REG_7, count));
    emit(program, MOV_K(BPF_REG_8, 0));
    emit(program, MOV_K(BPF_REG_9, -1));
    for (int step = 0; step < candidates && step < count; step++) {
        emit(program, MOV(BPF_REG_1, BPF_REG_7));
        emit(program, ALU32_K(BPF_ADD, BPF_REG_1, step));
        emit(program, ALU32_K(BPF_MOD, BPF_REG_1, count));
        int checked = program->length;
        emit(program, JUMP_K(BPF_JGE, BPF_REG_1, count, 0));
        emit(program, MOV(BPF_REG_2, BPF_REG_1));
        emit(program, ALU_K(BPF_MUL, BPF_REG_2, sizeof(struct clinux_listener_load)));
        emit(program, ALU(BPF_ADD, BPF_REG_2, BPF_REG_6));
        emit(program, LOAD(BPF_DW, BPF_REG_4, BPF_REG_2,
                           offsetof(struct clinux_listener_load, connections)));
        emit(program, LOAD(BPF_DW, BPF_REG_5, BPF_REG_2,
                           offsetof(struct clinux_listener_load, chosen)));
        emit(program, LOAD(BPF_DW, BPF_REG_0, BPF_REG_2,
                           offsetof(struct clinux_listener_load, taken)));
        /* On their way: those sent there that the loop has not taken yet. */
        emit(program, ALU(BPF_SUB, BPF_REG_5, BPF_REG_0));
        emit(program, JUMP_K(BPF_JSLE, BPF_REG_5, 0, 1));
        emit(program, ALU(BPF_ADD, BPF_REG_4, BPF_REG_5));
        emit(program, LOAD(BPF_DW, BPF_REG_3, BPF_REG_2,
                           offsetof(struct clinux_listener_load, busy_since)));
        emit(program, JUMP_K(BPF_JEQ, BPF_REG_3, 0, 5));
        emit(program, LOAD(BPF_DW, BPF_REG_5, BPF_REG_10, -16));
        emit(program, ALU(BPF_SUB, BPF_REG_5, BPF_REG_3));
        emit(program, JUMP_K(BPF_JSLE, BPF_REG_5, (int32_t)stall_ns, 2));
        /* More than any number of connections: a loop that hangs is the last choice. */
        emit(program, MOV_K(BPF_REG_5, 0x40000000));
        emit(program, ALU(BPF_ADD, BPF_REG_4, BPF_REG_5));
        emit(program, JUMP(BPF_JGE, BPF_REG_4, BPF_REG_9, 2));
        emit(program, MOV(BPF_REG_9, BPF_REG_4));
        emit(program, MOV(BPF_REG_8, BPF_REG_1));
        program->code[checked].off = (int16_t)(program->length - checked - 1);
    }
    emit(program, JUMP_K(BPF_JGE, BPF_REG_8, count, 5));
    emit(program, MOV(BPF_REG_2, BPF_REG_8));
    emit(program, ALU_K(BPF_MUL, BPF_REG_2, sizeof(struct clinux_listener_load)));
    emit(program, ALU(BPF_ADD, BPF_REG_2, BPF_REG_6));
    emit(program, MOV_K(BPF_REG_1, 1));
    emit(program, FETCH_ADD(BPF_REG_2, BPF_REG_1, offsetof(struct clinux_listener_load, chosen)));
    emit(program, MOV(BPF_REG_0, BPF_REG_8));
    emit(program, EXIT);
    return load(program);
}

int clinux_choose_by_program(int listener, int program) {
    return setsockopt(
        listener, SOL_SOCKET, SO_ATTACH_REUSEPORT_EBPF, &program, sizeof program);
}
