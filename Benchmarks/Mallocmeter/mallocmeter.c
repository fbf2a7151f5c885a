#include "mallocmeter.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

// glibc's own entry points, so that no function pointer has to be looked up before the first
// allocation (dlsym allocates itself).
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *old, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);
extern void __libc_free(void *memory);

struct counters {
    _Atomic uint64_t allocations, releases, bytes;
};
_Static_assert(sizeof(struct counters) == sizeof(struct mallocmeter_counts), "one layout");

static struct counters unshared;
static struct counters *counters = &unshared;

static int is_meant(void) {
    const char *program = getenv("MALLOCMETER_PROGRAM");
    char path[4096];
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
    if (!program || length <= 0) return 0;
    path[length] = 0;
    const char *name = strrchr(path, '/');
    return name && !strcmp(name + 1, program);
}

__attribute__((constructor)) static void share(void) {
    const char *path = getenv("MALLOCMETER_FILE");
    if (!path || !is_meant()) return;
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0) return;
    if (ftruncate(file, sizeof(struct counters)) == 0) {
        void *page =
            mmap(0, sizeof(struct counters), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
        if (page != MAP_FAILED) counters = page;
    }
    close(file);
}

static void *counted(void *memory, size_t bytes) {
    atomic_fetch_add_explicit(&counters->allocations, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&counters->bytes, bytes, memory_order_relaxed);
    return memory;
}

void *malloc(size_t size) { return counted(__libc_malloc(size), size); }

void *calloc(size_t count, size_t size) {
    return counted(__libc_calloc(count, size), count * size);
}

void *realloc(void *old, size_t size) { return counted(__libc_realloc(old, size), size); }

void *memalign(size_t alignment, size_t size) {
    return counted(__libc_memalign(alignment, size), size);
}

void *aligned_alloc(size_t alignment, size_t size) { return memalign(alignment, size); }

int posix_memalign(void **result, size_t alignment, size_t size) {
    if (alignment % sizeof(void *) != 0 || (alignment & (alignment - 1)) != 0) return EINVAL;
    void *memory = memalign(alignment, size);
    if (!memory) return ENOMEM;
    *result = memory;
    return 0;
}

void free(void *memory) {
    if (memory) atomic_fetch_add_explicit(&counters->releases, 1, memory_order_relaxed);
    __libc_free(memory);
}
