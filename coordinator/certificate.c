#include "coordinator/certificate.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/tls.h"
#include "coordinator/metrics.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LOOK_EVERY_S = 10, TICKET_KEYS_S = 12 * 3600, READER_WAIT_S = 10 };

struct files { // as it goes from the reader to the coordinator
    int code;  // 0, or why not
    char message[sizeof(((struct err *)NULL)->message)];
    char cert[TLS_PEM_MAX_BYTES + 1], key[TLS_PEM_MAX_BYTES + 1];
};

struct certificate {
    const char *cert_path, *key_path;
    pid_t reader;
    int reader_fd; // -1: read here, as who we are
    struct tls_slot *slot;
    int64_t look_us, built_us;
    unsigned char tried[HASH_BYTES]; // of the files that were last taken into use, or refused
    struct files files;              // emptied after use
};

// --- reading ---------------------------------------------------------------------------------------------------------
static int read_one(const char *path, char text[TLS_PEM_MAX_BYTES + 1], struct err *err)
{
    struct buf in;
    buf_init(&in, TLS_PEM_MAX_BYTES);
    int rc = file_read(path, &in, err);
    if (rc == 0)
        memcpy(text, in.data, in.length);
    OPENSSL_cleanse(in.data, in.length);
    buf_release(&in);
    return rc;
}

// Only a pair that can be used is given on: whoever can turn the paths to other files must not get at those.
static void read_both(const char *cert_path, const char *key_path, struct files *files)
{
    struct err err;
    SSL_CTX *context;
    OPENSSL_cleanse(files, sizeof(*files));
    int rc = read_one(cert_path, files->cert, &err);
    if (rc == 0)
        rc = read_one(key_path, files->key, &err);
    if (rc == 0)
        rc = tls_https_context(files->cert, files->key, &context, &err);
    if (rc == 0) {
        SSL_CTX_free(context);
        return;
    }
    OPENSSL_cleanse(files, sizeof(*files));
    files->code = rc;
    memcpy(files->message, err.message, strlen(err.message));
}

// The process that stays root. It ends when the coordinator does.
static _Noreturn void run_reader(int fd, const struct certificate *certificate)
{
    static struct files files;
    prctl(PR_SET_NAME, "plenum-tls-file");
    prctl(PR_SET_DUMPABLE, 0);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    for (char ask; read(fd, &ask, 1) == 1;) {
        read_both(certificate->cert_path, certificate->key_path, &files);
        if (write(fd, &files, sizeof(files)) != sizeof(files))
            break;
        OPENSSL_cleanse(&files, sizeof(files));
    }
    _exit(0);
}

static int start_reader(struct certificate *certificate, struct err *err)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
        return err_set_errno(err, "socketpair");
    const struct timeval wait = {.tv_sec = READER_WAIT_S};
    setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
    certificate->reader = fork();
    if (certificate->reader < 0)
        return err_set_errno(err, "fork");
    if (certificate->reader == 0) {
        close(pair[0]);
        run_reader(pair[1], certificate);
    }
    close(pair[1]);
    certificate->reader_fd = pair[0];
    return 0;
}

static void stop_reader(struct certificate *certificate)
{
    if (certificate->reader <= 0)
        return;
    close(certificate->reader_fd);
    waitpid(certificate->reader, NULL, 0);
    certificate->reader = 0;
}

// Both files as they are now, into certificate->files; and their hash, in which a file that can't be read differs, too.
static void look(struct certificate *certificate, unsigned char hash[HASH_BYTES])
{
    struct files *files = &certificate->files;
    int fd = certificate->reader_fd;
    if (fd < 0) {
        read_both(certificate->cert_path, certificate->key_path, files);
    } else if (send(fd, "r", 1, MSG_NOSIGNAL) != 1 ||
               recv(fd, files, sizeof(*files), MSG_WAITALL) != sizeof(*files)) {
        shutdown(fd, SHUT_RDWR); // half an answer would be taken for the next
        memset(files, 0, sizeof(*files));
        files->code = ERR_CLOSED;
        strncpy(files->message,
            "the process that reads the TLS files has ended; only a restart brings it back",
            sizeof(files->message) - 1);
    }
    hash_sha256(files, sizeof(*files), hash);
}

// --- taking into use -------------------------------------------------------------------------------------------------
static int build(const struct files *files, SSL_CTX **ret_context, int64_t *ret_not_after, struct err *err)
{
    if (files->code < 0)
        return err_set(err, files->code, "%s", files->message);
    int rc = tls_https_context(files->cert, files->key, ret_context, err);
    if (rc < 0)
        return rc;
    rc = tls_pem_certificate(files->cert, NULL, ret_not_after, err);
    if (rc < 0)
        SSL_CTX_free(*ret_context);
    return rc;
}

// What `look` found. An ended certificate is refused but at start, when there is no better one.
static int take_into_use(struct certificate *certificate, struct err *err)
{
    SSL_CTX *context;
    int64_t not_after = 0;
    int rc = build(&certificate->files, &context, &not_after, err);
    OPENSSL_cleanse(&certificate->files, sizeof(certificate->files));
    certificate->built_us = clock_monotonic_us();
    if (rc < 0)
        return rc;
    if (not_after < clock_real_us() / 1000000) {
        if (certificate->slot != NULL) {
            SSL_CTX_free(context);
            return err_set(err, ERR_INVALID, "the new TLS certificate has ended already");
        }
        log_event(LOG_WARNING, "tls_certificate_ended", LOG_NUMBER("not_after", not_after));
    }
    if (certificate->slot == NULL)
        certificate->slot = tls_slot_new(context);
    else
        tls_slot_put(certificate->slot, context);
    metrics_set(METRIC_TLS_NOT_AFTER, not_after);
    return 0;
}

static void reload(struct certificate *certificate)
{
    struct err err;
    if (take_into_use(certificate, &err) < 0) {
        metrics_add(METRIC_TLS_RELOADS_FAILED, 1);
        log_event(LOG_ERROR, "tls_reload_failed", LOG_TEXT("detail", err.message));
        return;
    }
    metrics_add(METRIC_TLS_RELOADS_DONE, 1);
    log_plain(LOG_INFO, "tls_reloaded");
}

int certificate_open(
    const char *cert_path, const char *key_path, struct certificate **ret_certificate, struct err *err)
{
    *ret_certificate = NULL;
    if (cert_path == NULL && key_path == NULL)
        return 0;
    if (cert_path == NULL || key_path == NULL)
        return err_set(err, ERR_INVALID, "tls-cert and tls-key go together");
    struct certificate *certificate = calloc(1, sizeof(*certificate));
    if (certificate == NULL)
        abort();
    *certificate = (struct certificate){.cert_path = cert_path, .key_path = key_path, .reader_fd = -1};
    int rc = geteuid() == 0 ? start_reader(certificate, err) : 0;
    if (rc == 0) {
        look(certificate, certificate->tried);
        rc = take_into_use(certificate, err);
    }
    if (rc < 0) {
        certificate_free(certificate);
        return rc;
    }
    *ret_certificate = certificate;
    return 0;
}

void certificate_free(struct certificate *certificate)
{
    if (certificate == NULL)
        return;
    stop_reader(certificate);
    tls_slot_free(certificate->slot);
    free(certificate);
}

struct tls_slot *certificate_slot(const struct certificate *certificate)
{
    return certificate != NULL ? certificate->slot : NULL;
}

void certificate_reload(struct certificate *certificate)
{
    if (certificate == NULL)
        return;
    look(certificate, certificate->tried);
    reload(certificate);
}

void certificate_tend(struct certificate *certificate)
{
    int64_t now_us = clock_monotonic_us();
    if (certificate == NULL || now_us < certificate->look_us)
        return;
    certificate->look_us = now_us + (int64_t)LOOK_EVERY_S * 1000000;
    unsigned char hash[HASH_BYTES];
    look(certificate, hash);
    if (!bytes_equal(hash, certificate->tried, HASH_BYTES)) {
        memcpy(certificate->tried, hash, HASH_BYTES);
        reload(certificate);
    } else if (now_us - certificate->built_us > (int64_t)TICKET_KEYS_S * 1000000) {
        struct err err;
        if (take_into_use(certificate, &err) < 0) // said when it was tried first
            return;
    } else {
        OPENSSL_cleanse(&certificate->files, sizeof(certificate->files));
    }
}
