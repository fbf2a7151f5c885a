// Counts the allocations of a program that runs with libmallocmeter.so in LD_PRELOAD, and of all
// its children. The file named by MALLOCMETER_FILE holds the counts while the program runs; a
// program that is not named in MALLOCMETER_PROGRAM (the last part of /proc/self/exe) is left alone.
#pragma once

#include <stdint.h>

// The whole content of the file, in the machine's own byte order.
struct mallocmeter_counts {
    uint64_t allocations;  // malloc, calloc, realloc, posix_memalign, aligned_alloc, memalign
    uint64_t releases;     // free of what is not null
    uint64_t bytes;        // asked for, in all
};
