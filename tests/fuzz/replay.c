// Runs what is kept under tests/fuzz/corpus/TARGET once through the target it is linked with; the name of the program says
// which (TARGET_fuzz_test). Says so as a test does. The fuzzer itself: make fuzz.
#include "base/buf.h"
#include "base/file.h"
#include "base/fuzz_test.h"

#include <dirent.h>
#include <stdio.h>

enum { INPUT_MAX_BYTES = 8 * 1024 * 1024 };

static int replay(const char *path)
{
    struct buf bytes;
    struct err err;
    buf_init(&bytes, INPUT_MAX_BYTES);
    int rc = file_read(path, &bytes, &err);
    if (rc < 0)
        fprintf(stderr, "%s\n", err.message);
    else
        LLVMFuzzerTestOneInput((const uint8_t *)bytes.data, bytes.length);
    buf_release(&bytes);
    return rc;
}

int main(int argc, char **argv)
{
    assert(argc >= 1);
    const char *slash = strrchr(argv[0], '/'), *name = slash != NULL ? slash + 1 : argv[0];
    char folder[256], path[1024];
    snprintf(folder, sizeof(folder), "tests/fuzz/corpus/%.*s", (int)strcspn(name, "_"), name);
    DIR *entries = opendir(folder);
    int n = 0, failed = 0;
    for (struct dirent *entry; entries != NULL && (entry = readdir(entries)) != NULL;) {
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
        fprintf(stderr, "%s\n", path); // the last line said is what a crash is about
        failed += replay(path) < 0;
        n++;
    }
    if (entries != NULL)
        closedir(entries);
    bool good = n > 0 && failed == 0;
    printf("1..1\n%sok 1 - replays the %d inputs of %s\n", good ? "" : "not ", n, folder);
    return good ? 0 : 1;
}
