#include "CRecordBuffers.h"

#include <openssl/crypto.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
// The sanitizer watches over what the C library gives.
#define IS_WATCHED 1
#endif
#endif
#ifndef IS_WATCHED
#define IS_WATCHED 0
#endif

// 2 GiB of addresses, which cost nothing until they are used: some thirty thousand handshakes at
// once. Memory may be used a part at a time, for a system may count all that could be.
enum { SLOTS = 87381, SLOTS_OF_PART = 1024 };
static const size_t rangeSize = (size_t)SLOTS * CRECORDBUFFERS_SLOT;

static char *range;
static bool isServing;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
// Under the lock. The free ones are stacks: what was used last is used again first.
static uint32_t usedCount, usableCount;
static uint32_t shared[CRECORDBUFFERS_SHARED], sharedCount;
static uint32_t empty[SLOTS], emptyCount;

// The free slots of a thread.
static _Thread_local struct {
    bool isKnown, hasEnded;
    uint32_t count;
    uint32_t slots[CRECORDBUFFERS_OF_THREAD];
} own;
static pthread_key_t threadEnd;

static void *address(uint32_t slot) { return range + (size_t)slot * CRECORDBUFFERS_SLOT; }

int crecordbuffers_owns(const void *memory) {
    return range && (uintptr_t)memory - (uintptr_t)range < rangeSize;
}

// Under the lock: makes one part more usable.
static bool grow(void) {
    uint32_t left = SLOTS - usableCount;
    uint32_t added = left < SLOTS_OF_PART ? left : SLOTS_OF_PART;
    if (added == 0) return false;
    size_t length = (size_t)added * CRECORDBUFFERS_SLOT;
    if (mprotect(address(usableCount), length, PROT_READ | PROT_WRITE) != 0) return false;
    usableCount += added;
    return true;
}

__attribute__((noinline)) static void *takeShared(void) {
    void *taken = NULL;
    pthread_mutex_lock(&lock);
    if (sharedCount > 0) {
        taken = address(shared[--sharedCount]);
    } else if (emptyCount > 0) {
        taken = address(empty[--emptyCount]);
    } else if (usedCount < usableCount || grow()) {
        taken = address(usedCount++);
    }
    pthread_mutex_unlock(&lock);
    return taken;
}

__attribute__((noinline)) static void giveShared(uint32_t slot) {
    pthread_mutex_lock(&lock);
    bool isKept = sharedCount < CRECORDBUFFERS_SHARED;
    if (isKept) shared[sharedCount++] = slot;
    pthread_mutex_unlock(&lock);
    if (isKept) return;
    madvise(address(slot), CRECORDBUFFERS_SLOT, MADV_DONTNEED);
    pthread_mutex_lock(&lock);
    empty[emptyCount++] = slot;
    pthread_mutex_unlock(&lock);
}

static void endThread(void *unused) {
    (void)unused;
    own.hasEnded = true;
    while (own.count > 0) giveShared(own.slots[--own.count]);
}

static void *take(void) {
    return own.count > 0 ? address(own.slots[--own.count]) : takeShared();
}

static void give(void *memory) {
    uint32_t slot = (uint32_t)(((char *)memory - range) / CRECORDBUFFERS_SLOT);
    if (!own.isKnown) {
        own.isKnown = true;
        // Without an end that is told, nothing may stay with the thread.
        own.hasEnded = pthread_setspecific(threadEnd, &own) != 0;
    }
    if (own.count == CRECORDBUFFERS_OF_THREAD || own.hasEnded) {
        giveShared(slot);
    } else {
        own.slots[own.count++] = slot;
    }
}

void *crecordbuffers_allocate(size_t size) {
    if (range && size > CRECORDBUFFERS_ABOVE && size <= CRECORDBUFFERS_SLOT) {
        void *taken = take();
        if (taken) return taken;
    }
    return malloc(size);
}

void crecordbuffers_release(void *memory) {
    if (crecordbuffers_owns(memory)) {
        give(memory);
    } else {
        free(memory);
    }
}

void *crecordbuffers_resize(void *old, size_t size) {
    if (!old) return crecordbuffers_allocate(size);
    if (size == 0) {
        crecordbuffers_release(old);
        return NULL;
    }
    if (!crecordbuffers_owns(old)) return realloc(old, size);
    if (size <= CRECORDBUFFERS_SLOT) return old;
    void *larger = malloc(size);
    if (larger) {
        memcpy(larger, old, CRECORDBUFFERS_SLOT);
        give(old);
    }
    return larger;
}

int crecordbuffers_serve(void) { return isServing; }

struct crecordbuffers_counts crecordbuffers_count(void) {
    pthread_mutex_lock(&lock);
    struct crecordbuffers_counts counts = {usedCount, sharedCount, emptyCount};
    pthread_mutex_unlock(&lock);
    return counts;
}

static void *allocateForLibrary(size_t size, const char *file, int line) {
    (void)file, (void)line;
    return crecordbuffers_allocate(size);
}

static void *resizeForLibrary(void *old, size_t size, const char *file, int line) {
    (void)file, (void)line;
    return crecordbuffers_resize(old, size);
}

static void releaseForLibrary(void *memory, const char *file, int line) {
    (void)file, (void)line;
    crecordbuffers_release(memory);
}

static void holdLock(void) { pthread_mutex_lock(&lock); }
static void dropLock(void) { pthread_mutex_unlock(&lock); }

static void reserve(void) {
    // A slot is given back in whole pages.
    if (IS_WATCHED || CRECORDBUFFERS_SLOT % sysconf(_SC_PAGESIZE) != 0) return;
    if (pthread_key_create(&threadEnd, endThread) != 0) return;
    void *reserved = mmap(
        NULL, rangeSize, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    // Where so many addresses can't be had, the C library's heap serves.
    if (reserved == MAP_FAILED) return;
    // A huge page would be the memory of eighty slots for one.
    madvise(reserved, rangeSize, MADV_NOHUGEPAGE);
    pthread_atfork(holdLock, dropLock, dropLock);
    range = reserved;
    isServing = CRYPTO_set_mem_functions(allocateForLibrary, resizeForLibrary, releaseForLibrary);
}

__attribute__((constructor)) static void begin(void) {
    reserve();
    // A process may end while its threads still shake hands: the library must not be taken down
    // under them (OPENSSL_init_crypto(3)).
    OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, NULL);
}
