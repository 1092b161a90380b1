#include "base/spill.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { GREAT_PAGE = 2 * 1024 * 1024, ROW = 64, MAPPINGS_MAX = 256 };

struct spill {
    char *folder;
    pthread_mutex_t lock; // of what stands below
    uint64_t memory_bytes, file_bytes, in_memory, in_files;
    const void *mappings[MAPPINGS_MAX]; // those that are files
};

struct spill *spill_new(const char *folder, uint64_t memory_bytes, uint64_t file_bytes)
{
    struct spill *spill = calloc(1, sizeof(*spill));
    if (spill == NULL || (spill->folder = strdup(folder)) == NULL)
        abort();
    spill->memory_bytes = memory_bytes;
    spill->file_bytes = file_bytes;
    pthread_mutex_init(&spill->lock, NULL);
    return spill;
}

void spill_free(struct spill *spill)
{
    if (spill == NULL)
        return;
    assert(spill->in_memory == 0 && spill->in_files == 0);
    pthread_mutex_destroy(&spill->lock);
    free(spill->folder);
    free(spill);
}

static void *in_memory(size_t bytes)
{
    size_t alignment = bytes >= 2 * GREAT_PAGE ? GREAT_PAGE : ROW;
    size_t rounded = (bytes / alignment + 1) * alignment;
    void *memory = aligned_alloc(alignment, rounded);
    if (memory == NULL)
        abort();
    if (alignment == GREAT_PAGE)
        (void)madvise(memory, rounded, MADV_HUGEPAGE);
    return memory;
}

// NULL where there is no room: all of it is there from the beginning, so that no write fails later.
static void *in_file(const char *folder, size_t bytes)
{
    int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd < 0) { // a file system that has none
        char path[4096];
        if (snprintf(path, sizeof(path), "%s/spill.XXXXXX", folder) >= (int)sizeof(path))
            return NULL;
        fd = mkostemp(path, O_CLOEXEC);
        if (fd >= 0)
            unlink(path);
    }
    if (fd < 0)
        return NULL;
    void *map = MAP_FAILED;
    if (posix_fallocate(fd, 0, (off_t)bytes) == 0)
        map = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    return map != MAP_FAILED ? map : NULL;
}

void *spill_take(struct spill *spill, size_t bytes)
{
    if (spill == NULL || bytes < SPILL_LEAST_BYTES)
        return in_memory(bytes);
    void *array = NULL;
    uint32_t free_slot = 0;
    pthread_mutex_lock(&spill->lock);
    bool fits = spill->in_memory + bytes <= spill->memory_bytes;
    while (free_slot < MAPPINGS_MAX && spill->mappings[free_slot] != NULL)
        free_slot++;
    if (!fits && free_slot < MAPPINGS_MAX && spill->in_files + bytes <= spill->file_bytes)
        array = in_file(spill->folder, bytes);
    if (array != NULL) {
        spill->mappings[free_slot] = array;
        spill->in_files += bytes;
    } else {
        spill->in_memory += bytes;
    }
    pthread_mutex_unlock(&spill->lock);
    return array != NULL ? array : in_memory(bytes);
}

void spill_give_back(struct spill *spill, void *array, size_t bytes)
{
    if (spill == NULL || bytes < SPILL_LEAST_BYTES || array == NULL) {
        free(array);
        return;
    }
    pthread_mutex_lock(&spill->lock);
    uint32_t slot = 0;
    while (slot < MAPPINGS_MAX && spill->mappings[slot] != array)
        slot++;
    bool is_file = slot < MAPPINGS_MAX;
    if (is_file)
        spill->mappings[slot] = NULL;
    *(is_file ? &spill->in_files : &spill->in_memory) -= bytes;
    pthread_mutex_unlock(&spill->lock);
    if (is_file)
        munmap(array, bytes);
    else
        free(array);
}

uint64_t spill_in_files(struct spill *spill)
{
    pthread_mutex_lock(&spill->lock);
    uint64_t bytes = spill->in_files;
    pthread_mutex_unlock(&spill->lock);
    return bytes;
}
