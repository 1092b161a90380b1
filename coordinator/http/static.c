// The built pages, whole in memory, in the codings they were built in.
#include "coordinator/http/internal.h"

#include "base/hash.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

enum coding { CODING_IDENTITY, CODING_BR, CODING_GZIP, CODINGS };
enum { FILE_MAX = 16 * 1024 * 1024, DEPTH_MAX = 8, FILES_MAX = 4096 };

static const char *const coding_names[] = {
    [CODING_IDENTITY] = "identity", [CODING_BR] = "br", [CODING_GZIP] = "gzip"};
static const char *const coding_suffixes[] = {
    [CODING_IDENTITY] = "", [CODING_BR] = ".br", [CODING_GZIP] = ".gz"};

struct variant {
    char *data; // NULL: not there
    size_t size;
    char etag[2 + 32 + 1]; // of this coding's bytes: the same name with other bytes has another
};

struct page {
    char *path; // "/assets/app.js"
    const char *media_type;
    struct variant variants[CODINGS];
};

struct http_static {
    struct page *pages; // by path
    size_t n_pages;
    const struct page *index;
};

static const char *media_type_of(const char *path)
{
    static const char *const types[][2] = {
        {".html", "text/html; charset=utf-8"},
        {".js", "text/javascript; charset=utf-8"},
        {".mjs", "text/javascript; charset=utf-8"},
        {".css", "text/css; charset=utf-8"},
        {".json", "application/json"},
        {".map", "application/json"},
        {".webmanifest", "application/manifest+json"},
        {".svg", "image/svg+xml"},
        {".png", "image/png"},
        {".ico", "image/x-icon"},
        {".jpg", "image/jpeg"},
        {".webp", "image/webp"},
        {".avif", "image/avif"},
        {".woff2", "font/woff2"},
        {".txt", "text/plain; charset=utf-8"},
        {".ftl", "text/plain; charset=utf-8"},
        {".xml", "application/xml"},
        {".wasm", "application/wasm"},
    };
    const char *dot = strrchr(path, '.');
    for (size_t i = 0; dot != NULL && i < ARRAY_SIZE(types); i++)
        if (strcasecmp(dot, types[i][0]) == 0)
            return types[i][1];
    return "application/octet-stream";
}

// --- loading -------------------------------------------------------------------------------------------------------
static int read_whole(int fd, const char *path, struct variant *variant, struct err *err)
{
    struct stat info;
    if (fstat(fd, &info) != 0)
        return err_set_errno(err, "%s", path);
    if (info.st_size > FILE_MAX)
        return err_set(err, ERR_LIMIT, "%s is longer than %d bytes", path, FILE_MAX);
    variant->size = (size_t)info.st_size;
    variant->data = malloc(variant->size + 1);
    if (variant->data == NULL)
        abort();
    for (size_t got = 0; got < variant->size;) {
        ssize_t n = read(fd, variant->data + got, variant->size - got);
        if (n < 0)
            return err_set_errno(err, "%s", path);
        if (n == 0)
            return err_set(err, ERR_IO, "%s became shorter while it was read", path);
        got += (size_t)n;
    }
    unsigned char hash[HASH_BYTES];
    hash_sha256(variant->data, variant->size, hash);
    variant->etag[0] = '"';
    hex_encode(hash, 16, variant->etag + 1);
    memcpy(variant->etag + 1 + 32, "\"", 2);
    return 0;
}

static struct page *page_of(struct http_static *files, const char *path, size_t size)
{
    for (size_t i = 0; i < files->n_pages; i++)
        if (strlen(files->pages[i].path) == size && memcmp(files->pages[i].path, path, size) == 0)
            return &files->pages[i];
    if (files->n_pages == FILES_MAX)
        return NULL;
    struct page *page = &files->pages[files->n_pages++];
    *page = (struct page){.path = strndup(path, size)};
    if (page->path == NULL)
        abort();
    page->media_type = media_type_of(page->path);
    return page;
}

static int load_file(
    struct http_static *files, int folder_fd, const char *name, const char *path, struct err *err)
{
    size_t size = strlen(path);
    enum coding coding = CODING_IDENTITY;
    for (enum coding c = CODING_BR; c < CODINGS; c++)
        if (size > 3 && strcmp(path + size - 3, coding_suffixes[c]) == 0)
            coding = c;
    struct page *page = page_of(files, path, coding == CODING_IDENTITY ? size : size - 3);
    if (page == NULL)
        return err_set(err, ERR_LIMIT, "there are more than %d files", FILES_MAX);
    int fd = openat(folder_fd, name, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_set_errno(err, "%s", path);
    int rc = read_whole(fd, path, &page->variants[coding], err);
    close(fd);
    return rc;
}

static int load_folder(
    struct http_static *files, int folder_fd, const char *prefix, int depth, struct err *err)
{
    DIR *dir = fdopendir(folder_fd);
    if (dir == NULL) {
        close(folder_fd);
        return err_set_errno(err, "%s", prefix);
    }
    int rc = 0;
    for (struct dirent *entry; rc == 0 && (entry = readdir(dir)) != NULL;) {
        struct stat info;
        char path[1024];
        if (entry->d_name[0] == '.')
            continue;
        if ((size_t)snprintf(path, sizeof(path), "%s/%s", prefix, entry->d_name) >= sizeof(path) ||
            depth > DEPTH_MAX)
            rc = err_set(err, ERR_LIMIT, "%s lies too deep", prefix);
        else if (fstatat(dirfd(dir), entry->d_name, &info, 0) != 0)
            rc = err_set_errno(err, "%s", path);
        else if (S_ISDIR(info.st_mode)) {
            int fd = openat(dirfd(dir), entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
            rc = fd < 0 ? err_set_errno(err, "%s", path) : load_folder(files, fd, path, depth + 1, err);
        } else if (S_ISREG(info.st_mode)) {
            rc = load_file(files, dirfd(dir), entry->d_name, path, err);
        }
    }
    closedir(dir);
    return rc;
}

static int compare_pages(const void *left, const void *right)
{
    return strcmp(((const struct page *)left)->path, ((const struct page *)right)->path);
}

static const struct page *find_page(const struct http_static *files, const char *path)
{
    struct page key = {.path = (char *)(uintptr_t)path};
    return bsearch(&key, files->pages, files->n_pages, sizeof(key), compare_pages);
}

int http_static_load(const char *folder, struct http_static **ret_files, struct err *err)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return err_set_errno(err, "%s", folder);
    struct http_static *files = calloc(1, sizeof(*files));
    struct page *pages = calloc(FILES_MAX, sizeof(*pages));
    if (files == NULL || pages == NULL)
        abort();
    files->pages = pages;
    int rc = load_folder(files, fd, "", 0, err);
    if (rc != 0) {
        http_static_free(files);
        return rc;
    }
    files->pages = realloc(pages, (files->n_pages + 1) * sizeof(*pages));
    if (files->pages == NULL)
        abort();
    qsort(files->pages, files->n_pages, sizeof(*files->pages), compare_pages);
    files->index = find_page(files, "/index.html");
    *ret_files = files;
    return 0;
}

void http_static_free(struct http_static *files)
{
    if (files == NULL)
        return;
    for (size_t i = 0; i < files->n_pages; i++) {
        for (size_t c = 0; c < CODINGS; c++)
            free(files->pages[i].variants[c].data);
        free(files->pages[i].path);
    }
    free(files->pages);
    free(files);
}

// --- serving -------------------------------------------------------------------------------------------------------
// The weight of a coding in Accept-Encoding in thousandths (RFC 9110, 12.5.3).
static int weight_of(const char *accept, const char *coding)
{
    int star = -1;
    for (const char *at = accept; at != NULL && *at != '\0';) {
        at += strspn(at, ", \t");
        size_t size = strcspn(at, ","), name = strcspn(at, ",; \t");
        int weight = 1000;
        const char *q = memchr(at, ';', size);
        if (q != NULL) {
            q += 1 + strspn(q + 1, " \t");
            if ((q[0] == 'q' || q[0] == 'Q') && q[1] == '=')
                weight = (int)(strtod(q + 2, NULL) * 1000 + 0.5);
        }
        if (framing_equal(at, name, coding))
            return weight;
        if (name == 1 && *at == '*')
            star = weight;
        at += size;
    }
    return star >= 0 ? star : strcmp(coding, "identity") == 0 ? 1 : 0;
}

static const struct variant *choose(const struct page *page, const char *accept, enum coding *ret_coding)
{
    static const enum coding order[] = {CODING_BR, CODING_GZIP, CODING_IDENTITY}; // the shortest first
    const struct variant *best = NULL;
    int best_weight = 0;
    for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
        const struct variant *variant = &page->variants[order[i]];
        int weight = weight_of(accept, coding_names[order[i]]);
        if (variant->data != NULL && weight > best_weight) {
            best = variant;
            best_weight = weight;
            *ret_coding = order[i];
        }
    }
    if (best == NULL &&
        page->variants[CODING_IDENTITY].data != NULL) { // nothing would do: the plain one all the same
        best = &page->variants[CODING_IDENTITY];
        *ret_coding = CODING_IDENTITY;
    }
    return best;
}

static bool matches_etag(const char *list, const char *etag)
{
    size_t etag_size = strlen(etag);
    while (list != NULL && *list != '\0') {
        list += strspn(list, ", \t");
        size_t size = strcspn(list, ", \t");
        if (size == 1 && *list == '*')
            return true;
        const char *tag = strncmp(list, "W/", 2) == 0 ? list + 2 : list;
        if ((size_t)(list + size - tag) == etag_size && memcmp(tag, etag, etag_size) == 0)
            return true;
        list += size;
    }
    return false;
}

static bool static_is_page(const char *path)
{
    static const char *const interfaces[] = {
        "/api", "/audit", "/v1", "/v2", "/metrics", "/livez", "/readyz", "/assets"};
    for (size_t i = 0; i < ARRAY_SIZE(interfaces); i++) {
        size_t size = strlen(interfaces[i]);
        if (strncmp(path, interfaces[i], size) == 0 && (path[size] == '/' || path[size] == '\0'))
            return false;
    }
    return path[0] == '/' && path[1] != '/' && strchr(strrchr(path, '/'), '.') == NULL;
}

static const struct page *page_at(const struct http_static *files, const char *path)
{
    if (files == NULL)
        return NULL;
    const struct page *page = find_page(files, path);
    return page == NULL && static_is_page(path) ? files->index : page; // the page itself knows its paths
}

bool static_has(const struct http_static *files, const char *path)
{
    return page_at(files, path) != NULL;
}

void static_reply(struct http_request *request, const struct http_static *files)
{
    const struct page *page = page_at(files, request->path);
    enum coding coding = CODING_IDENTITY;
    const struct variant *variant =
        page != NULL ? choose(page, http_header(request, "Accept-Encoding"), &coding) : NULL;
    if (variant == NULL) {
        http_problem(request, 404, "There is nothing at this path.");
        return;
    }
    http_reply_header(request, "Cache-Control",
        strncmp(page->path, "/assets/", 8) == 0 ? "public, max-age=31536000, immutable" : "no-cache");
    http_reply_header(request, "Vary", "Accept-Encoding");
    http_reply_header(request, "ETag", variant->etag);
    if (matches_etag(http_header(request, "If-None-Match"), variant->etag)) {
        http_reply_empty(request, 304);
        return;
    }
    if (coding != CODING_IDENTITY)
        http_reply_header(request, "Content-Encoding", coding_names[coding]);
    reply_whole(request, 200, page->media_type, variant->data, variant->size, true);
}
